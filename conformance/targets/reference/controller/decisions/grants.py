"""ReferenceGrants: who may refer to what in another namespace."""

from __future__ import annotations

from conformance.manifests.schemas.kinds import HTTP_ROUTE, REFERENCE_GRANT, Kind
from conformance.targets.reference.controller.view import Name, Objects, dig

__all__ = ["granted"]


def granted(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """Whether an HTTPRoute of this namespace may refer to this Backend, which is of this kind.

    Always in its own namespace; else when a ReferenceGrant in the Backend's namespace says so, for all Backends or
    for this name (Gateway API, ReferenceGrant).
    """
    namespace, name = backend
    if route_namespace == namespace:
        return True
    for grant in objects.peek_all(REFERENCE_GRANT, namespace):
        froms = dig(grant, "spec", "from") or []
        tos = dig(grant, "spec", "to") or []
        asked = (*HTTP_ROUTE.key, route_namespace)
        if not any((one.get("group"), one.get("kind"), one.get("namespace")) == asked for one in froms):
            continue
        if any((one.get("group"), one.get("kind")) == kind.key and one.get("name", name) == name for one in tos):
            return True
    return False
