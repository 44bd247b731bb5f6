"""ListenerSets: their listeners count as those of the Gateway that they belong to, which routes then attach to."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.gateways import Labels, labels_of_namespaces, selects
from conformance.manifests.objects import Manifest

__all__ = ["SETS", "ListenerSets", "Refusal"]

SETS = ("ListenerSet", "XListenerSet")
"""What a set of listeners is called in the Gateway API since 1.5, and was before."""
_GATEWAY_API = "gateway.networking.k8s.io"
_OWN_NAMESPACE = "kubernetes.io/metadata.name"
Place = tuple[str, str]


@dataclass(frozen=True)
class Refusal:
    """Why a Gateway does not take a ListenerSet: the field at fault, and the remedy."""

    manifest: Manifest
    path: FieldPath
    message: str
    remedy: str


class ListenerSets:
    """The sets of the input with their Gateways.

    Source: Gateway API v1.5, GatewaySpec.allowedListeners (none by default), ListenerSetSpec, ListenerEntry; of
    listeners with one port, protocol and hostname the Gateway's own is the one that counts.
    """

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        everything = list(manifests)
        self._sets = {(one.kind, one.namespace, one.name): one for one in everything if one.kind in SETS and one.group}
        gateways = (one for one in everything if (one.group, one.kind) == (_GATEWAY_API, "Gateway"))
        self._gateways: dict[Place, Manifest] = {(one.namespace, one.name): one for one in gateways}
        self._labels: Labels = labels_of_namespaces(everything) if self._sets else {}

    def found(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """A set of the input."""
        return self._sets.get((kind, namespace, name))

    def whole(self, one: Manifest) -> Manifest:
        """A Gateway with the listeners of the sets that it takes, a route with the Gateways of its sets; else itself.

        Everything stays where it was written.
        """
        if not self._sets or one.group != _GATEWAY_API:
            return one
        if one.kind == "Gateway":
            return self._with_listeners(one)
        return self._by_gateways(one) if one.kind == "HTTPRoute" else one

    def _with_listeners(self, gateway: Manifest) -> Manifest:
        taken = [one for one in self._sets.values() if self._gateway_of(one) is gateway and not self.refusal(one)]
        if not taken:
            return gateway
        changed = gateway.copy()
        listeners = changed.data["spec"].setdefault("listeners", [])
        known = {_identity(one) for one in _mappings(listeners)}
        for one in taken:
            for listener in _mappings(one.spec.get("listeners")):
                if _identity(listener) not in known:
                    known.add(_identity(listener))
                    listeners.append(self._as_of_gateway(one, listener, gateway))
        return changed

    def _as_of_gateway(self, one: Manifest, listener: Mapping[str, Any], gateway: Manifest) -> dict[str, Any]:
        """Whom `Same` lets in is the set's own namespace."""
        found = {**copy.deepcopy(dict(listener)), "name": _name(one, str(listener.get("name")))}
        allowed = found.get("allowedRoutes")
        allowed = allowed if isinstance(allowed, dict) else {}
        namespaces = allowed.get("namespaces")
        whom = namespaces.get("from", "Same") if isinstance(namespaces, dict) else "Same"
        if whom == "Same" and one.namespace != gateway.namespace:
            selector = {"matchLabels": {_OWN_NAMESPACE: one.namespace}}
            found["allowedRoutes"] = {**allowed, "namespaces": {"from": "Selector", "selector": selector}}
        return found

    def _gateway_of(self, one: Manifest) -> Manifest | None:
        parent = one.spec.get("parentRef")
        if not isinstance(parent, dict):
            return None
        return self._gateways.get((str(parent.get("namespace") or one.namespace), str(parent.get("name"))))

    def refusal(self, one: Manifest) -> Refusal | None:
        """Why the Gateway of a set does not take it; None where it does, or is not in the input."""
        gateway = self._gateway_of(one)
        if gateway is None:
            return None
        allowed = gateway.spec.get("allowedListeners")
        namespaces = allowed.get("namespaces") if isinstance(allowed, dict) else None
        namespaces = namespaces if isinstance(namespaces, dict) else {}
        whom, selector = namespaces.get("from", "None"), namespaces.get("selector")
        labels = self._labels.get(one.namespace, {_OWN_NAMESPACE: one.namespace})
        if whom == "All" or (whom == "Same" and one.namespace == gateway.namespace):
            return None
        if whom == "Selector" and isinstance(selector, dict) and selects(selector, labels):
            return None
        message = f"{gateway.id} takes no {one.kind} of namespace {one.namespace}: its allowedListeners lets in {whom}"
        remedy = "let the namespace in by allowedListeners.namespaces of the Gateway, if its listeners are wanted there"
        return Refusal(one, ("spec", "parentRef"), message, remedy)

    def _by_gateways(self, route: Manifest) -> Manifest:
        parents = route.spec.get("parentRefs")
        refs = parents if isinstance(parents, list) else []
        found = {number: given for number, ref in enumerate(refs) if (given := list(self._instead(ref, route)))}
        if not found:
            return route
        changed = route.copy()
        for number, given in found.items():
            # A set of several listeners is several parents; the first has the place where it is written.
            changed.data["spec"]["parentRefs"][number] = given[0]
            changed.data["spec"]["parentRefs"] += given[1:]
        return changed

    def _instead(self, ref: Any, route: Manifest) -> Iterator[dict[str, Any]]:
        if not isinstance(ref, dict) or ref.get("kind") not in SETS:
            return
        one = self.found(ref["kind"], str(ref.get("namespace") or route.namespace), str(ref.get("name")))
        parent = one.spec.get("parentRef") if one else None
        if one is None or not isinstance(parent, dict) or "name" not in parent:
            return
        place = {"namespace": parent.get("namespace") or one.namespace, "name": parent["name"]}
        gateway = {"group": _GATEWAY_API, "kind": "Gateway", **place}
        if self._gateway_of(one) is None:
            yield gateway  # whose listeners nobody here knows
            return
        names = [str(entry.get("name")) for entry in _mappings(one.spec.get("listeners"))]
        if ref.get("sectionName") is not None:
            names = [str(ref["sectionName"])]
        port = {"port": ref["port"]} if ref.get("port") is not None else {}
        yield from ({**gateway, "sectionName": _name(one, name), **port} for name in names)


def _name(one: Manifest, listener: str) -> str:
    """What a listener of a set is called among its Gateway's."""
    return f"{one.namespace}.{one.name}.{listener}"


def _identity(listener: Mapping[str, Any]) -> tuple[Any, ...]:
    return listener.get("port"), listener.get("protocol"), listener.get("hostname") or ""


def _mappings(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
