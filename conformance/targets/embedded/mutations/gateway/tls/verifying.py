"""Defects in which certificates are accepted, and which TLS is spoken."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cryptography import x509

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import UpstreamTls
from conformance.targets.reference.gateway.tls import Handshake, certificate_names, check_names, plan_handshake

__all__ = ["VERIFYING"]


def _unnamed(handshake: Handshake) -> Handshake:
    handshake.context.check_hostname = False
    return handshake


def no_sni(tls: UpstreamTls, system: str) -> Handshake:
    """No SNI; the certificate is verified all the same."""
    handshake = _unnamed(plan_handshake(tls, system))
    check = handshake.check or partial(check_names, (tls.server_name,), ())
    return replace(handshake, server_name=None, check=check)


def any_name(tls: UpstreamTls, system: str) -> Handshake:
    """Any certificate of a trusted authority."""
    return replace(_unnamed(plan_handshake(tls, system)), check=None)


def any_authority(tls: UpstreamTls, system: str) -> Handshake:
    """Any certificate with the right name."""
    handshake = _unnamed(plan_handshake(tls, system))
    handshake.context.verify_mode = ssl.CERT_NONE
    return replace(handshake, check=handshake.check or partial(check_names, (tls.server_name,), ()))


def any_time(tls: UpstreamTls, system: str) -> Handshake:
    """Certificates are never too old or too young."""
    handshake = plan_handshake(tls, system)
    # OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python has no name.
    handshake.context.verify_flags |= 0x200000
    return handshake


def common_names(tls: UpstreamTls, system: str) -> Handshake:
    """A name in the subject's common name will do."""
    handshake = plan_handshake(tls, system)
    handshake.context.hostname_checks_common_name = True
    return handshake


def _alike(cover: Callable[[str, str], bool]) -> Callable[[UpstreamTls, str], Handshake]:
    """A certificate will do whose name is only like the server's."""

    def plan(tls: UpstreamTls, system: str) -> Handshake:
        handshake = _unnamed(plan_handshake(tls, system))
        right = handshake.check or partial(check_names, (tls.server_name,), ())

        def check(der: bytes) -> str | None:
            return None if any(cover(one, tls.server_name) for one in certificate_names(der).dns) else right(der)

        return replace(handshake, check=check)

    return plan


def no_wildcards(tls: UpstreamTls, system: str) -> Handshake:
    """`*.` in a certificate matches nothing."""

    def check(der: bytes) -> str | None:
        exact = tls.server_name in certificate_names(der).dns
        return None if exact else "invalid peer certificate: no wildcards"

    return replace(plan_handshake(tls, system), check=check)


def no_intermediates(tls: UpstreamTls, system: str) -> Handshake:
    """The leaf must be signed by a trusted authority itself."""
    handshake = plan_handshake(tls, system)
    roots = system if tls.roots == "system" else tls.roots

    def check(der: bytes) -> str | None:
        leaf = x509.load_der_x509_certificate(der)
        known = any(leaf.issuer == root.subject for root in x509.load_pem_x509_certificates(roots.encode()))
        return None if known else "invalid peer certificate: UnknownIssuer"

    return replace(handshake, check=check)


def tls13_only(tls: UpstreamTls, system: str) -> Handshake:
    """TLS 1.3 and nothing else."""
    handshake = plan_handshake(tls, system)
    handshake.context.minimum_version = ssl.TLSVersion.TLSv1_3
    return handshake


def tls12_only(tls: UpstreamTls, system: str) -> Handshake:
    """TLS 1.2 and nothing else."""
    handshake = plan_handshake(tls, system)
    handshake.context.maximum_version = ssl.TLSVersion.TLSv1_2
    return handshake


VERIFYING: tuple[Mutant, ...] = (
    gateway(
        "sni-empty",
        "No SNI is sent.",
        "tls",
        "GW BackendTLSPolicyValidation.hostname",
        "sent no server name",
        plan_handshake=no_sni,
    ),
    gateway(
        "certificate-name-not-verified",
        "The certificate's names do not matter.",
        "tls",
        "GW BackendTLSPolicyValidation.hostname",
        "did not verify the certificate's name",
        plan_handshake=any_name,
    ),
    gateway(
        "ca-not-verified",
        "The certificate's authority does not matter.",
        "tls",
        "GW BackendTLSPolicyValidation.wellKnownCACertificates",
        "did not verify the certificate's authority",
        plan_handshake=any_authority,
    ),
    gateway(
        "certificate-time-not-verified",
        "The certificate's validity in time does not matter.",
        "tls",
        "RFC 5280 section 6.1",
        "accepted an expired certificate",
        plan_handshake=any_time,
    ),
    gateway(
        "common-name-accepted",
        "A certificate's common name counts as its name.",
        "tls",
        "RFC 9525 section 2",
        "only in the subject's common name",
        plan_handshake=common_names,
    ),
    gateway(
        "wildcard-refused",
        "Wildcard certificates are refused.",
        "tls",
        "RFC 9525 section 6.3",
        "did not take a wildcard certificate",
        plan_handshake=no_wildcards,
    ),
    gateway(
        "certificate-name-by-its-end",
        "A certificate's name need only end as the server's does.",
        "tls",
        "RFC 9525 section 6.3",
        "did not verify the certificate's name",
        plan_handshake=_alike(lambda shown, wanted: shown.endswith(wanted)),
    ),
    gateway(
        "certificate-name-by-its-beginning",
        "A certificate's name need only be the beginning of the server's.",
        "tls",
        "RFC 9525 section 6.3",
        "did not verify the certificate's name",
        plan_handshake=_alike(lambda shown, wanted: wanted.startswith(shown)),
    ),
    gateway(
        "intermediate-refused",
        "Certificates by an intermediate authority are refused.",
        "tls",
        "RFC 5280 section 6.1",
        "broke off the TLS handshake",
        plan_handshake=no_intermediates,
    ),
    gateway(
        "tls13-only",
        "Providers without TLS 1.3 cannot be reached.",
        "tls",
        "FACTS 6.7",
        "broke off the TLS handshake",
        plan_handshake=tls13_only,
    ),
    gateway(
        "tls12-only",
        "Providers without TLS 1.2 cannot be reached.",
        "tls",
        "FACTS 6.7",
        "broke off the TLS handshake",
        plan_handshake=tls12_only,
    ),
)
