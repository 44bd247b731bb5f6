"""The dialect of agentgateway 1.x: `AgentgatewayBackend` of agentgateway.dev/v1alpha1, read into the model.

Source: agentgateway 1.4 API types `AIBackend`, `LLMProvider`, `BackendAuth`, `BackendTLS` (comments); its
documentation, OpenAI-compatible providers; FACTS 4.1, 6.3. How objects are changed is in `agentgateway_1_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.dialects.agentgateway_1_changes import (
    auth_kind,
    change_auth,
    change_llm,
    change_tls,
    empty_path,
    end_tls,
    evict,
    group,
    own_tls,
    raw_llms,
    rename_host,
    secret_key,
    single,
)
from conformance.manifests.dialects.dialect import GatewayPlace
from conformance.manifests.dialects.gateway_api import as_list, as_mapping, field_of, optional
from conformance.manifests.dialects.model import Auth, Backend, Llm, Origin, Tls
from conformance.manifests.objects import Manifest

# A Dialect: use conformance.manifests.dialects to get it.
__all__ = [
    "BACKEND_GROUP",
    "BACKEND_KIND",
    "CONTROLLER",
    "GATEWAY",
    "GATEWAY_RELEASES",
    "GATEWAY_VERSION",
    "MISSING_SECRET",
    "NAME",
    "PATH",
    "PROVIDER_HINT",
    "TLS_HINT",
    "auth_kind",
    "change_auth",
    "change_llm",
    "change_tls",
    "empty_path",
    "end_tls",
    "evict",
    "group",
    "misplaced_fields",
    "own_tls",
    "raw_llms",
    "read_backend",
    "rename_host",
    "secret_key",
    "single",
]

NAME = "agentgateway-1"
BACKEND_GROUP = "agentgateway.dev"
BACKEND_KIND = "AgentgatewayBackend"
CONTROLLER = "agentgateway.dev/agentgateway"
GATEWAY = GatewayPlace("agentgateway-system", "agentgateway-proxy", 80)
GATEWAY_VERSION = "1.4.1"
GATEWAY_RELEASES: Mapping[str, str] = {"1.4": GATEWAY_VERSION}
PATH = "path"
PROVIDER_HINT = "give it spec.ai.provider with an openai provider"
TLS_HINT = "set policies.tls.sni to {host}"
MISSING_SECRET = ("TranslationError", "secret {namespace}/{name} not found")

_PROVIDERS = ("openai", "azureopenai", "azure", "anthropic", "gemini", "vertexai", "bedrock", "custom")
_SINGLE_NAME = "backend"  # what a policy's sectionName calls the provider of a Backend without groups
_UNDERSTOOD = ("auth", "tls", "tcp", "health")
_CREDENTIALS = ("key", "secretRef", "passthrough")


def read_backend(manifest: Manifest) -> Backend | None:
    """An AgentgatewayBackend for an LLM provider; None for others.

    Raises InputProblem for fields of the wrong type, and for those that change requests in ways the oracle does not
    know.
    """
    if "ai" not in manifest.spec:
        return None
    spec = Origin(manifest, ("spec",))
    ai, at = as_mapping(spec, manifest.spec, "ai"), spec.below("ai")
    auth, tls = _read_policies(spec, manifest.spec)
    found: list[Llm] = []
    if isinstance(ai.get("provider"), dict):
        found.append(_read_llm(at.below("provider"), ai["provider"], auth, name=_SINGLE_NAME))
    for number, members in enumerate(as_list(at, ai, "groups")):
        inside = at.below("groups", number)
        for index, entry in enumerate(as_list(inside, members, "providers")):
            place = inside.below("providers", index)
            own_auth, own = _read_policies(place, entry)
            name = optional(place, entry, "name", str)
            found.append(_read_llm(place, entry, own_auth or auth, tls=own, name=name, number=number))
    return Backend(manifest.id, spec, tuple(found), tls)


def _read_llm(
    origin: Origin,
    data: dict[str, Any],
    auth: Auth | None,
    *,
    tls: Tls | None = None,
    name: str | None,
    number: int = 0,
) -> Llm:
    provider = next((name for name in _PROVIDERS if isinstance(data.get(name), dict)), None)
    if provider is None:
        raise origin.manifest.problem(
            f"no provider; exactly one of {', '.join(_PROVIDERS)} is expected",
            *origin.path,
            remedy="use openai for an OpenAI-compatible API",
        )
    if provider == "custom":
        raise _beyond(origin.below("custom"), "a custom provider", "use openai, if its API is OpenAI's")
    return Llm(
        origin=origin,
        provider=provider,
        # Without any, what the client sends is what the provider gets, as with passthrough.
        auth=auth or Auth("passthrough", origin),
        name=name,
        group=number,
        host=field_of(origin, data, "host", str, default="") or None,
        port=optional(origin, data, "port", int),
        path=field_of(origin, data, "path", str, default="") or None,
        path_prefix=field_of(origin, data, "pathPrefix", str, default="") or None,
        model=optional(origin.below(provider), data[provider], "model", str),
        tls=tls,
    )


def _read_policies(owner: Origin, data: dict[str, Any]) -> tuple[Auth | None, Tls | None]:
    """`policies` of a Backend or of one provider in its groups: those of the provider outrank the Backend's."""
    policies, at = as_mapping(owner, data, "policies"), owner.below("policies")
    for name in policies:
        if name not in _UNDERSTOOD:
            raise _beyond(at.below(name), f"what policies.{name} does to requests")
    auth = _read_auth(at.below("auth"), as_mapping(at, policies, "auth")) if "auth" in policies else None
    return auth, _read_tls(at.below("tls"), as_mapping(at, policies, "tls")) if "tls" in policies else None


