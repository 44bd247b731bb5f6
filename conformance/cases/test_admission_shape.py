"""Area J: the shape in which the API endpoint takes objects and stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.cases import Level, Stage, case, parametrize
from conformance.core.problems import Place
from conformance.exchange.expectations import Facet, Refuted, compare, verify_refusal


def misspelt_weight(rule: dict[str, Any]) -> None:
    """An unknown field in an item of a list."""
    rule["backendRefs"][0]["wieght"] = 1


def misspelt_value(rule: dict[str, Any]) -> None:
    """One in an item of a list in an item of a list."""
    rule.setdefault("matches", [{}])[0]["headers"] = [{"name": "x-team", "value": "blue", "valeu": "red"}]


@case(
    "admission/unknown-field-in-list-refused",
    Level.MUST,
    "An unknown field in an item of a list is refused by a strict apply like any other, never dropped in silence.",
    source="Kubernetes API, field validation Strict; FACTS 7.1 no. 5",
    lines=[151, 185],
)
@parametrize(("misspelt", "name"), [(misspelt_weight, "wieght"), (misspelt_value, "valeu")])
async def test_unknown_field_in_list_refused(
    stage: Stage, misspelt: Callable[[dict[str, Any]], None], name: str
) -> None:
    data = stage.spare("HTTPRoute")
    stage.only_if(data["spec"].get("rules", [{}])[0].get("backendRefs"), "the route's first rule has no backendRefs")
    misspelt(data["spec"]["rules"][0])
    verify_refusal(await stage.dry_run(data), f"HTTPRoute with {name}", name)


@case(
    "admission/defaults-stored",
    Level.MUST,
    "What the API has a default for is stored with it: a backendRef without weight has weight 1.",
    source="GW BackendRef.weight; Kubernetes API, defaulting by structural schemas",
    lines=[185],
)
async def test_defaults_stored(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    route = stage.manifest("HTTPRoute")
    refs = [ref for rule in route.data["spec"].get("rules", ()) for ref in rule.get("backendRefs", ())]
    stage.only_if(refs and "weight" not in refs[0], "the route's first backendRef has a weight of its own")
    stage.only_if(stage.refusal("HTTPRoute") is None, "the API endpoint refuses the route, as another case tells")
    stored = await stage.object("HTTPRoute")
    found = stored["spec"]["rules"][0]["backendRefs"][0].get("weight")
    if (wrong := compare(Facet.DEFAULTS, "weight 1", f"weight {found}")) is not None:
        raise Refuted(None, [replace(wrong, where=Place(route.at("spec", "rules", 0, "backendRefs", 0)))])
