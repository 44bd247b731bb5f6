"""Area E: TLS between gateway and provider."""

from __future__ import annotations

import pytest

from conformance.case import Level, case
from conformance.expect import AnsweredByGateway, NothingArrived, Secured, Status, Withheld, verify
from conformance.scenario import Scenario
from conformance.stage import Stage


@case(
    "tls/policy-makes-tls",
    Level.MUST,
    "With a BackendTLSPolicy the gateway connects to the provider by TLS, with the policy's hostname as server name.",
    source="SEED overview; SEED Mistral 6",
    lines=[46, 68],
)
async def test_policy_makes_tls(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/bad-certificate-refused",
    Level.MUST,
    "A certificate that does not prove the policy's hostname ends in an error of the gateway, and no request goes out.",
    source="GW BackendTLSPolicy validation.hostname; SEED table validation",
    lines=[49, 50, 53, 54, 55, 133],
)
@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("wrong-name", identity="wrong-name"),
        Scenario("other-authority", identity="other-authority"),
        Scenario("expired", identity="expired"),
    ],
    ids=str,
)
async def test_bad_certificate_refused(stage: Stage) -> None:
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))
