"""Checks of a Gateway's class: another data plane's, a misspelt one, one of the other API, one that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.dialects.model import Route
from conformance.manifests.gateway_classes import CLASS, Owner, controllers_of, data_plane_of, owner_of
from conformance.manifests.gateways import GatewayFacts, means
from conformance.manifests.objects import Manifest

__all__ = ["wrong_class"]

_FIELD: FieldPath = ("spec", "gatewayClassName")


def wrong_class(sheet: Sheet, route: Route, gateway: GatewayFacts) -> Found | None:
    """Why agentgateway does not serve a Gateway that a route names, by its class; None where it does, or may."""
    if gateway.origin is None:
        return None
    manifest, name, controllers = gateway.origin.manifest, gateway.class_name, controllers_of(sheet.manifests)
    owner, check, use = owner_of(name, controllers), "gateway-class-wrong", f"set gatewayClassName to {CLASS}"
    if owner is Owner.NOBODY:
        message = f"{name!r} is no known GatewayClass, so nobody serves {gateway}, to which {route.id} attaches"
        remedy = f"{use}, or give the GatewayClass {name} with the manifests"
    elif owner is Owner.OTHER:
        check, whose = "gateway-class-other", data_plane_of(name, controllers)
        message = f"the class {name} is {whose}: agentgateway does not serve {gateway}, to which {route.id} attaches"
        remedy = f"attach the route to a Gateway of the class {CLASS}; {gateway} is for others to have, as it is"
    else:
        return _other_controller(sheet, gateway)
    return Found(check, manifest, _FIELD, message, remedy)


def _other_controller(sheet: Sheet, gateway: GatewayFacts) -> Found | None:
    """The class of the other API's control plane, which knows nothing of these Backends."""
    given = _given_class(sheet, gateway.class_name)
    mine = sheet.api.CONTROLLER
    for other in (dialect_named(one) for one in DIALECTS if one != sheet.dialect):
        if given and dig(given.data, "spec", "controllerName") == other.CONTROLLER:
            message = f"the controller of {other.NAME} serves {gateway}, and these manifests are of {sheet.dialect}"
            remedy = f"name a class whose controllerName is {mine}, as that of {CLASS} is"
            return Found("gateway-class-wrong", given, ("spec", "controllerName"), message, remedy)
    return None


def _given_class(sheet: Sheet, name: str) -> Manifest | None:
    classes = (one for one in sheet.manifests if (one.group, one.kind) == (GROUP, "GatewayClass"))
    return next((one for one in classes if one.name == name), None)


@reports(
    gateway_class_unknown=(
        "a Gateway's class is none that agentgateway brings, and is not in the input",
        "Gateway API, GatewayClass controllerName",
    )
)
def unknown_class(sheet: Sheet) -> Iterator[Found]:
    """It may well be there, so it is taken for agentgateway's."""
    controllers = controllers_of(sheet.manifests)
    parents = [parent for route in sheet.configuration.routes for parent in route.parents]
    for gateway in sheet.gateways:
        supposed = owner_of(gateway.class_name, controllers) is Owner.SUPPOSED
        if supposed and gateway.origin and any(means(parent, gateway) for parent in parents):
            message = f"the GatewayClass {gateway.class_name!r} is not in the input: it is taken for agentgateway's"
            remedy = f"give the GatewayClass with the manifests, too; the usual one is {CLASS}"
            yield Found("gateway-class-unknown", gateway.origin.manifest, _FIELD, message, remedy, Severity.WARNING)
