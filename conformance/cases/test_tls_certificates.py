"""Area E: which certificates the gateway takes for the provider's."""

from __future__ import annotations

from collections.abc import Callable

from conformance.cases import WRONG_NAME, Change, Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import other_hostname, secured, verified, without_policy
from conformance.exchange.expectations import AnsweredByGateway, NothingArrived, Secured, Status, Withheld, verify
from mock_providers.behaviour import Identity


@case(
    "tls/bad-certificate-refused",
    Level.MUST,
    "A certificate that does not prove the policy's hostname ends in an error of the gateway, and no request goes out.",
    source="GW BackendTLSPolicy validation.hostname; SEED table validation",
    lines=[49, 50, 53, 54, 55, 133],
    certifies=("wrong-name", "other-authority"),
)
@parametrize(
    "scenario",
    [
        Scenario("wrong-name", identity="wrong-name"),
        Scenario("cn-only", identity="cn-only"),
        Scenario("other-authority", identity="other-authority"),
        Scenario("self-signed", identity="self-signed"),
        Scenario("expired", identity="expired"),
        Scenario("not-yet-valid", identity="not-yet-valid"),
    ],
    ids=str,
)
async def test_bad_certificate_refused(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/good-certificate-accepted",
    Level.MUST,
    "A wildcard certificate for the host's domain is accepted, and so is one by an intermediate authority that is sent"
    " along.",
    source="GW BackendTLSPolicy validation.hostname (RFC 6125, 5280)",
    lines=[55, 56],
)
@parametrize(
    "scenario",
    [Scenario("wildcard", identity="wildcard"), Scenario("intermediate", identity="intermediate")],
    ids=str,
)
async def test_good_certificate_accepted(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


def named(change: Callable[[str], str]) -> Change:
    """Another server name than the host, made of it."""
    return lambda draft: draft.change_tls(hostname=change(draft.host), alt_names=())


@case(
    "tls/hostname-is-verified",
    Level.MUST,
    "The certificate must be for validation.hostname: being for the Backend's host is not enough, nor is a name that"
    " begins or ends with the same letters.",
    source="GW BackendTLSPolicy validation.hostname",
    lines=[59],
)
@parametrize(
    "scenario",
    [
        Scenario("hostname-differs", (other_hostname,)),
        Scenario("hostname-is-its-end", (named(lambda host: host[1:]),)),
        Scenario("hostname-goes-on", (named(lambda host: f"{host}.evil.internal"),)),
        Scenario("hostname-above", (named(lambda host: host.partition(".")[2]),)),
    ],
    ids=str,
)
async def test_hostname_is_verified(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/hostname-suffices",
    Level.MUST,
    "A certificate for validation.hostname is accepted although it is not for the Backend's host, and that hostname"
    " is the server name.",
    source="GW BackendTLSPolicy validation.hostname",
    lines=[59, 68],
    scenario=Scenario("hostname-suffices", (other_hostname,), identity="wrong-name"),
)
async def test_hostname_suffices(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


def alternative(kind: str, *values: str) -> Change:
    """Alternative names of a kind to verify; one of them is enough."""
    return lambda draft: draft.change_tls(alt_names=[(kind, value) for value in values])


def alternative_host(draft: Draft) -> None:
    """The Backend's host as the alternative name."""
    draft.change_tls(alt_names=[("Hostname", draft.host)])


URI = "spiffe://agw-conformance.internal/provider"


@case(
    "tls/alternative-name-accepted",
    Level.MUST,
    "With subjectAltNames a certificate for one of them is accepted, though it is not for validation.hostname, which"
    " stays the server name.",
    source="GW BackendTLSPolicy validation.subjectAltNames",
    lines=[60, 179],
)
@parametrize(
    "scenario",
    [
        Scenario("alt-name", (alternative("Hostname", WRONG_NAME),), identity="wrong-name"),
        Scenario("alt-names", (alternative("Hostname", "no.example.test", WRONG_NAME),), identity="wrong-name"),
        Scenario("alt-name-wildcard", (other_hostname, alternative_host), identity="wildcard"),
        Scenario("alt-uri", (other_hostname, alternative("URI", URI)), names=(URI,)),
    ],
    ids=str,
)
async def test_alternative_name_accepted(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/alternative-name-required",
    Level.MUST,
    "With subjectAltNames a certificate for none of them is refused, though it is for validation.hostname.",
    source='GW BackendTLSPolicy validation.hostname, "MUST NOT be used for authentication"',
    lines=[60],
)
@parametrize(
    "scenario",
    [
        Scenario("alt-name-differs", (alternative("Hostname", WRONG_NAME),)),
        Scenario("alt-uri-differs", (alternative("URI", "spiffe://agw-conformance.internal/none"),)),
        Scenario("alt-uri-longer", (alternative("URI", URI),), names=(f"{URI}/of-another",)),
    ],
    ids=str,
)
async def test_alternative_name_required(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


def below_host(draft: Draft) -> None:
    """A server name one label longer than the Backend's host."""
    draft.change_tls(hostname=f"deep.{draft.host}", alt_names=())


def alternative_below_host(draft: Draft) -> None:
    """An alternative name that is one label longer than the Backend's host."""
    draft.change_tls(alt_names=[("Hostname", f"deep.{draft.host}")])


@case(
    "tls/wildcard-is-one-label",
    Level.MUST,
    "A certificate's wildcard stands for exactly one label: for validation.hostname, and for subjectAltNames.",
    source="RFC 6125 section 6.4.3; GW BackendTLSPolicy validation",
    lines=[55, 179],
)
@parametrize(
    "scenario",
    [
        Scenario("wildcard-two-labels", (below_host,), identity="wildcard"),
        Scenario("wildcard-alt-two-labels", (alternative_below_host,), identity="wildcard"),
    ],
    ids=str,
)
async def test_wildcard_is_one_label(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/verified-on-every-connection",
    Level.MUST,
    "A certificate that turns bad is refused on the next connection, however good the one before it was; and a good"
    " one is accepted again.",
    source="GW BackendTLSPolicy validation.hostname; RFC 9110 section 4.3.4",
    lines=[178],
    scenario=Scenario("turns-bad", own=True),
)
@parametrize("identity", ["wrong-name", "other-authority"])
async def test_verified_on_every_connection(stage: Stage, identity: Identity) -> None:
    verified(stage)
    stage.only_if(stage.llm.host not in (None, stage.provider.host), "the host cannot be varied")
    verify(await stage.chat(), Status(200), Secured())
    await stage.show(identity)
    for _ in range(2):
        verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))
    await stage.show("good")
    verify(await stage.chat(), Status(200), Secured())


def name_unverified(draft: Draft) -> None:
    """TLS of the Backend's own that does without the certificate's name."""
    if not draft.dialect.TLS_HINT:
        raise LookupError(f"TLS of the Backend's own: {draft.dialect.NAME} has none")
    without_policy(draft)
    draft.backend["spec"].setdefault("policies", {})["tls"] = {"insecureSkipVerify": "Hostname"}


@case(
    "tls/name-alone-unverified",
    Level.SHOULD,
    "With insecureSkipVerify: Hostname a certificate for another name is accepted, and none of another authority or out"
    " of date.",
    source="API agentgateway 1.4, BackendTLS.insecureSkipVerify; FACTS 6.7",
    lines=[55],
)
@parametrize(
    "scenario",
    [
        Scenario(f"nameless-{identity}", (name_unverified,), identity=identity)
        for identity in ("wrong-name", "other-authority", "expired")
    ],
    ids=str,
)
async def test_name_alone_unverified(stage: Stage) -> None:
    exchange = await stage.chat()
    if stage.scenario.identity == "wrong-name":
        verify(exchange, Status(200))
    else:
        verify(exchange, AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))
