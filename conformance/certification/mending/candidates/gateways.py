"""Candidates for given Gateways: of which class they are, and what their listeners take."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.mending.candidate import Candidate, candidate, setting, taking
from conformance.certification.mending.view import View, change
from conformance.core.yaml.located import FieldPath
from conformance.manifests.gateway_classes import CLASS

__all__ = ["gateways"]


def gateways(view: View) -> Iterator[Candidate]:
    """Everything that may be wrong with Gateways. A GatewayClass cannot be changed: its controllerName is immutable."""
    for gateway in view.of("Gateway"):
        yield from setting(gateway, ("spec", "gatewayClassName"), CLASS, why="the class of agentgateway", doubt=1)
        for path, listener in gateway.maps("spec", "listeners"):
            if listener.get("protocol") not in ("HTTP", "HTTPS"):
                why = "HTTPRoutes attach to no other"
                yield from setting(gateway, (*path, "protocol"), "HTTP", why=why, doubt=1)
            title = f"Let listener {listener.get('name')} of {gateway} take routes of all namespaces"
            place: FieldPath = (*path, "allowedRoutes", "namespaces", "from")
            yield from candidate(title, change(gateway, place, "All"), doubt=2)
            yield from taking(gateway, (*path, "hostname"), why="requests to any host name are taken then", doubt=2)
