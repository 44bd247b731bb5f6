"""Area A: filters of backendRefs, beside those of the rule."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case
from conformance.exchange.expectations import ArrivedOnce, HeaderArrives, HeaderReturns, Reached, Status, verify


def setting(name: str, value: str = "here") -> dict[str, Any]:
    """A filter that sets a header of requests."""
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": name, "value": value}]}}


def answering(name: str) -> dict[str, Any]:
    """A filter that sets a header of answers."""
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": name, "value": "here"}]}}


def both(draft: Draft) -> None:
    """The rule sets one header each way, each of its backendRefs another."""
    draft.rule["filters"] = [*draft.rule.get("filters", []), setting("x-of-rule"), answering("x-of-rule")]
    for ref in draft.rule["backendRefs"]:
        ref["filters"] = [setting("x-of-backend"), answering("x-of-backend")]


@case(
    "routing/filters-of-rule-and-backend",
    Level.SHOULD,
    "Filters of a backendRef apply beside those of its rule, and not in their place.",
    source="GW HTTPBackendRef.filters, HTTPRouteRule.filters",
    lines=[171, 172],
    scenario=Scenario("filters-of-both", (both,)),
)
async def test_filters_of_rule_and_backend(stage: Stage) -> None:
    exchange = await stage.chat()
    verify(
        exchange,
        Status(200),
        ArrivedOnce(),
        Reached(),
        HeaderArrives("x-of-rule", "here"),
        HeaderArrives("x-of-backend", "here"),
        HeaderReturns("x-of-rule", "here"),
        HeaderReturns("x-of-backend", "here"),
    )


SECOND_PATH = "/v1/second/chat/completions"


def each_its_own(draft: Draft) -> None:
    """Two backendRefs, each of which sets the header to its own name."""
    other = draft.second_backend("second", path=SECOND_PATH)
    refs = {"first": draft.rule["backendRefs"][0], "second": other}
    draft.rule["backendRefs"] = [{**ref, "filters": [setting("x-of-backend", name)]} for name, ref in refs.items()]


@case(
    "routing/filters-of-the-chosen-backend",
    Level.MUST,
    "Filters of a backendRef apply to the requests that go to its Backend, and to no others.",
    source="GW HTTPBackendRef.filters (if and only if the request is being forwarded to the backend defined here)",
    lines=[171],
    scenario=Scenario("filters-of-each", (each_its_own,)),
)
async def test_filters_of_the_chosen_backend(stage: Stage) -> None:
    # By chance alone one of them gets none of so many once in half a million runs.
    for _ in range(20):
        exchange = await stage.chat(behaviour=Behaviour(status=200))
        name = "second" if exchange.arrival.target == SECOND_PATH else "first"
        verify(exchange, Status(200), HeaderArrives("x-of-backend", name))
