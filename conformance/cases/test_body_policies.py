"""Area G: fields that a Backend's policies put into requests."""

from __future__ import annotations

from typing import Any

from conformance.cases import Draft, Level, Scenario, Stage, case
from conformance.exchange.expectations import ArrivedOnce, RestOfBodyKept, Status, verify


def fields(draft: Draft) -> None:
    """A default for one field, and another field that is always set."""
    policies = draft.backend["spec"].get("policies")
    if not draft.dialect.POLICY_KIND or policies is None:
        raise LookupError("policies of a Backend for fields of requests")
    default, always = ({"field": name, "value": 0.25} for name in ("temperature", "top_p"))
    policies["ai"] = {"defaults": [default], "overrides": [always]}


@case(
    "body/defaults-and-overrides",
    Level.SHOULD,
    "policies.ai.defaults fill in the fields that a request has not, and spare those that it has; overrides replace"
    " them.",
    source="API agentgateway 1.4, BackendAI.defaults, overrides",
    lines=[76],
    scenario=Scenario("fields-of-policies", (fields,)),
)
async def test_defaults_and_overrides(stage: Stage) -> None:
    asked: list[dict[str, Any]] = [{}, {"temperature": 0.75}, {"top_p": 0.5}]
    for sent in asked:
        verify(await stage.chat(**sent), Status(200), ArrivedOnce(), RestOfBodyKept())
