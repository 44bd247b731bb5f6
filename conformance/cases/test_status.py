"""Area K: what Backends, routes, the Gateway and its class report in their statuses."""

from __future__ import annotations

from typing import Any

from conformance.cases import Draft, Level, Scenario, Stage, case
from conformance.cases.grants import backend_in, granting
from conformance.cases.variations import CA_MISSING, another_match, verified
from conformance.core.problems import Place
from conformance.exchange.expectations import (
    ArrivedOnce,
    Condition,
    Facet,
    Mismatch,
    NothingArrived,
    Refuted,
    Status,
    conditions_of,
    entries_of,
)

ACCEPTED = Condition("Accepted", "True", "Accepted")
RESOLVED = Condition("ResolvedRefs", "True", "ResolvedRefs")


def unresolved(reason: str) -> Condition:
    """A route with a backendRef that leads nowhere."""
    return Condition("ResolvedRefs", "False", reason)


@case(
    "status/backend-accepted",
    Level.MUST,
    "A Backend in order reports Accepted=True with the reason Accepted, and a message that says so.",
    source="FACTS 1.7, 7.2; GW conditions",
    lines=[113],
    certifies=True,
)
async def test_backend_accepted(stage: Stage) -> None:
    stage.only_with("Backend")
    await stage.reports("Backend", Condition("Accepted", "True", "Accepted", message="accepted"))


@case(
    "status/backend-names-missing-secret",
    Level.MUST,
    "A Backend whose Secret is missing reports Accepted=False and names the Secret; it is accepted once that appears.",
    source="FACTS 1.7, 7.2",
    lines=[114],
    scenario=Scenario("status-secret-comes", own=True),
)
async def test_backend_names_missing_secret(stage: Stage) -> None:
    stage.only_with("Backend", "Secret")
    secret = stage.manifest("Secret")
    stage.only_if(stage.llm.auth.secret == secret.name, "the Backend refers to no Secret of these manifests")
    reason, message = stage.dialect.MISSING_SECRET
    named = message.format(namespace=secret.namespace, name=secret.name)

    await stage.delete("Secret")
    await stage.reports("Backend", Condition("Accepted", "False", reason, message=named))

    await stage.restore(secret)
    await stage.reports("Backend", ACCEPTED)
    await stage.settles(stage.chat, ArrivedOnce())


@case(
    "status/backend-names-missing-authority",
    Level.SHOULD,
    "A Backend whose own TLS settings trust a ConfigMap that is missing reports Accepted=False and names it; its"
    " requests get 500.",
    source="FACTS 4.1, 7.1 no. 11",
    lines=[165],
    scenario=CA_MISSING,
)
async def test_backend_names_missing_authority(stage: Stage) -> None:
    stage.only_with("Backend")
    backend = stage.manifest("Backend").data
    stage.only_if(stage.dialect.own_tls(backend), "the Backend has no TLS settings of its own")
    verified(stage)
    name = f"{backend['metadata']['name']}-ca"
    await stage.reports("Backend", Condition("Accepted", "False", message=name))
    await stage.settles(stage.chat, Status(500), NothingArrived())


