"""Area A: what AgentgatewayPolicies on a route make of its requests, and of their answers."""

from __future__ import annotations

from conformance.cases import Behaviour, Level, Scenario, Stage, case
from conformance.cases.variations import policy_on_route
from conformance.exchange.expectations import HeaderArrives, HeaderReturns, NothingArrived, Status, verify

SET = [{"name": "x-set", "value": '"here"'}]
COMPUTED = policy_on_route(
    transformation={side: {"set": SET, "remove": ["x-gone"]} for side in ("request", "response")}
)


@case(
    "routing/policy-transforms-headers",
    Level.SHOULD,
    "A policy's transformation with texts sets and removes headers of requests and of answers.",
    source="API agentgateway 1.4, Transform.set, remove",
    lines=[172],
    scenario=Scenario("transformed", (COMPUTED,)),
)
async def test_policy_transforms_headers(stage: Stage) -> None:
    behaviour = Behaviour(headers=(("x-gone", "1"), ("x-set", "there")))
    exchange = await stage.chat(behaviour=behaviour, headers=(("x-gone", "1"), ("x-set", "there")))
    verify(
        exchange,
        Status(200),
        HeaderArrives("x-set", "here"),
        HeaderArrives("x-gone"),
        HeaderReturns("x-set", "here"),
        HeaderReturns("x-gone"),
    )


@case(
    "routing/policy-answers",
    Level.SHOULD,
    "A policy's directResponse is the client's answer, and nothing goes upstream.",
    source="API agentgateway 1.4, Traffic.directResponse",
    lines=[172],
    scenario=Scenario("answered", (policy_on_route(directResponse={"status": 418, "body": "closed"}),)),
)
async def test_policy_answers(stage: Stage) -> None:
    verify(await stage.chat(), Status(418), NothingArrived())
