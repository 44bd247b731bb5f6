"""Area E: whether the connection to the provider is TLS."""

from __future__ import annotations

from conformance.cases import Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import NO_POLICY, needs_tls, secured, without_policy
from conformance.exchange.expectations import (
    AnsweredByGateway,
    Encrypted,
    NothingArrived,
    Plaintext,
    Reached,
    Secured,
    Status,
    Withheld,
    verify,
)


@case(
    "tls/policy-makes-tls",
    Level.MUST,
    "With a BackendTLSPolicy the gateway connects to the provider by TLS, with the policy's hostname as server name.",
    source="SEED overview; SEED Mistral 6",
    lines=[46, 68],
    certifies=True,
)
async def test_policy_makes_tls(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/no-policy-no-tls",
    Level.MUST,
    "Without a BackendTLSPolicy the gateway sends no ClientHello, whatever the port; a provider that speaks TLS only"
    " is then not reached.",
    source='SEED overview, "requires explicit TLS"',
    lines=[47],
    scenario=NO_POLICY,
)
async def test_no_policy_no_tls(stage: Stage) -> None:
    needs_tls(stage)
    verify(await stage.chat(), AnsweredByGateway(), Plaintext())


@case(
    "tls/no-policy-plaintext-works",
    Level.MUST,
    "Without a BackendTLSPolicy a provider that speaks plaintext is reached.",
    source='SEED overview, "requires explicit TLS ... for HTTPS endpoints"',
    lines=[47],
    scenario=Scenario("plaintext", (without_policy,), identity="plaintext"),
)
async def test_no_policy_plaintext_works(stage: Stage) -> None:
    stage.only_if(stage.llm.host, "the Backend has no host, and the default provider is always reached by TLS")
    verify(await stage.chat(), Status(200), Reached(), Plaintext())


@case(
    "tls/policy-never-falls-back",
    Level.MUST,
    "A provider that answers the ClientHello with anything but TLS gets no request: the policy is not given up.",
    source='SEED overview; GW BackendTLSPolicy, "MUST be used"',
    lines=[46, 133],
    scenario=Scenario("policy-to-plaintext", identity="plaintext"),
)
async def test_policy_never_falls_back(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/follows-policy-changes",
    Level.MUST,
    "Deleting the BackendTLSPolicy ends TLS, creating it again brings TLS back, both without a restart.",
    source="SEED Mistral 6; SEED overview",
    lines=[48],
    scenario=Scenario("policy-changes", own=True),
)
async def test_follows_policy_changes(stage: Stage) -> None:
    secured(stage)
    needs_tls(stage)
    verify(await stage.chat(), Status(200), Secured())
    restore = await stage.end_tls()
    await stage.settles(stage.chat, AnsweredByGateway(), Plaintext())
    await restore()
    verify(await stage.settles(stage.chat, Status(200), Secured()), Encrypted())


def at_8443(draft: Draft) -> None:
    """Another port than that of HTTPS."""
    if "host" not in draft.llm:
        raise LookupError("the Backend has no host, so it can have no port")
    draft.change_backend(port=8443)


@case(
    "tls/at-any-port",
    Level.MUST,
    "A policy makes the connection TLS at whatever port the Backend names, from the first request on.",
    source="SEED table port; SEED Mistral 6; GW BackendTLSPolicy",
    lines=[46],
    scenario=Scenario("tls-at-8443", (at_8443,)),
)
async def test_at_any_port(stage: Stage) -> None:
    secured(stage)
    for _ in range(2):
        verify(await stage.chat(), Status(200), Reached(), Secured())


@case(
    "tls/either-version",
    Level.SHOULD,
    "A provider that has TLS 1.2 only is reached, and so is one that has TLS 1.3 only.",
    source="FACTS 6.7",
    lines=[63],
)
@parametrize(
    "scenario",
    [Scenario("tls12-only", identity="tls12-only"), Scenario("tls13-only", identity="tls13-only")],
    ids=str,
)
async def test_either_version(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/offers",
    Level.INFO,
    "What the gateway's ClientHello offers: TLS versions, and protocols by ALPN.",
    source="FACTS 6.7",
    lines=[61],
)
async def test_offers(stage: Stage) -> None:
    secured(stage)
    exchange = await stage.chat()
    connections = [*(one.connection for one in exchange.arrivals), *exchange.connections]
    for facts in [one.tls for one in connections if one.tls][:1]:
        alpn = ", ".join(facts.alpn_offered) or "nothing"
        used = facts.version or "none"
        stage.observe(f"offers {', '.join(facts.versions_offered)} and by ALPN {alpn}; {used} was used")
