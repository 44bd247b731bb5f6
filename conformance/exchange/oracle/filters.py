"""What filters of backendRefs do to expectations, and where copies of requests go; part of the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.tls import DEFAULT_HOST
from conformance.manifests.dialects.model import BackendRef, Configuration, Origin, Rule

__all__ = ["clients_key_after", "copy_places", "is_late", "key_after", "misplaced", "without_backend"]

# What agentgateway 1.4 has below a backendRef: BuildAgwBackendPolicyFilters.
_BELOW = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect")


def is_late(dialect: str) -> bool:
    """Whether filters of a backendRef come after the Backend's key.

    agentgateway 1.4 has them among the Backend's policies (FACTS 8), 0.10 right after the rule's.
    """
    return dialect == "agentgateway-1"


def misplaced(dialect: str, reference: BackendRef) -> tuple[Origin, str] | None:
    """A filter of a backendRef, and its type, that belongs to rules only; None where there is none such."""
    for index, entry in enumerate(reference.filters if is_late(dialect) else ()):
        # An ExtensionRef is told of by itself.
        if entry.get("type") not in (*_BELOW, "ExtensionRef"):
            return reference.origin.below("filters", index), str(entry.get("type"))
    return None


def key_after(reference: BackendRef, credential: tuple[str, str]) -> tuple[str, str] | None:
    """What a backendRef's own RequestHeaderModifier leaves of the key, or puts in its place."""
    name = credential[0].lower()
    for entry in reference.filters:
        modifier = entry.get("requestHeaderModifier") or {}
        if any(str(one).lower() == name for one in modifier.get("remove") or ()):
            return None
        for one in modifier.get("set") or ():
            if str(one.get("name")).lower() == name:
                credential = credential[0], str(one.get("value"))
    return credential


def clients_key_after(filters: Iterable[Mapping[str, Any]]) -> str | None:
    """What modifiers put in the place of a client's Authorization, empty where they take it away; None where
    it goes up as it came. A header that is added goes up beside it.
    """
    found: str | None = None
    for entry in filters:
        modifier = entry.get("requestHeaderModifier") or {}
        for one in modifier.get("set") or ():
            if str(one.get("name")).lower() == "authorization":
                found = str(one.get("value"))
        if any(str(one).lower() == "authorization" for one in modifier.get("remove") or ()):
            found = ""
    return found


def without_backend(rule: Rule) -> tuple[int, str]:
    """With which status, and why, the gateway itself answers requests to a rule without backendRefs."""
    for entry in rule.filters:
        if entry.get("type") == "RequestRedirect":
            status = (entry.get("requestRedirect") or {}).get("statusCode", 302)
            return status, "the rule's RequestRedirect filter leads clients elsewhere"
    return 500, "the rule has no backend"


def copy_places(
    configuration: Configuration, others: Iterable[Configuration], request: ClientRequest
) -> set[tuple[str, int]]:
    """The hosts and ports at which a copy of the request may arrive (GW HTTPRequestMirrorFilter).

    A Backend that gets copies may be another scene's, one of `others`.
    """
    found = best_rule(configuration.routes, request)
    if found is None or not found[1].mirrors:
        return set()
    places: set[tuple[str, int]] = set()
    for mirror in found[1].mirrors:
        if mirror.id.kind == "Service":
            port = mirror.origin.manifest.written(*mirror.origin.path, "port")
            places.add((f"{mirror.id.name}.{mirror.id.namespace}.svc.cluster.local", int(str(port))))
        for backend in (one.backend(mirror.id) for one in (configuration, *others)):
            llms = backend.providers if backend else ()
            places |= {(llm.host or DEFAULT_HOST, llm.port or 443) for llm in llms}
    return places
