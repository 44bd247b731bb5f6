"""Area L: the manifests are applied anew, in whatever order, and all is well in the end."""

from __future__ import annotations

from conformance.cases import Level, Scenario, Stage, case, param, parametrize
from conformance.cases.acts import all_removed, applied_anew
from conformance.exchange.expectations import (
    ArrivedOnce,
    Condition,
    Credential,
    ModelArrives,
    Secured,
)

ORDERS = parametrize(
    "order",
    [
        param(("HTTPRoute", "Backend", "BackendTLSPolicy", "Secret"), id="route-first"),
        param(("BackendTLSPolicy", "HTTPRoute", "Secret", "Backend"), id="policy-first"),
        param(("Backend", "Secret", "BackendTLSPolicy", "HTTPRoute"), id="backend-first"),
    ],
)


@case(
    "lifecycle/any-order",
    Level.MUST,
    "In whatever order the manifests are applied, requests are served as documented in the end.",
    source="SEED Mistral 2 to 6; FACTS 7.2",
    lines=[126],
    scenario=Scenario("any-order", own=True),
)
@ORDERS
async def test_any_order(stage: Stage, order: tuple[str, ...]) -> None:
    stage.only_with("Backend", "HTTPRoute")
    removed = await all_removed(stage, stage.request())
    async for _ in applied_anew(stage, removed, order):
        pass
    await stage.settles(stage.chat, ArrivedOnce(), Credential(), ModelArrives(), Secured())


@case(
    "lifecycle/any-order-told",
    Level.MUST,
    "In whatever order the manifests are applied, Backend and route report in the end that all is resolved.",
    source="GW HTTPRoute ResolvedRefs; FACTS 7.2",
    lines=[126],
    scenario=Scenario("any-order-told", own=True),
)
@ORDERS
async def test_any_order_told(stage: Stage, order: tuple[str, ...]) -> None:
    stage.only_with("Backend", "HTTPRoute")
    removed = [await stage.delete(one) for one in stage.manifests]
    async for _ in applied_anew(stage, removed, order):
        pass
    await stage.reports("Backend", Condition("Accepted", "True", "Accepted"))
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "True", "ResolvedRefs"))
