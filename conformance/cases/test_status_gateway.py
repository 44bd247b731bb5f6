"""Area K: what the Gateway and its class report."""

from __future__ import annotations

from typing import Any

from conformance.cases import GROUP, Level, Scenario, Stage, case
from conformance.exchange.expectations import Condition, Facet, Mismatch, Refuted, conditions_of, entries_of

ACCEPTED = Condition("Accepted", "True", "Accepted")


async def gateway(stages: dict[str, Stage], *wanted: Condition) -> dict[str, Any]:
    """The Gateway, once it reports these conditions."""
    stage = next(iter(stages.values()))
    at = stage.target.gateway
    return await stage.gateway_reports("Gateway", at.namespace, at.name, *wanted)


@case(
    "status/gateway-programmed",
    Level.MUST,
    "The Gateway reports Accepted=True and Programmed=True.",
    source="GW Gateway status.conditions; FACTS 3.3",
    lines=[119],
    certifies=True,
)
async def test_gateway_programmed(stages: dict[str, Stage]) -> None:
    await gateway(stages, ACCEPTED, Condition("Programmed", "True", "Programmed"))


@case(
    "status/class-accepted",
    Level.MUST,
    "The Gateway's GatewayClass reports Accepted=True.",
    source="GW GatewayClass status.conditions; FACTS 3.3",
    lines=[119],
    certifies=True,
)
async def test_class_accepted(stages: dict[str, Stage]) -> None:
    name = (await gateway(stages))["spec"]["gatewayClassName"]
    await next(iter(stages.values())).gateway_reports("GatewayClass", "", name, ACCEPTED)


@case(
    "status/attached-routes-counted",
    Level.MUST,
    "attachedRoutes of the listener is the number of routes that attached to it, also after one was deleted.",
    source="GW ListenerStatus.attachedRoutes; FACTS 3.3",
    lines=[119],
    scenario=Scenario("attached", own=True),
)
async def test_attached_routes_counted(stages: dict[str, Stage]) -> None:
    stage = next(iter(stages.values()))
    stage.only_with("HTTPRoute")
    listeners = (await gateway(stages))["spec"]["listeners"]
    stage.only_if(len(listeners) == 1, "the Gateway has several listeners, and routes may attach to some of them only")

    await stage.reports("HTTPRoute", ACCEPTED)
    await _counted(stage)
    await stage.delete("HTTPRoute")
    await _counted(stage)


async def _counted(stage: Stage) -> None:
    """Other scenes' routes attach, too: their number is what the endpoint has at this time."""
    attached = sum(_attached(route, stage) for route in await stage.kubernetes.list_all(f"{GROUP}/v1", "HTTPRoute"))
    seen = -1

    def counted(gateway: dict[str, Any]) -> bool:
        nonlocal seen
        listeners = (gateway.get("status") or {}).get("listeners") or [{}]
        seen = listeners[0].get("attachedRoutes", 0)
        return bool(seen == attached)

    if not await stage.gateway_becomes(counted):
        raise Refuted(None, [Mismatch(Facet.ATTACHED_ROUTES, f"attachedRoutes {attached}", f"attachedRoutes {seen}")])


def _attached(route: dict[str, Any], stage: Stage) -> bool:
    at = stage.target.gateway
    for entry in entries_of(route):
        ref = entry.get("parentRef") or {}
        there = ref.get("namespace", route["metadata"]["namespace"]), ref.get("name")
        if there == (at.namespace, at.name) and ACCEPTED.fits(conditions_of(entry).get("Accepted", {})):
            return True
    return False
