"""Whether a route may attach to a listener, and for which host names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.kinds import HTTP_ROUTE, NAMESPACE
from conformance.targets.reference.controller.view import Object, Objects, dig

__all__ = ["intersection", "permitted", "section_fits"]


def section_fits(parent_ref: Object, listener: Object) -> bool:
    """Whether a parentRef means this listener: by sectionName and port, when it names them."""
    section, port = parent_ref.get("sectionName"), parent_ref.get("port")
    return section in (None, listener["name"]) and port in (None, listener["port"])


def permitted(listener: Object, gateway_namespace: str, route_namespace: str, objects: Objects) -> bool:
    """Whether a listener lets in HTTPRoutes of a namespace: its protocol and allowedRoutes (All, Same, Selector)."""
    if listener.get("protocol") not in ("HTTP", "HTTPS"):
        return False
    kinds = dig(listener, "allowedRoutes", "kinds") or []
    if kinds and not any((one.get("group", HTTP_ROUTE.group), one.get("kind")) == HTTP_ROUTE.key for one in kinds):
        return False
    namespaces = dig(listener, "allowedRoutes", "namespaces") or {}
    source = namespaces.get("from", "Same")
    if source == "Selector":
        namespace = objects.peek(NAMESPACE, None, route_namespace)
        labels = dig(namespace, "metadata", "labels") or {}
        return namespace is not None and _selects(namespaces.get("selector") or {}, labels)
    return source == "All" or (source == "Same" and gateway_namespace == route_namespace)


def _selects(selector: Object, labels: Mapping[str, Any]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_expression_holds(one, labels) for one in selector.get("matchExpressions") or [])


def _expression_holds(expression: Object, labels: Mapping[str, Any]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
    return key not in labels


def intersection(listener_host: str | None, route_hosts: list[str]) -> list[str] | None:
    """The host names a route has on a listener; empty: any; None: they have none in common."""
    if not listener_host:
        return list(route_hosts)
    if not route_hosts:
        return [listener_host]
    found = [host for host in (_narrower(listener_host, route_host) for route_host in route_hosts) if host]
    return found or None


def _narrower(one: str, other: str) -> str | None:
    """The more specific of two host names where one covers the other."""
    for wide, narrow in ((one, other), (other, one)):
        if wide == narrow or (wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:])):
            return narrow
    return None
