"""Checks of ReferenceGrants: whether references across namespaces are permitted, and what a grant gets wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.reading import items
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.references import grants_needed
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.dialects.model import BackendRef, Route
from conformance.manifests.objects import Manifest

__all__ = ["granted"]

_GRANT = "Gateway API, ReferenceGrant"
_Miss = tuple[FieldPath, str, str]
"""(field, what stands there, what should)."""


@reports(
    grant_missing=("a backendRef leads into another namespace, and no ReferenceGrant there permits it", _GRANT),
    grant_wrong=(
        "a ReferenceGrant misses the reference that it was written for by a namespace, kind, group or name",
        _GRANT,
    ),
)
def grants(sheet: Sheet) -> Iterator[Found]:
    """A reference that is not permitted is answered 500."""
    told: set[tuple[str, str, str]] = set()
    for route, ref, _ in grants_needed(sheet):
        need = route.id.namespace, ref.id.namespace, ref.id.name
        looks = [_look(grant, route, ref) for grant in sheet.configuration.grants]
        if need in told or any(not misses for misses in looks):
            continue
        told.add(need)
        near = min(zip(looks, sheet.configuration.grants, strict=True), key=lambda one: len(one[0]), default=None)
        if near and len(near[0]) == 1:
            (where, stands, wanted), grant = near[0][0], near[1]
            message = f"{stands!r} does not permit {route.id} to refer to {ref.id}"
            yield Found("grant-wrong", grant, where, message, _remedy(grant, where, wanted))
        else:
            message = f"no ReferenceGrant lets {route.id.namespace} refer to {ref.id}"
            remedy = (
                f"add a ReferenceGrant in namespace {ref.id.namespace} from"
                f" [{{group: {GROUP}, kind: HTTPRoute, namespace: {route.id.namespace}}}]"
                f" to [{{group: {ref.id.group}, kind: {ref.id.kind}}}]"
            )
            yield Found("grant-missing", ref.origin.manifest, (*ref.origin.path, "namespace"), message, remedy)


def granted(sheet: Sheet, route: Route, ref: BackendRef) -> bool:
    """Whether a grant permits the reference."""
    return any(not _look(grant, route, ref) for grant in sheet.configuration.grants)


def _remedy(grant: Manifest, where: FieldPath, wanted: str) -> str:
    """What else a grant permits it goes on permitting: somebody may need it."""
    several = any(len(items(grant.spec, one)) > 1 for one in ("from", "to"))
    if where[0] == "metadata":
        return f"add a grant like it in namespace {wanted}" if several else f"set {where[-1]} to {wanted}"
    if several or where[-1] in ("namespace", "name"):
        return f"add an entry to {where[1]} with {where[-1]} {wanted}, or a grant of its own"
    return f"set {where[-1]} to {wanted}"


def _look(grant: Manifest, route: Route, ref: BackendRef) -> list[_Miss]:
    """All that keeps a grant from permitting the reference; nothing where it does."""
    found: list[_Miss] = []
    if grant.namespace != ref.id.namespace:
        found.append((("metadata", "namespace"), grant.namespace, ref.id.namespace))
    source = {"group": GROUP, "kind": "HTTPRoute", "namespace": route.id.namespace}
    found += _least(grant, "from", source)
    found += _least(grant, "to", {"group": ref.id.group, "kind": ref.id.kind, "name": ref.id.name})
    return found


def _least(grant: Manifest, key: str, wanted: dict[str, str]) -> list[_Miss]:
    """What is wrong with the entry that comes nearest."""
    looks = [_entry(("spec", key, index), entry, wanted) for index, entry in items(grant.spec, key)]
    nothing: list[_Miss] = [(("spec", key), "", name) for name in wanted]
    return min(looks, key=len, default=nothing)


def _entry(path: FieldPath, entry: dict[str, Any], wanted: dict[str, str]) -> list[_Miss]:
    found: list[_Miss] = []
    for name, value in wanted.items():
        given = entry.get(name) or ""
        if name == "name" and not given:
            continue  # all names
        if given != value:
            found.append(((*path, name), str(given), value))
    if [where[-1] for where, _, _ in found[:2]] == ["group", "kind"]:
        # A group and its kind are wrong together: the grant is for another kind of object.
        found[:2] = [((*path, "kind"), found[1][1], f"{wanted['kind']} and group to {wanted['group']}")]
    return found
