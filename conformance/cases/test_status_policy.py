"""Area K: what BackendTLSPolicies report, whether they are in force or not."""

from __future__ import annotations

import copy
from typing import Any

from conformance.cases import WRONG_NAME, Level, Scenario, Stage, case, param, parametrize
from conformance.cases.variations import CA_GARBAGE, CA_MISSING, CA_OF_OTHER_KIND, CA_WITHOUT_KEY, secured
from conformance.core.problems import Place
from conformance.exchange.expectations import Condition, Facet, Mismatch, Refuted, Secured, condition_of, entries_of

ACCEPTED = Condition("Accepted", "True", "Accepted")
POLICY = "BackendTLSPolicy"


@case(
    "status/policy-accepted",
    Level.MUST,
    "A policy in force reports Accepted=True and ResolvedRefs=True, on the Gateway, by the agentgateway controller.",
    source="GW BackendTLSPolicy status.ancestors, PolicyAncestorStatus; FACTS 0 D12, 7.1 no. 1",
    lines=[120, 166],
    certifies=True,
)
async def test_policy_accepted(stage: Stage) -> None:
    stage.only_with(POLICY)
    secured(stage)
    policy = await stage.reports(POLICY, ACCEPTED, Condition("ResolvedRefs", "True", "ResolvedRefs"))
    wanted, here = stage.gateway_of_route, policy["metadata"]["namespace"]
    said = [entry["ancestorRef"] for entry in entries_of(policy, stage.dialect.CONTROLLER) if "ancestorRef" in entry]
    if not any(f"{one.get('namespace', here)}/{one['name']}" == wanted for one in said):
        raise Refuted(None, [Mismatch(Facet.STATUS_ENTRY, f"an ancestor Gateway {wanted}", str(said))])


@case(
    "status/policy-without-authority",
    Level.MUST,
    "A policy whose only CA reference is unusable reports Accepted=False, NoValidCACertificate, and what is wrong with"
    " the reference.",
    source="GW BackendTLSPolicyValidation.caCertificateRefs; FACTS 5, 7.2",
    lines=[120],
)
@parametrize("scenario", [CA_MISSING, CA_WITHOUT_KEY, CA_GARBAGE, CA_OF_OTHER_KIND], ids=str)
async def test_policy_without_authority(stage: Stage) -> None:
    stage.only_with(POLICY)
    secured(stage)
    refs = stage.configuration.policies[0].ca_refs
    stage.only_if(refs, "the authorities are a matter of the Backend's own TLS settings")
    _, kind, name = refs[0]
    wrong = ("InvalidCACertificateRef", name) if kind == "ConfigMap" else ("InvalidKind", kind)
    await stage.reports(
        POLICY, Condition("Accepted", "False", "NoValidCACertificate"), Condition("ResolvedRefs", "False", *wrong)
    )


@case(
    "status/policy-conflicted",
    Level.MUST,
    "Of two policies on one target the newer reports Accepted=False, Conflicted; the older stays accepted, in force.",
    source="GW BackendTLSPolicySpec.targetRefs, conflict resolution; FACTS 7.1 no. 6",
    lines=[120],
    scenario=Scenario("conflict", own=True),
)
async def test_policy_conflicted(stage: Stage) -> None:
    stage.only_with(POLICY)
    secured(stage)
    older = stage.manifest(POLICY)
    await stage.reports(POLICY, ACCEPTED)
    newer = copy.deepcopy(older.data)
    # Within one second the order is by name.
    newer["metadata"]["name"] = f"{older.name}-newer"
    newer["spec"]["validation"]["hostname"] = WRONG_NAME
    await stage.apply(newer)

    await stage.reports(POLICY, Condition("Accepted", "False", "Conflicted"), name=newer["metadata"]["name"])
    await stage.reports(POLICY, ACCEPTED, name=older.name)
    await stage.settles(stage.chat, Secured())


@case(
    "status/ineffective-policy-claims-nothing",
    Level.SHOULD,
    "A policy whose target is changed to what does not exist, or is no Backend, no longer reports Accepted=True.",
    source="GW PolicyConditionAccepted; kgateway#14327, nginx-gateway-fabric#3518; FACTS 7.1 no. 1",
    lines=[161, 166],
    scenario=Scenario("retargeted", own=True),
)
@parametrize(
    "target",
    [
        param({"name": "agw-conformance-nobody"}, id="name"),
        param({"kind": "Nothing"}, id="kind"),
        param({"group": "example.agw-conformance.internal"}, id="group"),
    ],
)
async def test_ineffective_policy_claims_nothing(stage: Stage, target: dict[str, str]) -> None:
    stage.only_with(POLICY)
    secured(stage)

    def retarget(policy: dict[str, Any]) -> None:
        first = policy["spec"]["targetRefs"][0]
        policy["spec"]["targetRefs"] = [{**first, **target}]

    changed = await stage.change(POLICY, retarget)
    if not await stage.becomes(POLICY, lambda policy: condition_of(policy, "Accepted").get("status") != "True"):
        claimed = f"Accepted=True for {changed['spec']['targetRefs']}"
        where = Place(stage.manifest(POLICY).at("spec", "targetRefs"))
        raise Refuted(None, [Mismatch(Facet.POLICY_CLAIM, "no Accepted=True", claimed, where)])
