"""Defects in TLS that show with some certificates or names only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from cryptography import x509

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import UpstreamTls
from conformance.targets.reference.gateway.tls import Handshake, certificate_names, check_names, plan_handshake

__all__ = ["HANDSHAKES"]

_NAME = "GW BackendTLSPolicyValidation.hostname"

_NAMES = "GW BackendTLSPolicyValidation.subjectAltNames"

_CHAIN = "RFC 5280 section 6.1"

_REFS = "GW BackendTLSPolicyValidation.caCertificateRefs"

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python has no name."""


def _leaf(handshake: Handshake, wrong: Callable[[x509.Certificate], str | None]) -> Handshake:
    """Times are not checked but as `wrong` says."""
    handshake.context.verify_flags |= _NO_CHECK_TIME
    before = handshake.check

    def check(der: bytes) -> str | None:
        return wrong(x509.load_der_x509_certificate(der)) or (before(der) if before else None)

    return replace(handshake, check=check)


def expired_accepted(tls: UpstreamTls, system: str) -> Handshake:
    """Certificates must have begun, and need not have ended."""

    def wrong(leaf: x509.Certificate) -> str | None:
        early = leaf.not_valid_before_utc > datetime.now(UTC)
        return "invalid peer certificate: certificate not valid yet" if early else None

    return _leaf(plan_handshake(tls, system), wrong)


def young_accepted(tls: UpstreamTls, system: str) -> Handshake:
    """Certificates must not have ended, and need not have begun."""

    def wrong(leaf: x509.Certificate) -> str | None:
        late = leaf.not_valid_after_utc < datetime.now(UTC)
        return "invalid peer certificate: certificate expired" if late else None

    return _leaf(plan_handshake(tls, system), wrong)


def self_signed_accepted(tls: UpstreamTls, system: str) -> Handshake:
    """Who has signed the certificate itself is trusted, beside the authorities."""
    strict = plan_handshake(tls, system)
    handshake = plan_handshake(replace(tls, unverified="certificate"), system)
    roots = x509.load_pem_x509_certificates((system if tls.roots == "system" else tls.roots).encode())
    names = tls.verify_names or (tls.server_name,)

    def check(der: bytes) -> str | None:
        leaf = x509.load_der_x509_certificate(der)
        if leaf.issuer == leaf.subject or any(leaf.issuer == root.subject for root in roots):
            return check_names(names, tls.verify_uris, der)
        return "invalid peer certificate: UnknownIssuer"

    return replace(handshake, check=check) if tls.roots != "nothing" else strict


def system_too(tls: UpstreamTls, system: str) -> Handshake:
    """The system's authorities are trusted beside those that a policy names."""
    handshake = plan_handshake(tls, system)
    if tls.roots not in ("system", "nothing"):
        handshake.context.load_verify_locations(cadata=system)
    return handshake


def unusable_is_system(tls: UpstreamTls, system: str) -> Handshake:
    """Where a policy's authorities are unusable the system's are trusted."""
    return plan_handshake(replace(tls, roots="system") if tls.roots == "nothing" else tls, system)


def name_or_alternatives(tls: UpstreamTls, system: str) -> Handshake:
    """The policy's hostname counts beside its subjectAltNames."""
    if tls.verify_names or tls.verify_uris:
        tls = replace(tls, verify_names=(*tls.verify_names, tls.server_name))
    return plan_handshake(tls, system)


def first_alternative(tls: UpstreamTls, system: str) -> Handshake:
    """Of several subjectAltNames the first counts."""
    return plan_handshake(replace(tls, verify_names=tls.verify_names[:1]), system)


def all_alternatives(tls: UpstreamTls, system: str) -> Handshake:
    """A certificate must have all of several subjectAltNames."""
    handshake = plan_handshake(tls, system)
    if len(tls.verify_names) < 2:
        return handshake

    def check(der: bytes) -> str | None:
        return next((wrong for one in tls.verify_names if (wrong := check_names((one,), (), der))), None)

    return replace(handshake, check=check)


