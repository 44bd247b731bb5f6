"""The facts of Gateways, read from their manifests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.checks.model import GatewayFacts, Listener
from conformance.checks.reading import dig, items
from conformance.dialects.gateway_api import GROUP
from conformance.manifests import Manifest

__all__ = ["gateways_of"]

_NAMESPACE_NAME = "kubernetes.io/metadata.name"


def gateways_of(manifests: Iterable[Manifest]) -> tuple[GatewayFacts, ...]:
    """The Gateways among some manifests. What is of a wrong type is left out: admission tells of it."""
    found = [one for one in manifests if (one.group, one.kind) == (GROUP, "Gateway")]
    return tuple(GatewayFacts(one.namespace, one.name, _listeners(one)) for one in found)


def _listeners(gateway: Manifest) -> tuple[Listener, ...]:
    found: list[Listener] = []
    for _, data in items(gateway.spec, "listeners"):
        name, port, protocol = data.get("name"), data.get("port"), data.get("protocol", "HTTP")
        if not isinstance(name, str) or not isinstance(port, int) or not isinstance(protocol, str):
            continue
        hostname = data.get("hostname")
        found.append(
            Listener(
                name,
                port,
                protocol,
                hostname if isinstance(hostname, str) and hostname else None,
                _namespaces(gateway.namespace, dig(data, "allowedRoutes", "namespaces")),
                protocol in ("HTTP", "HTTPS") and _takes_http(items(data, "allowedRoutes", "kinds")),
            )
        )
    return tuple(found)


def _takes_http(kinds: list[tuple[int, dict[str, Any]]]) -> bool:
    """GW AllowedRoutes.kinds: empty means all that the protocol can carry."""
    return not kinds or any((one.get("group", GROUP), one.get("kind")) == (GROUP, "HTTPRoute") for _, one in kinds)


def _namespaces(own: str, allowed: object) -> frozenset[str] | None:
    """GW RouteNamespaces: Same is the default. Of a Selector only the label that all namespaces have is known."""
    source = dig(allowed, "from") or "Same"
    if source == "Selector":
        selector = dig(allowed, "selector")
        labels = dig(selector, "matchLabels")
        if isinstance(labels, dict) and set(labels) == {_NAMESPACE_NAME} and not dig(selector, "matchExpressions"):
            return frozenset({str(labels[_NAMESPACE_NAME])})
        return None
    return frozenset({own}) if source == "Same" else frozenset() if source == "None" else None
