"""Area E: which Backends a policy is in force on, and whether its status tells the truth about that."""

from __future__ import annotations

import copy

from conformance.cases import (
    BACKEND,
    DOCUMENTED,
    Change,
    Draft,
    Exchange,
    Level,
    ManifestSet,
    Scenario,
    Stage,
    case,
    parametrize,
)
from conformance.cases.variations import CA_MISSING, grouped, needs_tls, other_hostname, paths, secured, with_twin
from conformance.exchange.expectations import (
    AnsweredByGateway,
    Condition,
    Facet,
    Holds,
    NothingArrived,
    Plaintext,
    Secured,
    Status,
    conditions_of,
    entries_of,
    verify,
)


def twin_unsecured(draft: Draft) -> None:
    """A twin without a policy, and without TLS settings of its own."""
    before = list(draft.manifests)
    with_twin(draft)
    added = [one for one in draft.manifests if one not in before]
    draft.manifests = draft.manifests.without(*(one for one in added if one.kind == "BackendTLSPolicy"))
    for backend in ManifestSet(added).of_kind(BACKEND):
        draft.dialect.end_tls(backend.data)


def twin_under_one_policy(draft: Draft) -> None:
    """One policy that targets the Backend and its twin."""
    targets, name = draft.policy["spec"]["targetRefs"], draft.backend["metadata"]["name"]
    other_hostname(draft)
    twin_unsecured(draft)
    targets += [{**one, "name": f"{name}-twin"} for one in targets if one["name"] == name]


@case(
    "tls/policy-for-its-target-only",
    Level.MUST,
    "A policy is in force on the Backend that it targets and on no other.",
    source="GW BackendTLSPolicy targetRefs; SEED overview",
    lines=[62],
    scenario=Scenario("twin-unsecured", (twin_unsecured,)),
)
async def test_policy_for_its_target_only(stage: Stage) -> None:
    secured(stage)
    needs_tls(stage)
    first, twin = paths(stage)
    verify(await stage.chat(path=first), Status(200), Secured())
    verify(await stage.chat(path=twin), AnsweredByGateway(), Plaintext())


@case(
    "tls/policy-for-all-targets",
    Level.MUST,
    "A policy with two targetRefs is in force on both Backends.",
    source="GW BackendTLSPolicy targetRefs",
    lines=[64],
    scenario=Scenario("two-targets", (twin_under_one_policy,), identity="wrong-name"),
)
async def test_policy_for_all_targets(stage: Stage) -> None:
    secured(stage)
    for path in paths(stage):
        verify(await stage.chat(path=path), Status(200), Secured())


def elsewhere(draft: Draft) -> None:
    """The policy in another namespace than the Backend."""
    draft.policy["metadata"]["namespace"] = "agw-conformance-elsewhere"


def other_group(draft: Draft) -> None:
    """The policy's targets in a group that has no such kind."""
    for target in draft.policy["spec"]["targetRefs"]:
        target["group"] = "example.agw-conformance.internal"


ELSEWHERE = Scenario("policy-elsewhere", (elsewhere,))
OTHER_GROUP = Scenario("policy-other-group", (other_group,))


@case(
    "tls/policy-in-own-namespace-only",
    Level.MUST,
    "A policy in another namespace than the Backend has no effect.",
    source="GW LocalPolicyTargetReference: same namespace",
    lines=[65],
    scenario=ELSEWHERE,
)
async def test_policy_in_own_namespace_only(stage: Stage) -> None:
    needs_tls(stage)
    verify(await stage.chat(), AnsweredByGateway(), Plaintext())


@case(
    "tls/policy-group-counts",
    Level.SHOULD,
    "A policy whose target has the Backend's kind and name but another group has no effect.",
    source="GW LocalPolicyTargetReference group; FACTS 7.2",
    lines=[65],
    scenario=OTHER_GROUP,
)
async def test_policy_group_counts(stage: Stage) -> None:
    needs_tls(stage)
    verify(await stage.chat(), AnsweredByGateway(), Plaintext())


