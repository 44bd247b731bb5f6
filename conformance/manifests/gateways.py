"""Gateways and their listeners as manifests describe them, and to which listeners an HTTPRoute attaches.

Part of the oracle: it shares no code with the reference controller. Source: Gateway API v1.4, Gateway (listeners,
allowedRoutes), ParentReference (sectionName, port), HTTPRouteSpec.hostnames (intersection).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from conformance.core.problems import Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document
from conformance.manifests.dialects.gateway_api import GROUP, as_list, as_mapping, field_of, optional
from conformance.manifests.dialects.model import Attached, Configuration, Door, Origin, ParentRef, Route
from conformance.manifests.objects import Manifest

if TYPE_CHECKING:
    pass

__all__ = [
    "API",
    "GatewayFacts",
    "Labels",
    "ListenerFacts",
    "admits",
    "attachments",
    "common_hostnames",
    "facts_of_standing",
    "labels_of_namespaces",
    "means",
    "placed",
    "placed_route",
    "read_gateway",
    "selects",
    "served_in_clear",
]

Labels = Mapping[str, Mapping[str, str]]
"""The labels of Namespaces, by name."""


@dataclass(frozen=True)
class ListenerFacts:
    """One listener. `hostname` is empty where it takes any; `allowed` is allowedRoutes.namespaces.from.

    `kinds` are those of allowedRoutes; none: what the protocol implies.
    """

    name: str
    port: int
    protocol: str = "HTTP"
    hostname: str = ""
    allowed: str = "Same"
    selector: Mapping[str, Any] = field(default_factory=dict, hash=False)
    kinds: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class GatewayFacts:
    """One Gateway that exists where the manifests go; `origin` is where it was read from."""

    namespace: str
    name: str
    listeners: tuple[ListenerFacts, ...]
    class_name: str = ""
    origin: Origin | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"Gateway {self.namespace}/{self.name}"


def read_gateway(manifest: Manifest) -> GatewayFacts:
    """A Gateway. Raises InputProblem for fields of the wrong type."""
    origin = Origin(manifest, ("spec",))

    def listener(number: int, data: dict[str, Any]) -> ListenerFacts:
        return _read_listener(origin.below("listeners", number), data)

    return GatewayFacts(
        namespace=manifest.namespace,
        name=manifest.name,
        listeners=tuple(
            listener(number, data) for number, data in enumerate(as_list(origin, manifest.spec, "listeners"))
        ),
        class_name=field_of(origin, manifest.spec, "gatewayClassName", str, default=""),
        origin=origin,
    )


def _read_listener(origin: Origin, data: dict[str, Any]) -> ListenerFacts:
    allowed, at = as_mapping(origin, data, "allowedRoutes"), origin.below("allowedRoutes")
    namespaces, inside = as_mapping(at, allowed, "namespaces"), at.below("namespaces")
    selector = as_mapping(inside, namespaces, "selector")
    as_mapping(inside.below("selector"), selector, "matchLabels")
    for number, expression in enumerate(as_list(inside.below("selector"), selector, "matchExpressions")):
        place = inside.below("selector", "matchExpressions", number)
        field_of(place, expression, "key", str)
        field_of(place, expression, "operator", str)
        field_of(place, expression, "values", list, default=[])
    kinds = [
        (
            field_of(at.below("kinds", number), one, "group", str, default=GROUP),
            field_of(at.below("kinds", number), one, "kind", str),
        )
        for number, one in enumerate(as_list(at, allowed, "kinds"))
    ]
    return ListenerFacts(
        name=field_of(origin, data, "name", str),
        port=field_of(origin, data, "port", int),
        protocol=field_of(origin, data, "protocol", str),
        hostname=optional(origin, data, "hostname", str) or "",
        allowed=field_of(inside, namespaces, "from", str, default="Same"),
        selector=selector,
        kinds=tuple(kinds),
        origin=origin,
    )


def labels_of_namespaces(manifests: Iterable[Manifest]) -> Labels:
    """The labels of the Namespaces among the manifests."""
    return {
        one.name: {**(one.data["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": one.name}
        for one in manifests
        if one.kind == "Namespace" and not one.group
    }


def means(parent: ParentRef, gateway: GatewayFacts) -> bool:
    """Whether a parentRef is to this Gateway, whatever its listeners are."""
    wanted = (GROUP, "Gateway", gateway.namespace, gateway.name)
    return (parent.group, parent.kind, parent.namespace, parent.name) == wanted


def attachments(
    route: Route, gateways: Iterable[GatewayFacts], labels: Labels
) -> list[tuple[GatewayFacts, ListenerFacts, tuple[str, ...]]]:
    """The listeners that a route attaches to, each with the host names that it has there; none: any."""
    found: list[tuple[GatewayFacts, ListenerFacts, tuple[str, ...]]] = []
    for gateway in gateways:
        for parent in (one for one in route.parents if means(one, gateway)):
            for listener in gateway.listeners:
                if parent.section not in (None, listener.name) or parent.port not in (None, listener.port):
                    continue
                hostnames = common_hostnames(listener.hostname, route.hostnames)
                entry = (gateway, listener, hostnames or ())
                if hostnames is not None and admits(gateway, listener, route.id.namespace, labels):
                    found += [entry] if entry not in found else []
    return found


def placed(configuration: Configuration, gateways: Sequence[GatewayFacts], labels: Labels) -> Configuration:
    """The same with each route as it stands on the listeners that it attaches to."""
    if not gateways:
        return configuration
    routes = tuple(placed_route(route, gateways, labels) for route in configuration.routes)
    return replace(configuration, routes=routes)


def placed_route(route: Route, gateways: Iterable[GatewayFacts], labels: Labels) -> Route:
    """A route with its listeners, and the hostnames that it has there.

    One that attaches to none keeps its own: that it is not served is for the gateway to show.
    """
    found = attachments(route, gateways, labels)
    if not found:
        return route
    attached = tuple(_attached(*one) for one in found)
    names = dict.fromkeys(name for one in attached for name in one.hostnames)
    anything = any(not one.hostnames for one in attached)
    return replace(route, hostnames=() if anything else tuple(names), attached=attached)


def _attached(gateway: GatewayFacts, listener: ListenerFacts, hostnames: tuple[str, ...]) -> Attached:
    beside = [one for one in gateway.listeners if one.port == listener.port and one.hostname != listener.hostname]
    return Attached(
        Door(f"{gateway.namespace}/{gateway.name}", listener.port),
        listener.name,
        listener.hostname,
        hostnames,
        tuple(one.hostname for one in beside),
    )


def served_in_clear(gateway: Manifest) -> Manifest:
    """A Gateway as it can be tested here: what comes in by HTTPS does so by HTTP, and other protocols are left out.

    TLS towards clients, with certificates that are not among the manifests, is no part of what is tested.
    """
    served = gateway.copy()
    listeners = served.spec.get("listeners") or []
    in_clear = [
        {key: value for key, value in one.items() if key != "tls"} | {"protocol": "HTTP"}
        for one in listeners
        if one.get("protocol") in ("HTTP", "HTTPS")
    ]
    if in_clear:
        served.data["spec"]["listeners"] = in_clear
    return served


def admits(gateway: GatewayFacts, listener: ListenerFacts, namespace: str, labels: Labels) -> bool:
    """Whether a listener lets in HTTPRoutes of a namespace."""
    if listener.protocol not in ("HTTP", "HTTPS"):
        return False
    if listener.kinds and (GROUP, "HTTPRoute") not in listener.kinds:
        return False
    if listener.allowed == "Selector":
        return selects(listener.selector, labels.get(namespace, {"kubernetes.io/metadata.name": namespace}))
    return listener.allowed == "All" or (listener.allowed == "Same" and gateway.namespace == namespace)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels are those of a LabelSelector; an empty one selects everything."""
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(one, labels) for one in selector.get("matchExpressions") or []
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    operators = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return operators.get(expression["operator"], False)


def common_hostnames(listener: str, route: tuple[str, ...]) -> tuple[str, ...] | None:
    """The host names that a route has on a listener, the narrower ones; empty: any; None: they have none in common."""
    if not listener:
        return route
    if not route:
        return (listener,)
    found = tuple(name for one in route if (name := _narrower(listener.lower(), one.lower())))
    return found or None


def _narrower(one: str, other: str) -> str | None:
    if one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        # `*.example.com` covers `a.example.com` and `*.a.example.com`, but not `example.com`.
        if wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]):
            return narrow
    return None


API = "gateway.networking.k8s.io/v1"


def facts_of_standing(found: dict[str, Any]) -> GatewayFacts:
    """A Gateway as the API endpoint has it."""
    place = f"<Gateway {found['metadata']['namespace']}/{found['metadata']['name']}>"
    return read_gateway(Manifest(found, Document(found, {(): Position(place)})))