@case(
    "status/route-accepted-and-resolved",
    Level.MUST,
    "A route in order reports Accepted=True and ResolvedRefs=True under its parentRef, by the agentgateway controller.",
    source="GW HTTPRoute status.parents; FACTS 1.8",
    lines=[115],
    certifies=True,
)
async def test_route_accepted_and_resolved(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    route = await stage.reports("HTTPRoute", ACCEPTED, RESOLVED)
    asked = [_place(ref, route) for ref in route["spec"]["parentRefs"]]
    ours = entries_of(route, stage.dialect.CONTROLLER)
    said = [_place(entry["parentRef"], route) for entry in ours if "controllerName" in entry]
    if stray := [one for one in said if one not in asked]:
        raise Refuted(None, [Mismatch(Facet.STATUS_ENTRY, f"entries about {asked}", f"one about {stray[0]}")])


def _place(ref: dict[str, Any], owner: dict[str, Any]) -> str:
    section = f" {ref['sectionName']}" if ref.get("sectionName") else ""
    return f"{ref.get('kind', 'Gateway')} {ref.get('namespace', owner['metadata']['namespace'])}/{ref['name']}{section}"


@case(
    "status/missing-backend",
    Level.MUST,
    "A route to a Backend that does not exist reports ResolvedRefs=False, BackendNotFound, and stays accepted.",
    source="GW HTTPRoute ResolvedRefs, BackendNotFound; FACTS 1.8",
    lines=[116],
    scenario=Scenario("no-backend", (lambda draft: draft.remove("Backend"),)),
)
async def test_missing_backend(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", unresolved("BackendNotFound"), ACCEPTED)


def unknown_kind(draft: Draft) -> None:
    """backendRefs of a kind that nobody knows."""
    for ref in draft.backend_refs():
        ref["kind"] = "Foo"


@case(
    "status/unknown-kind",
    Level.MUST,
    "A route whose backendRef has an unknown kind reports ResolvedRefs=False, InvalidKind; its requests get 500.",
    source="GW HTTPRoute ResolvedRefs, InvalidKind; GW HTTPBackendRef; FACTS 1.8",
    lines=[118],
    scenario=Scenario("unknown-kind", (unknown_kind,)),
)
async def test_unknown_kind(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", unresolved("InvalidKind"))
    await stage.settles(stage.chat, Status(500), NothingArrived())


ELSEWHERE = backend_in("agw-conformance-backends")
GRANT = granting()


def among_others(draft: Draft) -> None:
    """The grant is for others, too, which stand before the route's namespace and the Backend."""
    for grant in draft.manifests.of_kind("ReferenceGrant"):
        for field, other in (
            ("from", {"namespace": "agw-conformance-other"}),
            ("to", {"name": "agw-conformance-other"}),
        ):
            [own] = grant.data["spec"][field]
            grant.data["spec"][field] = [{**own, **other}, own]


"""By name, for other scenes have theirs in that namespace."""


@case(
    "status/other-namespace-refused",
    Level.MUST,
    "Without a ReferenceGrant a route to a Backend in another namespace reports RefNotPermitted; its requests get 500.",
    source="GW ReferenceGrant; GW HTTPRoute ResolvedRefs, RefNotPermitted; FACTS 1.8",
    lines=[117],
    scenario=Scenario("other-namespace", (ELSEWHERE,)),
)
async def test_other_namespace_refused(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", unresolved("RefNotPermitted"))
    await stage.settles(stage.chat, Status(500), NothingArrived())


@case(
    "status/other-namespace-granted",
    Level.MUST,
    "With a ReferenceGrant, be it for others, too, a route to a Backend in another namespace resolves, and its requests"
    " are served.",
    source="GW ReferenceGrant; FACTS 0 D10, 7.1 no. 2",
    lines=[117],
    scenario=Scenario("granted-namespace", (ELSEWHERE, GRANT, among_others)),
)
async def test_other_namespace_granted(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.reports("HTTPRoute", ACCEPTED, RESOLVED)
    await stage.settles(stage.chat, ArrivedOnce())


@case(
    "status/grant-revoked",
    Level.MUST,
    "When a ReferenceGrant is deleted its requests get 500 and nothing goes upstream; when it is there again they are"
    " served.",
    source="GW ReferenceGrant (a deleted grant must revoke access)",
    lines=[183],
    scenario=Scenario("grant-revoked", (ELSEWHERE, GRANT), own=True),
)
async def test_grant_revoked(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    await stage.settles(stage.chat, ArrivedOnce())
    kept = await stage.delete("ReferenceGrant")
    await stage.settles(stage.chat, Status(500), NothingArrived())
    await stage.restore(kept)
    await stage.settles(stage.chat, ArrivedOnce())


@case(
    "status/route-observed-generation",
    Level.MUST,
    "When a route's spec has changed it has a new generation, and its conditions are about that.",
    source="GW conditions: observedGeneration; FACTS 7.2",
    lines=[121],
    scenario=Scenario("generation-route", own=True),
)
async def test_route_observed_generation(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    before = (await stage.object("HTTPRoute"))["metadata"]["generation"]
    generation = (await stage.change("HTTPRoute", another_match))["metadata"]["generation"]
    if generation == before:
        place = Place(stage.manifest("HTTPRoute").at())
        raise Refuted(None, [Mismatch(Facet.GENERATION_STAYS, f"a generation after {before}", str(before), place)])
    of_it = [Condition(one.type, one.status, one.reason, generation=generation) for one in (ACCEPTED, RESOLVED)]
    await stage.reports("HTTPRoute", *of_it)


@case(
    "status/backend-observed-generation",
    Level.INFO,
    "Whether a Backend's condition is about the new generation after its spec has changed.",
    source="FACTS 1.7, 7.2",
    lines=[121],
    scenario=Scenario("generation-backend", own=True),
)
async def test_backend_observed_generation(stage: Stage) -> None:
    stage.only_with("Backend", "HTTPRoute")
    await stage.change_backend(model=stage.other_model())
    # Nothing may come of it; what shows that the controller has looked is the route, which it looks at later.
    generation = (await stage.change("HTTPRoute", another_match))["metadata"]["generation"]
    await stage.reports("HTTPRoute", Condition("Accepted", "True", generation=generation))
    backend = await stage.object("Backend")
    observed = [one.get("observedGeneration", "none") for one in conditions_of(backend["status"]).values()]
    stage.observe(f"generation {backend['metadata']['generation']}, observed {', '.join(map(str, observed))}")