def ending_accepted(tls: UpstreamTls, system: str) -> Handshake:
    """A certificate for the domain is one for each host in it."""
    handshake = plan_handshake(tls, system)
    handshake.context.check_hostname = False
    names = tls.verify_names or (tls.server_name,)

    def check(der: bytes) -> str | None:
        domains = certificate_names(der).dns
        if any(name.split(".")[-2:] == one.split(".")[-2:] for name in names for one in domains):
            return None
        return check_names(names, tls.verify_uris, der)

    return replace(handshake, check=check)


def names_without_sni(tls: UpstreamTls, system: str) -> Handshake:
    """With subjectAltNames no SNI is sent."""
    handshake = plan_handshake(tls, system)
    return replace(handshake, server_name=None) if tls.verify_names else handshake


def sni_of_alternative(tls: UpstreamTls, system: str) -> Handshake:
    """With subjectAltNames the first of them is the SNI."""
    handshake = plan_handshake(tls, system)
    return replace(handshake, server_name=tls.verify_names[0]) if tls.verify_names else handshake


def domain_as_sni(tls: UpstreamTls, system: str) -> Handshake:
    """The SNI is the name without its first label."""
    handshake = plan_handshake(tls, system)
    handshake.context.check_hostname = False
    check = handshake.check or partial(check_names, (tls.server_name,), ())
    return replace(handshake, server_name=tls.server_name.partition(".")[2], check=check)


HANDSHAKES: tuple[Mutant, ...] = (
    gateway(
        "expired-accepted",
        "Expired certificates are accepted.",
        "tls",
        _CHAIN,
        "accepted an expired certificate",
        plan_handshake=expired_accepted,
    ),
    gateway(
        "young-accepted",
        "Certificates that are not valid yet are accepted.",
        "tls",
        _CHAIN,
        "accepted a certificate that is not valid yet",
        plan_handshake=young_accepted,
    ),
    gateway(
        "self-signed-accepted",
        "Certificates that sign themselves are accepted.",
        "tls",
        _CHAIN,
        "the certificate is self-signed",
        plan_handshake=self_signed_accepted,
    ),
    gateway(
        "system-trusted-too",
        "Beside a policy's authorities the system's are trusted.",
        "tls",
        _REFS,
        "did not verify the certificate's authority",
        plan_handshake=system_too,
    ),
    gateway(
        "unusable-authority-is-system",
        "Where a policy's authorities are unusable the system's are trusted.",
        "tls",
        _REFS,
        "trusted a certificate although",
        plan_handshake=unusable_is_system,
    ),
    gateway(
        "hostname-beside-alternatives",
        "The hostname counts beside subjectAltNames.",
        "tls",
        _NAMES,
        "did not verify the certificate's name",
        plan_handshake=name_or_alternatives,
    ),
    gateway(
        "first-alternative-only",
        "Of several subjectAltNames the first counts.",
        "tls",
        _NAMES,
        "did not take a certificate for one of the alternative names",
        plan_handshake=first_alternative,
    ),
    gateway(
        "all-alternatives-needed",
        "A certificate must have all subjectAltNames.",
        "tls",
        _NAMES,
        "did not take a certificate for one of the alternative names",
        plan_handshake=all_alternatives,
    ),
    gateway(
        "domain-certificate-accepted",
        "A certificate for another host of the domain is accepted.",
        "tls",
        _NAME,
        "did not verify the certificate's name",
        plan_handshake=ending_accepted,
    ),
    gateway(
        "sni-lost-with-alternatives",
        "With subjectAltNames no SNI is sent.",
        "tls",
        _NAMES,
        "the gateway sent no server name",
        plan_handshake=names_without_sni,
    ),
    gateway(
        "sni-from-alternatives",
        "With subjectAltNames the first is the SNI.",
        "tls",
        _NAMES,
        "the gateway sent another server name",
        plan_handshake=sni_of_alternative,
    ),
    gateway(
        "sni-is-domain",
        "The SNI is the name without its first label.",
        "tls",
        _NAME,
        "the gateway sent another server name",
        plan_handshake=domain_as_sni,
    ),
)
