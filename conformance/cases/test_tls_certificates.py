"""Area E: which certificates the gateway takes for the provider's."""

from __future__ import annotations

import pytest

from conformance.cases import WRONG_NAME, Change, Level, Scenario, Stage, case
from conformance.cases.variations import other_hostname, secured, verified
from conformance.exchange.expectations import AnsweredByGateway, NothingArrived, Secured, Status, Withheld, verify


@case(
    "tls/bad-certificate-refused",
    Level.MUST,
    "A certificate that does not prove the policy's hostname ends in an error of the gateway, and no request goes out.",
    source="GW BackendTLSPolicy validation.hostname; SEED table validation",
    lines=[49, 50, 53, 54, 55, 133],
    certifies=("wrong-name", "other-authority"),
)
@pytest.mark.parametrize(
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
@pytest.mark.parametrize(
    "scenario",
    [Scenario("wildcard", identity="wildcard"), Scenario("intermediate", identity="intermediate")],
    ids=str,
)
async def test_good_certificate_accepted(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/hostname-is-verified",
    Level.MUST,
    "The certificate must be for validation.hostname: being for the Backend's host is not enough.",
    source="GW BackendTLSPolicy validation.hostname",
    lines=[59],
    scenario=Scenario("hostname-differs", (other_hostname,)),
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


def alternative(kind: str, value: str) -> Change:
    """One alternative name to verify."""
    return lambda draft: draft.change_tls(alt_names=[(kind, value)])


@case(
    "tls/alternative-name-accepted",
    Level.MUST,
    "With subjectAltNames a certificate for one of them is accepted, though it is not for validation.hostname, which"
    " stays the server name.",
    source="GW BackendTLSPolicy validation.subjectAltNames",
    lines=[60],
    scenario=Scenario("alt-name", (alternative("Hostname", WRONG_NAME),), identity="wrong-name"),
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
@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("alt-name-differs", (alternative("Hostname", WRONG_NAME),)),
        Scenario("alt-uri-differs", (alternative("URI", "spiffe://agw-conformance.internal/none"),)),
    ],
    ids=str,
)
async def test_alternative_name_required(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))
