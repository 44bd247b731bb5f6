"""Area K: what references of a route are judged by: which grant is for which, and each of several by itself."""

from __future__ import annotations

import copy
from typing import Any

from conformance.cases import Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.grants import backend_in, granting
from conformance.cases.variations import ONE_HOST, own_gateway
from conformance.exchange.expectations import Condition, NothingArrived, Status

ELSEWHERE = backend_in("agw-conformance-granted")
"""Where no other scene has a grant."""


def granting_a_beginning(draft: Draft) -> None:
    """A grant for a Backend whose name is the beginning of this one's."""
    granting(target={"name": draft.backend["metadata"]["name"][:-1]})(draft)


def granting_to_a_beginning(draft: Draft) -> None:
    """A grant from a namespace whose name is the beginning of the route's."""
    granting({"namespace": draft.route["metadata"]["namespace"][:-1]})(draft)


@case(
    "status/grant-for-what-it-names",
    Level.MUST,
    "A ReferenceGrant for another Backend, another kind of it, or from another namespace or kind of route grants"
    " nothing: the route reports RefNotPermitted, and its requests get 500.",
    source="GW ReferenceGrantFrom, ReferenceGrantTo (name: when specified, only that object); RefNotPermitted",
    lines=[117, 183],
)
@parametrize(
    "scenario",
    [
        Scenario("grant-other-name", (ELSEWHERE, granting(target={"name": "agw-conformance-other"}))),
        Scenario("grant-longer-name", (ELSEWHERE, granting_a_beginning)),
        Scenario("grant-other-target", (ELSEWHERE, granting(target={"group": "", "kind": "Service"}))),
        Scenario("grant-other-namespace", (ELSEWHERE, granting({"namespace": "agw-conformance-other"}))),
        Scenario("grant-shorter-namespace", (ELSEWHERE, granting_to_a_beginning)),
        Scenario("grant-other-route", (ELSEWHERE, granting({"kind": "GRPCRoute"}))),
    ],
    ids=str,
)
async def test_grant_for_what_it_names(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "False", "RefNotPermitted"))
    await stage.settles(stage.chat, Status(500), NothingArrived())


def beside_missing(name: str, *, first: bool) -> Scenario:
    """A second backendRef, to a Backend that does not exist, before or behind the right one; it gets no requests."""

    def change(draft: Draft) -> None:
        refs = draft.rule["backendRefs"]
        missing: dict[str, Any] = {**copy.deepcopy(refs[0]), "name": "agw-conformance-missing", "weight": 0}
        draft.rule["backendRefs"] = [missing, *refs] if first else [*refs, missing]

    return Scenario(name, (change,))


@case(
    "status/each-reference-counts",
    Level.MUST,
    "A route of whose backendRefs one leads nowhere reports ResolvedRefs=False, whichever of them it is.",
    source="GW HTTPRoute ResolvedRefs (False when any reference is invalid); GW HTTPBackendRef",
    lines=[116],
)
@parametrize(
    "scenario", [beside_missing("missing-first", first=True), beside_missing("missing-last", first=False)], ids=str
)
async def test_each_reference_counts(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "False", "BackendNotFound"))


def for_another_host(draft: Draft) -> None:
    """A Gateway of its own for the hosts below one, and a route for that one itself and for another."""
    own_gateway(draft, "below-one", hostname=f"*.{ONE_HOST}", allowedRoutes={"namespaces": {"from": "All"}})
    draft.route["spec"]["hostnames"] = [ONE_HOST, "another.agw-conformance.internal"]


@case(
    "status/no-common-host",
    Level.MUST,
    "A route of whose hostnames none is its listener's is not accepted, and its status says so.",
    source="GW HTTPRouteSpec.hostnames; RouteReasonNoMatchingListenerHostname; FACTS 1.8",
    lines=[116, 169],
    scenario=Scenario("no-common-host", (for_another_host,)),
)
async def test_no_common_host(stage: Stage) -> None:
    await stage.reports("HTTPRoute", Condition("Accepted", "False", "NoMatchingListenerHostname"))
