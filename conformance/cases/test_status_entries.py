"""Area K: whom a status is about, who else writes into it, and when it says that something changed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.cases import Draft, Level, Scenario, Stage, case
from conformance.cases.variations import all_elsewhere, another_match
from conformance.core.problems import Place
from conformance.exchange.expectations import (
    ArrivedOnce,
    Condition,
    Facet,
    Mismatch,
    Refuted,
    Status,
    conditions_of,
    entries_of,
    verify,
)

ACCEPTED = Condition("Accepted", "True", "Accepted")
RESOLVED = Condition("ResolvedRefs", "True", "ResolvedRefs")
POLICY = "BackendTLSPolicy"
NOWHERE = "agw-conformance-nowhere"


def place(ref: dict[str, Any], owner: dict[str, Any]) -> str:
    """What a parentRef or an ancestorRef means: without a namespace that of the object whose status it is in."""
    group = ref.get("group", "gateway.networking.k8s.io")
    namespace = ref.get("namespace", owner["metadata"]["namespace"])
    return f"{group}/{ref.get('kind', 'Gateway')} {namespace}/{ref['name']}"


def refute(facet: Facet, expected: str, observed: str, where: Place) -> None:
    """The status is otherwise."""
    raise Refuted(None, [Mismatch(facet, expected, observed, where)])


@case(
    "status/parents-of-other-namespace",
    Level.SHOULD,
    "A status names the Gateway that it is about with its namespace, also in objects of another one.",
    source="GW RouteParentStatus.parentRef, PolicyAncestorStatus.ancestorRef (namespace: local when unspecified)",
    lines=[182],
    scenario=Scenario("status-elsewhere", (all_elsewhere,)),
)
async def test_parents_of_other_namespace(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    at = stage.target.gateway
    wanted = f"gateway.networking.k8s.io/Gateway {at.namespace}/{at.name}"
    stage.only_if(not stage.gateways, "the manifests have a Gateway of their own")
    kinds = [one for one in ("HTTPRoute", POLICY) if any(there.kind == one for there in stage.manifests)]
    for kind in kinds:
        found = await stage.reports(kind, ACCEPTED)
        ours = [one for one in entries_of(found, stage.dialect.CONTROLLER) if "controllerName" in one]
        said = [place(one.get("parentRef") or one["ancestorRef"], found) for one in ours]
        if said != [wanted]:
            refute(Facet.STATUS_ENTRY, f"one entry about {wanted}", str(said), Place(stage.manifest(kind).at()))


@case(
    "status/transition-time-stays",
    Level.SHOULD,
    "lastTransitionTime of a condition stays while its status does, though the object and its generation change.",
    source="Kubernetes API conventions, conditions: lastTransitionTime",
    lines=[182],
    scenario=Scenario("transition-time", own=True),
)
async def test_transition_time_stays(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    before = times(stage, await stage.reports("HTTPRoute", ACCEPTED, RESOLVED))
    # Times are whole seconds: the change must come in a later one to show.
    while datetime.now(UTC) < datetime.fromisoformat(max(before.values())) + timedelta(seconds=1):
        await stage.chat()
    changed = await stage.change("HTTPRoute", another_match)
    generation = changed["metadata"]["generation"]
    route = await stage.reports("HTTPRoute", Condition("Accepted", "True", generation=generation))
    if (after := times(stage, route)) != before:
        refute(Facet.CONDITION_TIME, f"still {before}", str(after), Place(stage.manifest("HTTPRoute").at()))


def times(stage: Stage, item: dict[str, Any]) -> dict[str, str]:
    """When each of our controller's conditions changed last."""
    ours = [one for one in entries_of(item, stage.dialect.CONTROLLER) if "controllerName" in one]
    return {name: one["lastTransitionTime"] for entry in ours for name, one in conditions_of(entry).items()}


def no_such_section(draft: Draft) -> None:
    """A parentRef to a listener that the Gateway does not have."""
    for parent in draft.route["spec"]["parentRefs"]:
        parent["sectionName"] = NOWHERE


@case(
    "status/resolved-beside-refused",
    Level.SHOULD,
    "A route that no listener takes still reports whether its references resolve.",
    source="GW RouteParentStatus.conditions (Accepted, ResolvedRefs)",
    lines=[182],
    scenario=Scenario("refused-resolved", (no_such_section,)),
)
async def test_resolved_beside_refused(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", Condition("Accepted", "False"), RESOLVED)


def second_parent(draft: Draft) -> None:
    """Two parentRefs, of which the first is to a listener that the Gateway does not have."""
    parents = draft.route["spec"]["parentRefs"]
    parents[:] = [{**parents[0], "sectionName": name} for name in (NOWHERE, draft.material.listener)]


@case(
    "status/each-parent-counts",
    Level.MUST,
    "Of two parentRefs each has an entry of its own: the one that is accepted says so, whatever the other one says, and"
    " requests that come in by it are served.",
    source="GW RouteStatus.parents (an entry for each parent), RouteParentStatus",
    lines=[12, 115],
    scenario=Scenario("two-parents", (second_parent,)),
)
async def test_each_parent_counts(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    verify(await stage.chat(), Status(200), ArrivedOnce())
    first, second = (one["sectionName"] for one in stage.manifest("HTTPRoute").spec["parentRefs"])
    wanted = {first: "False", second: "True"}

    def said(route: dict[str, Any]) -> dict[str | None, str | None]:
        ours = [one for one in entries_of(route, stage.dialect.CONTROLLER) if "controllerName" in one]
        accepted = {one["parentRef"].get("sectionName"): conditions_of(one).get("Accepted", {}) for one in ours}
        return {section: condition.get("status") for section, condition in accepted.items()}

    if not await stage.becomes("HTTPRoute", lambda route: said(route) == wanted):
        found = await stage.object("HTTPRoute")
        where = Place(stage.manifest("HTTPRoute").at("spec", "parentRefs"))
        refute(Facet.STATUS_ENTRY, f"Accepted by sectionName: {wanted}", str(said(found)), where)


@case(
    "status/others-entries-stay",
    Level.SHOULD,
    "What another controller has written into a route's status stays when the gateway's own writes into it.",
    source="GW RouteStatus.parents (implementations must not remove entries of others)",
    lines=[182],
    scenario=Scenario("entries-of-others", own=True),
)
async def test_others_entries_stay(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    one = stage.manifest("HTTPRoute")
    found = await stage.reports("HTTPRoute", ACCEPTED)
    ours = next(entry for entry in entries_of(found, stage.dialect.CONTROLLER) if "controllerName" in entry)
    foreign = copy.deepcopy({**ours, "controllerName": "example.agw-conformance.internal/another"})
    status = {"status": {"parents": [*found["status"]["parents"], foreign]}}
    await stage.kubernetes.patch(one.api_version, one.kind, one.namespace, one.name, status, status=True)
    changed = await stage.change("HTTPRoute", another_match)
    generation = changed["metadata"]["generation"]
    route = await stage.reports("HTTPRoute", Condition("Accepted", "True", generation=generation))
    writers = [entry["controllerName"] for entry in route["status"]["parents"]]
    if foreign["controllerName"] not in writers:
        refute(Facet.FOREIGN_ENTRY, f"an entry by {foreign['controllerName']}", f"those by {writers}", Place(one.at()))
