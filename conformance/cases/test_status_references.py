"""Area K: what references of a route are judged by: which grant is for which, and each of several by itself."""

from __future__ import annotations

import copy
from typing import Any

from conformance.cases import GROUP, Change, Draft, Level, Scenario, Stage, case, parametrize
from conformance.exchange.expectations import Condition, NothingArrived, Status

NAMESPACE = "agw-conformance-granted"


def elsewhere(draft: Draft) -> None:
    """The Backend with all that belongs to it in another namespace than the route, and no ReferenceGrant."""
    draft.remove("ReferenceGrant")
    for ref in draft.backend_refs():
        ref["namespace"] = NAMESPACE
    for manifest in draft.manifests:
        if manifest.kind != "HTTPRoute":
            manifest.data["metadata"]["namespace"] = NAMESPACE


def granting(source: dict[str, str], target: dict[str, str]) -> Change:
    """A ReferenceGrant that would let the route refer to its Backend, but for this."""

    def change(draft: Draft) -> None:
        backend = draft.manifests.one("Backend")
        of = {"group": GROUP, "kind": "HTTPRoute", "namespace": draft.route["metadata"]["namespace"], **source}
        to = {"group": backend.group, "kind": backend.kind, "name": backend.name, **target}
        metadata = {"name": f"{backend.name}-grant"}
        spec = {"from": [of], "to": [to]}
        draft.add({"apiVersion": f"{GROUP}/v1beta1", "kind": "ReferenceGrant", "metadata": metadata, "spec": spec})

    return change


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
        Scenario("grant-other-name", (elsewhere, granting({}, {"name": "agw-conformance-other"}))),
        Scenario("grant-other-target", (elsewhere, granting({}, {"group": "", "kind": "Service"}))),
        Scenario("grant-other-namespace", (elsewhere, granting({"namespace": "agw-conformance-other"}, {}))),
        Scenario("grant-other-route", (elsewhere, granting({"kind": "GRPCRoute"}, {}))),
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
