"""Checks of backendRefs: whether they lead to the Backend that they were written for."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import nearest, written_kinds
from conformance.certification.checks.registry import reports
from conformance.exchange.ways import is_rare
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.model import Backend, BackendRef, Route
from conformance.manifests.objects import ObjectId

__all__: list[str] = []

_REF = "Gateway API, HTTPRoute backendRefs (BackendObjectReference)"


@reports(
    backend_ref_name=("a backendRef names no Backend that is in the input", _REF),
    backend_ref_kind=("a backendRef means another kind than the Backend's; left out, it means a Service", _REF),
    backend_ref_group=("a backendRef names another API group than the Backend's", _REF),
    backend_ref_namespace=("a backendRef means another namespace than the Backend's; left out, the route's", _REF),
)
def backend_ref(sheet: Sheet) -> Iterator[Found]:
    """A reference that leads nowhere is answered 500."""
    for route in sheet.configuration.routes:
        for rule in route.rules:
            for ref in rule.backends:
                if ref.id not in sheet.backends and (found := _lost(sheet, route, ref)):
                    yield found


def _lost(sheet: Sheet, route: Route, ref: BackendRef) -> Found | None:
    """What is wrong with a reference that leads to no Backend of the input; None where it may lead elsewhere."""
    named = [one for one in sheet.backends if one.name == ref.id.name]
    meant = next((one for one in named if one.namespace == ref.id.namespace), None) or next(iter(named), None)
    if ref.id.kind != sheet.api.BACKEND_KIND:
        return _other_kind(sheet, ref, meant)
    if meant is None:
        return _other_name(sheet, ref)
    if ref.id.group != meant.group and ref.id.group == sheet.api.BACKEND_GROUP:
        return None  # it is the Backend whose group is misspelt
    if ref.id.group != meant.group:
        written = (
            f"the group {ref.id.group!r} has no Backends" if ref.id.group else "group is left out: the core group's"
        )
        message = f"{written}, so the reference leads nowhere: {meant} is of {meant.group}"
        return _at(ref, "group", message, f"set group to {meant.group}")
    message = f"leads to {ref.id}, which does not exist; the Backend is in namespace {meant.namespace}"
    remedy = f"set namespace to {meant.namespace}"
    if meant.namespace != route.id.namespace:
        remedy += f", and let a ReferenceGrant there take HTTPRoutes from {route.id.namespace}"
    return _at(ref, "namespace", message, remedy)


def _other_kind(sheet: Sheet, ref: BackendRef, meant: ObjectId | None) -> Found | None:
    data = ref.origin.manifest.written(*ref.origin.path)
    written = isinstance(data, dict) and data.get("kind")
    if ref.id.kind == "Service" and (ref.id.namespace, ref.id.name) in written_kinds(sheet.manifests, "Service"):
        return None
    for other in (dialect_named(one) for one in DIALECTS if one != sheet.dialect):
        if (ref.id.group, ref.id.kind) == (other.BACKEND_GROUP, other.BACKEND_KIND) and sheet.backends:
            message = f"the kind {ref.id.kind} is of the dialect {other.NAME}, and the Backends are of {sheet.dialect}"
            return _at(ref, "kind", message, _kind_and_group(sheet))
    if meant is None:
        return None
    what = f"kind {ref.id.kind}" if written else "kind and group are left out, which"
    message = f"{what} means a {ref.id.kind} {ref.id.name}, and not {meant}"
    return _at(ref, "kind", message, _kind_and_group(sheet))


def _kind_and_group(sheet: Sheet) -> str:
    return f"set kind to {sheet.api.BACKEND_KIND} and group to {sheet.api.BACKEND_GROUP}"


def _other_name(sheet: Sheet, ref: BackendRef) -> Found | None:
    """No Backend of that name: a mistake where one is meant that no route leads to; else it may be in the cluster."""
    if (ref.id.namespace, ref.id.name) in written_kinds(sheet.manifests, ref.id.kind):
        return None  # a Backend for something else
    referred = {one.id for route in sheet.configuration.routes for rule in route.rules for one in rule.backends}
    unreferred = [one.name for one in sheet.backends if one not in referred]
    near = nearest(ref.id.name, [one.name for one in sheet.backends if one.namespace == ref.id.namespace])
    chosen = nearest(ref.id.name, unreferred, cutoff=0.0) or near
    message = f"{ref.id} does not exist"
    if chosen:
        return _at(ref, "name", message, f"set name to {chosen}")
    remedy = "give it with the route, or see to it that it is in the cluster"
    return Found(
        "backend-ref-name",
        ref.origin.manifest,
        (*ref.origin.path, "name"),
        f"{ref.id} is not in the input",
        remedy,
        Severity.WARNING,
    )


def _at(ref: BackendRef, field: str, message: str, remedy: str) -> Found:
    return Found(f"backend-ref-{field}", ref.origin.manifest, (*ref.origin.path, field), message, remedy)


@reports(
    rule_without_backend=(
        "a route's rule leads to no backend, so the gateway answers 500",
        "Gateway API, HTTPRouteRule backendRefs",
    )
)
def rule_without_backend(sheet: Sheet) -> Iterator[Found]:
    """None, or only such with weight 0. Beside rules that lead somewhere it may be meant so; a filter may answer."""
    for route in sheet.configuration.routes:
        # One below 0 is no weight: the API refuses it, and says so.
        leading = [rule for rule in route.rules if any(ref.weight != 0 for ref in rule.backends)]
        for rule in route.rules:
            if any(rule is one for one in leading) or any(one.get("type") != "URLRewrite" for one in rule.filters):
                continue
            message = "every backendRef has weight 0" if rule.backends else "the rule has no backendRefs"
            where = (*rule.origin.path, "backendRefs")
            remedy = "give one a weight" if rule.backends else "add a backendRef"
            message += ", so its requests are answered 500"
            severity = Severity.WARNING if leading else Severity.ERROR
            yield Found("rule-without-backend", route.origin.manifest, where, message, remedy, severity)


@reports(
    share_not_judged=(
        "a rule that leads to a provider gives a share to what is none, or too few to a provider to be tried",
        "Gateway API, HTTPBackendRef weight",
    )
)
def shares(sheet: Sheet) -> Iterator[Found]:
    """What arrives at providers is looked at, and of a share if it is not mere chance to find a request of it."""
    for route in sheet.configuration.routes:
        for rule in route.rules:
            total = sum(ref.weight for ref in rule.backends)
            if not any(ref.id in sheet.backends and ref.weight > 0 for ref in rule.backends):
                continue
            for ref in (one for one in rule.backends if one.weight > 0):
                if found := _unjudged(sheet, ref, total):
                    yield found


def _unjudged(sheet: Sheet, ref: BackendRef, total: int) -> Found | None:
    where = (*ref.origin.path, "weight")
    if (ref.id.group, ref.id.kind) == ("", "Service"):
        message = f"{ref.weight} of {total} requests to this rule go to {ref.id}, which is no provider: not judged"
        remedy = "take it out, or give it a rule of its own, unless it is meant so"
    elif ref.id in sheet.backends and is_rare(ref.weight / total):
        message = f"of {total} requests to this rule {ref.weight} goes to {ref.id}, too few to be tried: not judged"
        remedy = "certify it once with a rule of its own or a greater weight"
    else:
        return None
    return Found("share-not-judged", ref.origin.manifest, where, message, remedy, Severity.WARNING)


def grants_needed(sheet: Sheet) -> Iterator[tuple[Route, BackendRef, Backend]]:
    """The references across namespaces that lead to Backends of the input."""
    for route in sheet.configuration.routes:
        for rule in route.rules:
            for ref in rule.backends:
                if ref.id in sheet.backends and ref.id.namespace != route.id.namespace:
                    yield route, ref, sheet.backends[ref.id]
