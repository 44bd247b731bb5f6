"""Area E: the authorities that a policy names with caCertificateRefs."""

from __future__ import annotations

from conformance.cases import Draft, Exchange, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import (
    CA_GARBAGE,
    CA_MISSING,
    CA_OF_OTHER_KIND,
    CA_WITHOUT_KEY,
    OTHER_CA,
    authorities,
    secured,
    verified,
)
from conformance.exchange.expectations import (
    AnsweredByGateway,
    Encrypted,
    NothingArrived,
    Secured,
    Status,
    Withheld,
    verify,
)


@case(
    "tls/own-authority-accepted",
    Level.MUST,
    "A certificate by the authority in the ConfigMap that caCertificateRefs name is accepted, though the system does"
    " not trust it.",
    source="GW BackendTLSPolicy validation.caCertificateRefs",
    lines=[51],
    scenario=Scenario("ca-right", (OTHER_CA,), identity="other-authority"),
)
async def test_own_authority_accepted(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


BUNDLE = authorities(lambda material: {"ca.crt": material.trusted_ca + material.other_ca})


def three_references(draft: Draft) -> None:
    """Three caCertificateRefs, of which neither the first nor the last has the provider's authority."""
    policy = draft.policy
    OTHER_CA(draft)
    [reference] = policy["spec"]["validation"]["caCertificateRefs"]
    around = {**reference, "name": f"{reference['name']}-around"}
    policy["spec"]["validation"]["caCertificateRefs"] = [around, reference, around]
    metadata, data = {"name": around["name"]}, {"ca.crt": draft.material.trusted_ca}
    draft.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


@case(
    "tls/every-authority-trusted",
    Level.MUST,
    "Each authority of a bundle is trusted, not only its first or last one, and so are those of each of several"
    " caCertificateRefs.",
    source="GW BackendTLSPolicy validation.caCertificateRefs (a PEM-encoded TLS CA certificate bundle)",
    lines=[179],
)
@parametrize(
    "scenario",
    [
        Scenario("ca-first-of-bundle", (BUNDLE,)),
        Scenario("ca-second-of-bundle", (BUNDLE,), identity="other-authority"),
        Scenario("ca-between-references", (three_references,), identity="other-authority"),
    ],
    ids=str,
)
async def test_every_authority_trusted(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(200), Secured())


@case(
    "tls/other-authority-refused",
    Level.MUST,
    "With caCertificateRefs a certificate by another authority is refused, though the system trusts that one.",
    source="GW BackendTLSPolicy validation.caCertificateRefs",
    lines=[52],
    scenario=Scenario("ca-wrong", (OTHER_CA,)),
)
async def test_other_authority_refused(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


TRUSTED_CA = authorities(lambda material: {"ca.crt": material.trusted_ca})


@case(
    "tls/name-verified-with-own-authority",
    Level.MUST,
    "A certificate by the authority that caCertificateRefs name, but for another name than the policy's hostname, is"
    " refused.",
    source="GW BackendTLSPolicy validation.hostname, caCertificateRefs",
    lines=[49, 52],
    scenario=Scenario("ca-right-wrong-name", (TRUSTED_CA,), identity="wrong-name"),
)
async def test_name_verified_with_own_authority(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/unusable-authority-fails-closed",
    Level.MUST,
    "While caCertificateRefs name nothing usable every connection fails: there is no request, in plaintext least of"
    " all.",
    source='GW BackendTLSPolicy caCertificateRefs, "the connection MUST fail"; FACTS 7.2',
    lines=[57, 58, 165],
)
@parametrize("scenario", [CA_MISSING, CA_WITHOUT_KEY, CA_GARBAGE, CA_OF_OTHER_KIND], ids=str)
async def test_unusable_authority_fails_closed(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))


@case(
    "tls/deleted-authority-fails-closed",
    Level.MUST,
    "When the ConfigMap that caCertificateRefs name is deleted connections fail from then on, and none is plaintext.",
    source='GW BackendTLSPolicy caCertificateRefs, "the connection MUST fail"; FACTS 7.2',
    lines=[165],
    scenario=Scenario("ca-deleted", (OTHER_CA,), identity="other-authority", own=True),
)
async def test_deleted_authority_fails_closed(stage: Stage) -> None:
    verified(stage)
    verify(await stage.chat(), Status(200), Secured())
    await stage.delete("ConfigMap")

    async def in_the_meantime() -> Exchange:
        exchange = await stage.chat()
        verify(exchange, Encrypted())
        return exchange

    await stage.settles(in_the_meantime, AnsweredByGateway(), NothingArrived())
