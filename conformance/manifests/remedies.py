"""Words about mistakes in manifests that static checks and the diagnosis of failed cases have in common."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from conformance.core.addresses import is_address
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.dialects.model import Backend, Llm
from conformance.manifests.objects import ObjectId

__all__ = ["CALLED", "MOVED", "add_policy", "doubled", "indent_less", "nearest", "no_tls", "section_of"]

CALLED: Mapping[tuple[str, str], str] = {("tls", "hostname"): "sni", ("provider", "pathOverride"): "path"}
"""What an AgentgatewayBackend calls fields that have another name elsewhere, by what they stand in and their name."""

_DOUBLED = re.compile(r"((?:/[^/?]+)+)\1(?=/|\?|$)")
_LONGEST = 2048  # longer ones are no vendor's, and the search takes its time


def doubled(path: str) -> tuple[str, str] | None:
    """What stands twice in a path, and the path with it once: /v1/v1/chat -> (/v1, /v1/chat); None: nothing does."""
    found = _DOUBLED.search(path) if len(path) <= _LONGEST else None
    return (found[1], path.replace(found[0], found[1], 1)) if found else None


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most like this one, whatever its case; None when none is."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def indent_less(names: Iterable[str], provider: str) -> str:
    """The remedy for fields that stand under the provider's type instead of beside it."""
    return f"indent {', '.join(names)} one level less, beside {provider}"


def no_tls(api: Dialect, backend: str) -> str:
    """That nothing asks for TLS to a Backend's provider, who speaks TLS."""
    lacking = "neither policies.tls nor a BackendTLSPolicy" if api.TLS_HINT else "no BackendTLSPolicy"
    return f"{lacking} is in force for Backend {backend}, so the gateway speaks plaintext, key included, to TLS"


def section_of(backend: Backend, llm: Llm) -> str | None:
    """What a BackendTLSPolicy for this provider alone is to name: of a Backend with several, whose hosts differ."""
    return llm.name if len({one.host for one in backend.providers}) > 1 else None


def add_policy(api: Dialect, backend: ObjectId, name: str, host: str, section: str | None = None) -> str:
    """How TLS is asked for. `name` is what the person calls the Backend, `section` the one meant of its providers."""
    if is_address(host):
        # RFC 6066: a server name is never an address; GW PreciseHostname: nor is what a policy verifies.
        own = "set policies.tls to {}, for a certificate that is for the address, or " if api.TLS_HINT else ""
        return f"{own}give the server a name, with TLS to it: {host} is an address, and a BackendTLSPolicy takes names"
    part = f", sectionName: {section}" if section else ""
    remedy = (
        f"add a BackendTLSPolicy in namespace {backend.namespace} with targetRefs"
        f" [{{group: {backend.group}, kind: {backend.kind}, name: {name}{part}}}]"
        f" and validation {{hostname: {host}, wellKnownCACertificates: System}}"
    )
    return f"{api.TLS_HINT.format(host=host)}, or {remedy}" if api.TLS_HINT else remedy


# Where the other dialect's fields have their like, by the dialect of the manifests.
MOVED: Mapping[str, Mapping[str, str]] = {
    "agentgateway-1": {
        "type": "leave it out: spec.ai says it",
        "llm": "write spec.ai.provider",
        "priorityGroups": "write spec.ai.groups, each with providers",
        "multipool": "write spec.ai.groups, each with providers",
        "authToken": "write spec.policies.auth: secretRef for SecretRef, key for Inline, passthrough for Passthrough",
        "authHeader": "write spec.policies.auth.location.header with name and prefix",
    },
    "kgateway-2.1": {
        "provider": "write spec.ai.llm",
        "groups": "write spec.ai.priorityGroups, each with providers",
        "multipool": "write spec.ai.priorityGroups, each with providers",
        "policies": "write authToken below openai, and a BackendTLSPolicy for tls",
        "pathPrefix": "write path.full with the whole path",
    },
}
