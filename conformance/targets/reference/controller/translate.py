"""All objects at once, translated: the gateway's configuration and every status."""

from __future__ import annotations

from functools import partial
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import BACKEND_TLS_POLICY, GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, Kind
from conformance.targets.reference.controller.attached import NOTHING, Attached, Way
from conformance.targets.reference.controller.backends.kgateway_2_1 import Translated
from conformance.targets.reference.controller.conditions import Stamp, written
from conformance.targets.reference.controller.flavours import Flavour
from conformance.targets.reference.controller.gateways import class_status, gateway_status, our_classes, our_gateways
from conformance.targets.reference.controller.policies import Policies
from conformance.targets.reference.controller.remembered import Memory, Reads, Sources
from conformance.targets.reference.controller.routes import Joined, Parent, RouteReader, Routes
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
    objects: Objects,
    seams: ControllerSeams,
    flavour: Flavour,
    stamp: Stamp,
    address: str = "127.0.0.1",
    memory: Memory | None = None,
) -> Translation:
    """Read all objects and say what they mean. Changes nothing but `memory`, in which what still holds is found."""
    classes = our_classes(objects, flavour.controller)
    gateways = our_gateways(objects, classes)
    policies, attached = Policies(objects, seams, flavour), Attached(objects)
    backends: dict[Name, Translated] = {}
    sources, memory = Sources(objects, policies, gateways, backends), memory or Memory()
    memory.begin(attached.policies)
    statuses = [StatusOf(GATEWAY_CLASS, one, class_status(one, stamp)) for one in classes.values()]

    def read_backend(backend: Object, reads: Reads) -> tuple[Translated, dict[str, Any]]:
        translated = flavour.translate(backend, reads, reads, seams, attached.on(backend) if attached else NOTHING)
        return translated, {"conditions": written([translated.condition], backend.get("status"), backend, stamp)}

    def along(reads: Reads, backend: Object, way: Way) -> Translated:
        return flavour.translate(backend, reads, reads, seams, attached.on(backend, way))

    def read_route(route: Object, reads: Reads) -> tuple[Joined, dict[str, Any] | None]:
        ways = (along, attached.traffic) if attached else (None, None)
        joined = RouteReader(reads, seams, flavour, *ways).join(route)
        return joined, _route_status(route, joined.parents, flavour.controller, stamp)

    for backend in objects.peek_all(flavour.backend):
        found = memory.recall(flavour.backend, backend, sources, partial(read_backend, backend))
        backends[name_of(backend)], status = found
        statuses.append(StatusOf(flavour.backend, backend, status))
    routes = Routes()
    for route in sorted(objects.peek_all(HTTP_ROUTE), key=age):
        joined, said = memory.recall(HTTP_ROUTE, route, sources, partial(read_route, route))
        routes.add(joined)
        if said is not None:
            statuses.append(StatusOf(HTTP_ROUTE, route, said))
    for policy, ancestors in policies.statuses(routes.gateways_of, gateways):
        if (status_of := _policy_status(policy, ancestors, flavour.controller, stamp)) is not None:
            statuses.append(StatusOf(BACKEND_TLS_POLICY, policy, status_of))
    for name, gateway in gateways.items():
        counts = {listener: len(there) for (owner, listener), there in routes.attached.items() if owner == name}
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