def section(name: str) -> Change:
    """The policy's target narrowed to a section."""

    def change(draft: Draft) -> None:
        for target in draft.policy["spec"]["targetRefs"]:
            target["sectionName"] = name

    return change


@case(
    "tls/section-of-single-provider",
    Level.INFO,
    "What a sectionName in the policy's target does where the Backend has a single provider, hence no sections.",
    source="FACTS 1.9, 7.1 no. 11",
    lines=[66],
    scenario=Scenario("policy-section", (section("backend"),)),
)
async def test_section_of_single_provider(stage: Stage) -> None:
    exchange = await stage.chat()
    way = "TLS" if any(one.tls for one in exchange.connections) else "plaintext"
    stage.observe(f"the connection was {way}; the client got {exchange.response.status}")


@case(
    "tls/section-is-one-provider",
    Level.MUST,
    "With priority groups a policy whose sectionName is a provider's name is in force on that provider only.",
    source="GW LocalPolicyTargetReferenceWithSectionName; FACTS 1.9",
    lines=[67],
)
@parametrize(
    "scenario",
    [
        Scenario("section-first", (grouped, section("first"))),
        Scenario("section-second", (grouped, section("second")), identity="plaintext"),
    ],
    ids=str,
)
async def test_section_is_one_provider(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), Secured())


def whole_beside_section(draft: Draft) -> None:
    """A policy on the whole Backend, of another server name, and one on the first provider's section, as documented."""
    grouped(draft)
    narrow = copy.deepcopy(draft.policy)
    narrow["metadata"]["name"] += "-section"  # by name, which counts within one second, the other is the older one
    narrow["spec"]["targetRefs"] = [{**one, "sectionName": "first"} for one in narrow["spec"]["targetRefs"]]
    other_hostname(draft)
    draft.add(narrow)


@case(
    "tls/section-outranks-whole",
    Level.SHOULD,
    "Of a policy on a provider's section and one on the whole Backend that of the section is in force on it.",
    source="GW LocalPolicyTargetReferenceWithSectionName; GEP-713 (the more specific one); FACTS 8",
    lines=[67],
    scenario=Scenario("section-beside-whole", (whole_beside_section,)),
)
async def test_section_outranks_whole(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/status-tells-the-truth",
    Level.SHOULD,
    "A policy that is in force has Accepted=True in its status; one that is not does not claim to be.",
    source="GW BackendTLSPolicy status; kgateway#14327, nginx-gateway-fabric#3518",
    lines=[161, 166],
    certifies=("documented",),
)
@parametrize("scenario", [DOCUMENTED, ELSEWHERE, OTHER_GROUP, CA_MISSING], ids=str)
async def test_status_tells_the_truth(stage: Stage) -> None:
    stage.only_with("BackendTLSPolicy")
    exchange = await stage.chat()
    in_force = any(one.connection.tls is not None for one in exchange.arrivals)
    if in_force and exchange.expected.tls is not None and exchange.expected.tls.trust is None:
        verify(exchange, NothingArrived())  # whatever the status says of it
    if in_force or _refuses_the_provider(exchange):
        await stage.reports("BackendTLSPolicy", Condition("Accepted", "True"), anyones=True)
    claim = any(
        conditions_of(entry).get("Accepted", {}).get("status") == "True"
        for entry in entries_of(await stage.object("BackendTLSPolicy"))
    )
    claims = {True: "the status says that it is in force", False: "the status does not say that it is in force"}
    if not _refuses_the_provider(exchange):
        verify(exchange, Holds(Facet.POLICY_STATUS, claims[in_force], lambda _: claims[claim]))


def _refuses_the_provider(exchange: Exchange) -> bool:
    """Nothing arrives because a policy that names usable authorities is in force: it wants another certificate."""
    tls = exchange.expected.tls
    # Some gateways look at names only once the handshake is complete.
    tried = any(one.tls is not None for one in exchange.connections)
    return not exchange.arrivals and tried and tls is not None and tls.trust is not None
