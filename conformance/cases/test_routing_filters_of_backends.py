"""Area A: filters of backendRefs, beside those of the rule."""

from __future__ import annotations

from typing import Any

from conformance.cases import Draft, Level, Scenario, Stage, case
from conformance.exchange.expectations import ArrivedOnce, HeaderArrives, Reached, Status, verify


def setting(name: str) -> dict[str, Any]:
    """A filter that sets a header of requests."""
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": name, "value": "here"}]}}


def both(draft: Draft) -> None:
    """The rule sets one header, each of its backendRefs another."""
    draft.rule["filters"] = [*draft.rule.get("filters", []), setting("x-of-rule")]
    for ref in draft.rule["backendRefs"]:
        ref["filters"] = [setting("x-of-backend")]


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
    )
