"""Checks of filters that stand between the client's request and the provider: what they take away or replace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig, items, texts
from conformance.certification.checks.registry import reports
from conformance.core.providers.paths import USUAL_END
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import BackendRef, Llm, Rule
from conformance.manifests.objects import Manifest

__all__: list[str] = []

_HEADERS = "RequestHeaderModifier"
_FIELD = "requestHeaderModifier"
# What the filters of a backendRef may be (agentgateway 1.4.1, BuildAgwBackendPolicyFilters).
_BELOW_A_BACKEND = frozenset({_HEADERS, "ResponseHeaderModifier", "RequestMirror", "RequestRedirect"})


@reports(
    filter_takes_key=(
        "a filter of a backendRef sets or removes the header with the Backend's key, after it was put in",
        "agentgateway v1.4.1, apply_backend_policies: filters of a backendRef come after the Backend's own auth",
    ),
    filter_below_backend=(
        "a filter stands in a backendRef that agentgateway has at rules only: the whole route is not accepted",
        "agentgateway v1.4.1, BuildAgwBackendPolicyFilters",
    ),
)
def below_a_backend(sheet: Sheet) -> Iterator[Found]:
    """Filters of backendRefs. Of kgateway 2.1 only the key's is known to matter, and not for sure."""
    for _, ref in _references(sheet):
        for index, one in enumerate(ref.filters):
            kind, where = one.get("type"), (*ref.origin.path, "filters", index)
            if sheet.dialect == "agentgateway-1" and kind not in _BELOW_A_BACKEND:
                message = f"{kind} has no effect in a backendRef but that the route is not accepted"
                yield Found(
                    "filter-below-backend", ref.origin.manifest, where, message, "move it to the rule's filters"
                )
            for llm in sheet.backends[ref.id].providers if kind == _HEADERS else ():
                yield from _key_taken(sheet, llm, ref.origin.manifest, where, one)


@reports(
    mirror_to_provider=(
        "copies of requests are to go to a provider's Backend, which gets none: agentgateway copies to Services only",
        "agentgateway v0.10.3 and v1.4.1, send_mirror: SimpleBackend; Gateway API, HTTPRequestMirrorFilter",
    )
)
def mirrored(sheet: Sheet) -> Iterator[Found]:
    """The request itself goes on all the same."""
    for rule in (rule for route in sheet.configuration.routes for rule in route.rules):
        for ref in rule.mirrors:
            if ref.id.kind == sheet.api.BACKEND_KIND:
                message = f"{ref.id} gets no copies: agentgateway drops those to a provider's Backend"
                remedy = "let a Service take the copies, or a route of its own lead to the Backend"
                where = (*ref.origin.path, "kind")
                yield Found("mirror-to-provider", ref.origin.manifest, where, message, remedy, Severity.WARNING)


def _key_taken(
    sheet: Sheet, llm: Llm, manifest: Manifest, where: FieldPath, written: Mapping[str, Any]
) -> Iterator[Found]:
    header = (llm.auth.header or "Authorization").lower()
    if llm.auth.kind == "passthrough":
        return
    severity = Severity.ERROR if sheet.dialect == "agentgateway-1" else Severity.WARNING
    for path, name, what in _touched(written):
        if name.lower() == header and what != "adds":
            message = f"{what} {name} once the Backend's key is in it, so that the provider does not get the key"
            remedy = "move it to the rule's filters, which come before the key"
            yield Found("filter-takes-key", manifest, (*where, _FIELD, *path), message, remedy, severity)


@reports(
    content_type_removed=(
        "a filter removes or replaces the Content-Type of the JSON that is sent",
        "OpenAI API: requests are application/json",
    )
)
def content_type(sheet: Sheet) -> Iterator[Found]:
    """Servers that are told of no JSON answer 400 or 415."""
    told: set[tuple[object, FieldPath]] = set()
    for rule, ref in _references(sheet):
        places = [(rule.origin.manifest, (*rule.origin.path, "filters", n), one) for n, one in enumerate(rule.filters)]
        places += [(ref.origin.manifest, (*ref.origin.path, "filters", n), one) for n, one in enumerate(ref.filters)]
        for manifest, where, written in places:
            for path, name, what in _touched(written):
                if name.lower() != "content-type" or (manifest.id, (*where, *path)) in told:
                    continue
                value = dig(written, _FIELD, *path[:-1], "value") if what == "sets" else None
                if isinstance(value, str) and value.lower().startswith("application/json"):
                    continue
                told.add((manifest.id, (*where, *path)))
                message = f"{what} Content-Type, and the provider is sent JSON"
                remedy = "leave Content-Type as the client sends it"
                yield Found(
                    "content-type-removed", manifest, (*where, _FIELD, *path), message, remedy, Severity.WARNING
                )


@reports(
    rewrite_outranked=(
        "a route rewrites the path to another than the Backend's own, which is what is sent",
        "agentgateway, path and pathPrefix of a provider come after the route's filters (FACTS 6.1)",
    )
)
def outranked(sheet: Sheet) -> Iterator[Found]:
    """Where both come to the same nothing is lost; nor is it where only a client's prefix is taken away."""
    told: set[tuple[object, FieldPath]] = set()
    for rule, ref in _references(sheet):
        backend, manifest = sheet.backends[ref.id], rule.origin.manifest
        # As they are written: the rule's own have those of policies beside them.
        for index, one in items(manifest.data, *rule.origin.path, "filters"):
            where = (*rule.origin.path, "filters", index, "urlRewrite", "path")
            for field, to in texts(one, "urlRewrite", "path").items():
                sent = next((path for llm in backend.providers if (path := _other_path(llm, field, to))), None)
                if sent is None or (manifest.id, where) in told:
                    continue
                told.add((manifest.id, where))
                message = f"the path is rewritten to {to}, and {backend.id} at {backend.origin.position} sends {sent}"
                remedy = "take the rewrite of the path away, or the path of the Backend: its own outranks the route's"
                yield Found("rewrite-outranked", manifest, (*where, field), message, remedy, Severity.WARNING)


def _other_path(llm: Llm, field: str, to: str) -> str | None:
    """The path that a provider has of its own, where it is none that a rewrite could come to."""
    own = llm.path
    if own is None and llm.path_prefix is not None:
        own = f"{llm.path_prefix.rstrip('/')}{USUAL_END}"
    if own is None or field == "type":
        return None
    same = own.partition("?")[0] == to if field == "replaceFullPath" else own.startswith(f"{to.rstrip('/')}/")
    return None if same else own


def _references(sheet: Sheet) -> Iterator[tuple[Rule, BackendRef]]:
    """Every rule with each of its references to a Backend of the input."""
    for route in sheet.configuration.routes:
        for rule in route.rules:
            yield from ((rule, ref) for ref in (*rule.backends, *rule.shared) if ref.id in sheet.backends)


def _touched(written: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str, str]]:
    """(path in the modifier, header, what it does with it) of each header that a RequestHeaderModifier names."""
    for field, what in (("set", "sets"), ("add", "adds")):
        for index, one in items(written, _FIELD, field):
            if isinstance(one.get("name"), str):
                yield (field, index, "name"), one["name"], what
    removed = dig(written, _FIELD, "remove")
    for index, name in enumerate(removed if isinstance(removed, list) else ()):
        if isinstance(name, str):
            yield ("remove", index), name, "removes"