def _beyond(origin: Origin, what: str, remedy: str = "certify without it") -> Exception:
    return origin.manifest.problem(f"{what} is beyond this suite", *origin.path, remedy=remedy)


def _read_auth(origin: Origin, data: dict[str, Any]) -> Auth:
    for name in data:
        if name not in (*_CREDENTIALS, "location"):
            raise _beyond(origin.below(name), f"authentication by {name}", f"use one of {', '.join(_CREDENTIALS)}")
    header, prefix = _read_location(origin.below("location"), as_mapping(origin, data, "location"))
    if "secretRef" in data:
        ref, at = as_mapping(origin, data, "secretRef"), origin.below("secretRef")
        if (ref.get("group") or "", ref.get("kind") or "Secret") != ("", "Secret"):
            raise _beyond(at, "a credential that is no Secret")
        return Auth(
            kind="secret",
            origin=at,
            secret=field_of(at, ref, "name", str),
            secret_key=field_of(at, ref, "key", str, default="Authorization"),
            header=header,
            prefix=prefix,
        )
    if "key" in data:
        token = field_of(origin, data, "key", str, default="")
        return Auth("inline", origin.below("key"), token=token, header=header, prefix=prefix)
    return Auth("passthrough", origin)


def _read_location(origin: Origin, data: dict[str, Any]) -> tuple[str | None, str | None]:
    """(header, prefix). A location replaces all of `Authorization: Bearer `: without prefix there is none (FACTS 6.3).

    The prefix is what it is written as, its space included.
    """
    for name in data:
        if name != "header":
            raise _beyond(origin.below(name), f"a credential in a {name}", "let it arrive in a header")
    if "header" not in data:
        return None, None
    header, at = as_mapping(origin, data, "header"), origin.below("header")
    return field_of(at, header, "name", str), field_of(at, header, "prefix", str, default="")


_UNVERIFIED: dict[str | None, Any] = {None: "", "Hostname": "name", "All": "certificate"}


def _read_tls(origin: Origin, data: dict[str, Any]) -> Tls:
    """`policies.tls`; empty: the system's authorities, and the host's name."""
    if "mtlsCertificateRef" in data:
        raise _beyond(origin.below("mtlsCertificateRef"), "a client certificate")
    mode = optional(origin, data, "insecureSkipVerify", str)
    refs = as_list(origin, data, "caCertificateRefs")
    names: list[Any] = field_of(origin, data, "verifySubjectAltNames", list, default=[])
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise origin.manifest.problem(
                f"expected a text, found {name!r}", *origin.path, "verifySubjectAltNames", index
            )
    return Tls(
        origin=origin,
        server_name=optional(origin, data, "sni", str),
        alt_names=tuple(names),
        ca_refs=tuple(
            field_of(origin.below("caCertificateRefs", index), ref, "name", str) for index, ref in enumerate(refs)
        )
        or None,
        unverified=_UNVERIFIED.get(mode, ""),
    )


def misplaced_fields(llm: Llm) -> list[str]:
    """Fields of a provider entry that were indented under its type (`openai`), where they count for nothing."""
    data: Any = llm.origin.manifest.data
    for part in (*llm.origin.path, llm.provider):
        data = data[part]
    return [name for name in ("host", "port", "path", "pathPrefix", "policies") if name in data]
