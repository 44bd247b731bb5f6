"""Area A: what AgentgatewayPolicies on a route make of its requests, and of their answers."""

from __future__ import annotations

import copy

from conformance.cases import GROUP, Behaviour, Draft, Level, Scenario, Stage, case
from conformance.cases.variations import own_gateway, policy_on_route
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


def setting(draft: Draft, name: str, value: str) -> None:
    """One more policy on the route, which sets a header of requests to a text."""
    change = policy_on_route(transformation={"request": {"set": [{"name": "x-set", "value": f'"{value}"'}]}})
    change(draft)
    draft.manifests.manifests[-1].data["metadata"]["name"] = f"{draft.route['metadata']['name']}-{name}"


def two_policies(draft: Draft) -> None:
    """Two policies on the route that say different things of one header."""
    setting(draft, "a", "a")
    setting(draft, "b", "b")


@case(
    "routing/older-policy-counts",
    Level.SHOULD,
    "Of two policies on one target that contradict each other the older counts, of one age the first by name.",
    source="API agentgateway 1.4, AgentgatewayPolicySpec (conflicts: the oldest wins); GW GEP-713, conflict resolution",
    lines=[172],
    scenario=Scenario("two-policies", (two_policies,)),
)
async def test_older_policy_counts(stage: Stage) -> None:
    names = [
        one.name for one in stage.manifests if one.kind == "AgentgatewayPolicy" and one.name.endswith(("-a", "-b"))
    ]
    # Applied at once, either may come into being first.
    ages = [(await stage.object("AgentgatewayPolicy", name))["metadata"]["creationTimestamp"] for name in names]
    _, first = min(zip(ages, names, strict=True))
    verify(await stage.chat(), Status(200), HeaderArrives("x-set", first[-1]))


def at_both_levels(draft: Draft) -> None:
    """A policy on the route, and another on its Gateway that says something else of the same header."""
    setting(draft, "of-route", "route")
    setting(draft, "of-gateway", "gateway")
    own_gateway(draft, "levels", allowedRoutes={"namespaces": {"from": "All"}})
    (parent,) = draft.route["spec"]["parentRefs"]
    policy = next(one for one in draft.manifests if one.name.endswith("-of-gateway")).data
    policy["metadata"]["namespace"] = parent["namespace"]
    target = {"group": GROUP, "kind": "Gateway", "name": parent["name"]}
    policy["spec"]["targetRefs"] = [target]
    elsewhere = copy.deepcopy(policy)
    elsewhere["metadata"]["name"] += "-elsewhere"
    # No field that the others have, so that nothing but its section keeps it from being in force here.
    of_listener = {"headerModifiers": {"request": {"set": [{"name": "x-elsewhere", "value": "there"}]}}}
    elsewhere["spec"] = {"targetRefs": [{**target, "sectionName": "another"}], "traffic": of_listener}
    draft.add(elsewhere)


@case(
    "routing/narrower-policy-counts",
    Level.SHOULD,
    "Of a policy on a Gateway and one on its route that contradict each other the route's counts; and one on another of"
    " the Gateway's listeners counts for nothing.",
    source="API agentgateway 1.4, AgentgatewayPolicySpec (Gateway < Listener < Route < Rule)",
    lines=[172],
    scenario=Scenario("two-levels", (at_both_levels,)),
    needs=("own gateway",),
)
async def test_narrower_policy_counts(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), HeaderArrives("x-set", "route"), HeaderArrives("x-elsewhere"))
