"""All objects at once, translated: the gateway's configuration and every status."""

from __future__ import annotations

from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import BACKEND_TLS_POLICY, GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, Kind
from conformance.targets.reference.controller.attached import NOTHING, Attached, Way
from conformance.targets.reference.controller.backends.kgateway_2_1 import Translated
from conformance.targets.reference.controller.conditions import Stamp, written
from conformance.targets.reference.controller.flavours import Flavour
from conformance.targets.reference.controller.gateways import class_status, gateway_status, our_classes, our_gateways
from conformance.targets.reference.controller.policies import Policies
from conformance.targets.reference.controller.routes import Parent, Routes
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Name, Object, Objects, age, dig, name_of
from conformance.targets.reference.gateway.config import GatewayConfig, Listener

__all__ = ["StatusOf", "Translation", "translate"]


@dataclass(frozen=True)
class StatusOf:
    """The status that an object should have."""

    kind: Kind
    object: Object
    status: dict[str, Any]


@dataclass(frozen=True)
class Translation:
    """What the objects mean."""

    config: GatewayConfig
    statuses: list[StatusOf]


def translate(
    objects: Objects, seams: ControllerSeams, flavour: Flavour, stamp: Stamp, address: str = "127.0.0.1"
) -> Translation:
    """Read all objects and say what they mean. Changes nothing."""
    classes = our_classes(objects, flavour.controller)
    gateways = our_gateways(objects, classes)
    policies, attached = Policies(objects, seams, flavour), Attached(objects)
    backends: dict[Name, Translated] = {}
    statuses = [StatusOf(GATEWAY_CLASS, one, class_status(one, stamp)) for one in classes.values()]
    for backend in objects.peek_all(flavour.backend):
        on_it = attached.on(backend) if attached else NOTHING
        translated = backends[name_of(backend)] = flavour.translate(backend, objects, policies, seams, on_it)
        conditions = written([translated.condition], backend.get("status"), backend, stamp)
        statuses.append(StatusOf(flavour.backend, backend, {"conditions": conditions}))

    def along(backend: Object, way: Way) -> Translated:
        return flavour.translate(backend, objects, policies, seams, attached.on(backend, way))

    routes = Routes(objects, gateways, backends, seams, flavour, along if attached else None, attached.traffic)
    for route in sorted(objects.peek_all(HTTP_ROUTE), key=age):
        parents = routes.add(route)
        if (status := _route_status(route, parents, flavour.controller, stamp)) is not None:
            statuses.append(StatusOf(HTTP_ROUTE, route, status))
    for policy, ancestors in policies.statuses(routes.gateways_of, gateways):
        if (status := _policy_status(policy, ancestors, flavour.controller, stamp)) is not None:
            statuses.append(StatusOf(BACKEND_TLS_POLICY, policy, status))
    for name, gateway in gateways.items():
        counts = {listener: len(found) for (owner, listener), found in routes.attached.items() if owner == name}
        statuses.append(StatusOf(GATEWAY, gateway, gateway_status(gateway, counts, address, stamp)))
    return Translation(seams.settled(_config(gateways, routes), objects), statuses)


def _config(gateways: dict[Name, Object], routes: Routes) -> GatewayConfig:
    """The listeners that something is attached to or may be; those of other protocols than HTTP are left out."""
    listeners = []
    for name, gateway in sorted(gateways.items(), key=lambda item: age(item[1])):
        for listener in dig(gateway, "spec", "listeners") or []:
            if listener.get("protocol") == "HTTP":
                attached = tuple(routes.attached.get((name, listener["name"]), ()))
                hostname = listener.get("hostname") or ""
                listeners.append(Listener(listener["name"], listener["port"], attached, "/".join(name), hostname))
    return GatewayConfig(tuple(listeners))


def _route_status(route: Object, parents: list[Parent], controller: str, stamp: Stamp) -> dict[str, Any] | None:
    """A route's status: ours rewritten, that of other controllers as it was. None: nothing to say."""
    before = dig(route, "status", "parents") or []
    others = [one for one in before if one.get("controllerName") != controller]
    ours = [one for one in before if one.get("controllerName") == controller]
    if not parents and not ours:
        return None
    found = []
    for parent in parents:
        old = next((one for one in ours if one.get("parentRef") == parent.ref), None)
        conditions = written(parent.conditions, old, route, stamp)
        found.append({"parentRef": dict(parent.ref), "controllerName": controller, "conditions": conditions})
    return {"parents": [*others, *found]}


def _policy_status(policy: Object, ancestors: dict[Name, Any], controller: str, stamp: Stamp) -> dict[str, Any] | None:
    before = dig(policy, "status", "ancestors") or []
    others = [one for one in before if one.get("controllerName") != controller]
    ours = [one for one in before if one.get("controllerName") == controller]
    if not ancestors and not ours:
        return None
    found = []
    for (namespace, name), conditions in sorted(ancestors.items()):
        ref = {"group": GATEWAY.group, "kind": GATEWAY.kind, "namespace": namespace, "name": name}
        old = next((one for one in ours if one.get("ancestorRef") == ref), None)
        entry = {"ancestorRef": ref, "controllerName": controller}
        found.append({**entry, "conditions": written(conditions, old, policy, stamp)})
    return {"ancestors": [*others, *found]}
