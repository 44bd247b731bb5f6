"""Routes that attach by way of a ListenerSet: they are looked at as if they did so at its Gateway itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.manifests.objects import Manifest

__all__ = ["SETS", "by_gateways", "sets_among"]

SETS = ("ListenerSet", "XListenerSet")
"""What a set of listeners is called in the Gateway API since 1.5, and was before."""
_GATEWAY_API = "gateway.networking.k8s.io"
Place = tuple[str, str, str]


def sets_among(manifests: Iterable[Manifest]) -> Mapping[Place, Manifest]:
    """The sets of listeners, by kind, namespace and name."""
    return {(one.kind, one.namespace, one.name): one for one in manifests if one.kind in SETS and one.group}


def by_gateways(route: Manifest, sets: Mapping[Place, Manifest]) -> Manifest:
    """A route, with the Gateways of given ListenerSets in place of these; everything stays where it was written."""
    parents = route.spec.get("parentRefs")
    refs = parents if isinstance(parents, list) else []
    found = {number: gateway for number, ref in enumerate(refs) if (gateway := _gateway_of(ref, route, sets))}
    if not found:
        return route
    changed = route.copy()
    for number, gateway in found.items():
        changed.data["spec"]["parentRefs"][number] = gateway
    return changed


def _gateway_of(ref: Any, route: Manifest, sets: Mapping[Place, Manifest]) -> dict[str, Any] | None:
    if not isinstance(ref, dict) or ref.get("kind") not in SETS:
        return None
    one = sets.get((ref["kind"], str(ref.get("namespace") or route.namespace), str(ref.get("name"))))
    parent = one.spec.get("parentRef") if one else None
    if one is None or not isinstance(parent, dict) or "name" not in parent:
        return None
    place = {"namespace": parent.get("namespace") or one.namespace, "name": parent["name"]}
    return {"group": _GATEWAY_API, "kind": "Gateway", **place}
