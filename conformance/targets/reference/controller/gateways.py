"""GatewayClasses and Gateways: which are ours, and what their statuses say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.kinds import GATEWAY, GATEWAY_CLASS, HTTP_ROUTE
from conformance.targets.reference.controller.conditions import Condition, Stamp, written
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of

__all__ = ["class_status", "gateway_status", "our_classes", "our_gateways"]


def our_classes(objects: Objects, controller: str) -> dict[str, Object]:
    """The GatewayClasses that name this controller."""
    classes = objects.peek_all(GATEWAY_CLASS)
    return {one["metadata"]["name"]: one for one in classes if dig(one, "spec", "controllerName") == controller}


def our_gateways(objects: Objects, classes: Mapping[str, Object]) -> dict[Name, Object]:
    """The Gateways of those classes."""
    return {name_of(one): one for one in objects.peek_all(GATEWAY) if dig(one, "spec", "gatewayClassName") in classes}


def class_status(gateway_class: Object, stamp: Stamp) -> dict[str, Any]:
    """The status of a GatewayClass."""
    accepted = Condition("Accepted", True, "Accepted", "GatewayClass accepted by the embedded controller")
    return {"conditions": written([accepted], gateway_class.get("status"), gateway_class, stamp)}


def gateway_status(gateway: Object, attached: Mapping[str, int], address: str, stamp: Stamp) -> dict[str, Any]:
    """The status of a Gateway; `attached` counts the routes of each listener by its name."""
    old = {one.get("name"): one for one in dig(gateway, "status", "listeners") or []}
    listeners = []
    usable = 0
    for listener in dig(gateway, "spec", "listeners") or []:
        conditions = _listener_conditions(listener, gateway)
        usable += all(one.status for one in conditions if one.type != "Conflicted")
        listeners.append(
            {
                "name": listener["name"],
                "supportedKinds": _supported_kinds(listener),
                "attachedRoutes": attached.get(listener["name"], 0),
                "conditions": written(conditions, old.get(listener["name"]), gateway, stamp),
            }
        )
    all_usable = usable == len(listeners)
    accepted = Condition("Accepted", bool(usable), "Accepted" if all_usable else "ListenersNotValid")
    programmed = Condition("Programmed", bool(usable), "Programmed" if usable else "Invalid")
    return {
        "addresses": [{"type": "IPAddress", "value": address}],
        "conditions": written([accepted, programmed], gateway.get("status"), gateway, stamp),
        "listeners": listeners,
    }


def _supported_kinds(listener: Object) -> list[dict[str, str]]:
    if listener.get("protocol") not in ("HTTP", "HTTPS"):
        return []
    asked = dig(listener, "allowedRoutes", "kinds") or [{"kind": HTTP_ROUTE.kind}]
    supported = any(_is_http_route(one) for one in asked)
    return [{"group": HTTP_ROUTE.group, "kind": HTTP_ROUTE.kind}] if supported else []


def _is_http_route(kind: Object) -> bool:
    return (kind.get("group", HTTP_ROUTE.group), kind.get("kind")) == HTTP_ROUTE.key


def _listener_conditions(listener: Object, gateway: Object) -> list[Condition]:
    asked = dig(listener, "allowedRoutes", "kinds") or []
    kinds_fit = all(_is_http_route(one) for one in asked)
    refs = Condition("ResolvedRefs", kinds_fit, "ResolvedRefs" if kinds_fit else "InvalidRouteKinds")
    if listener.get("protocol") != "HTTP":
        text = f"protocol {listener.get('protocol')} is not served by the embedded gateway"
        return [
            Condition("Accepted", False, "UnsupportedProtocol", text),
            Condition("Programmed", False, "Invalid", text),
            refs,
            Condition("Conflicted", False, "NoConflicts"),
        ]
    place = listener["port"], listener.get("hostname", "")
    others = [one for one in dig(gateway, "spec", "listeners") if one["name"] != listener["name"]]
    conflict = place in [(one["port"], one.get("hostname", "")) for one in others]
    return [
        Condition("Accepted", not conflict, "HostnameConflict" if conflict else "Accepted"),
        Condition("Programmed", not conflict, "Invalid" if conflict else "Programmed"),
        refs,
        Condition("Conflicted", conflict, "HostnameConflict" if conflict else "NoConflicts"),
    ]
