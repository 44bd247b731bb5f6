"""Area J: the shape in which the API endpoint takes objects and stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.cases import GROUP, Level, Stage, case, parametrize
from conformance.cases.admission_edits import Rule
from conformance.cases.admission_rules import rules
from conformance.core.problems import Place
from conformance.exchange.expectations import Facet, Mismatch, Refuted, compare, verify_refusal


def misspelt_weight(rule: dict[str, Any]) -> None:
    """An unknown field in an item of a list."""
    rule["backendRefs"][0]["wieght"] = 1


def misspelt_value(rule: dict[str, Any]) -> None:
    """One in an item of a list in an item of a list."""
    rule.setdefault("matches", [{}])[0]["headers"] = [{"name": "x-team", "value": "blue", "valeu": "red"}]


@case(
    "admission/unknown-field-in-list-refused",
    Level.MUST,
    "An unknown field in an item of a list is refused by a strict apply like any other, on the server's side or on the"
    " client's, which creates: never dropped in silence.",
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
    verify_refusal(await stage.dry_run(data), f"HTTPRoute with {name}", name, unknown=True)
    refused = await stage.dry_run(data, created=True)
    verify_refusal(refused, f"HTTPRoute with {name} that is created", name, unknown=True)


@case(
    "admission/changes-checked",
    Level.MUST,
    "A change of an object that is there is held to the same rules as a new object, and refused with the same words.",
    source="Kubernetes API, validation of updates; SEED table port",
    lines=[100, 110],
)
@rules("host-and-port")
async def test_changes_checked(stage: Stage, rule: Rule | None) -> None:
    assert rule is not None  # both dialects have such rules
    stage.only_with(rule.kind)
    data = stage.manifest(rule.kind).copy().data
    try:
        rule.edit(data["spec"])
    except LookupError as error:
        stage.only_if(False, f"the manifests have nothing that {rule} could be tried on: {error}")
    refused, what = await stage.dry_run(data), f"a {rule.kind} that is changed to {rule}"
    if refused is None:
        raise Refuted(None, [Mismatch(Facet.UNCHECKED_CHANGE, f"{what} is refused", "it is accepted")])
    verify_refusal(refused, what, rule.message)


@case(
    "admission/dry-run-stores-nothing",
    Level.MUST,
    "An object that is applied as a dry run is not there afterwards.",
    source="Kubernetes API, dryRun=All: no side effects",
    lines=[110],
)
async def test_dry_run_stores_nothing(stage: Stage) -> None:
    data = stage.spare("HTTPRoute")
    data["metadata"]["name"] += "-dry"
    await stage.dry_run(data)
    metadata = data["metadata"]
    found = await stage.kubernetes.get(data["apiVersion"], data["kind"], metadata["namespace"], metadata["name"])
    if found is not None:
        await stage.kubernetes.delete(data)
        raise Refuted(None, [Mismatch(Facet.DRY_RUN, "no such HTTPRoute", "it is stored, and in force")])


@case(
    "admission/defaults-stored",
    Level.MUST,
    "What the API has a default for is stored with it: a backendRef without weight has weight 1, a parentRef without"
    " group and kind is to a Gateway.",
    source="GW BackendRef.weight, ParentReference.group, kind; Kubernetes API, defaulting by structural schemas",
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
    kept = {"group": GROUP, "kind": "Gateway"} | route.spec["parentRefs"][0]
    parent = stored["spec"]["parentRefs"][0]
    wanted, seen = (f"{one.get('group')}/{one.get('kind')}" for one in (kept, parent))
    if (wrong := compare(Facet.DEFAULTS, wanted, seen)) is not None:
        raise Refuted(None, [replace(wrong, where=Place(route.at("spec", "parentRefs", 0)))])
