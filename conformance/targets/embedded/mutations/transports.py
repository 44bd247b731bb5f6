"""Defects in TLS and in connections."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial

from cryptography import x509

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider, UpstreamTls
from conformance.targets.reference.gateway.messages import ClientRequest, ProxyError
from conformance.targets.reference.gateway.seams import identity
from conformance.targets.reference.gateway.tls import Handshake, certificate_names, check_names, plan_handshake

__all__ = ["TRANSPORTS"]


def no_tls(provider: LlmProvider) -> UpstreamTls | None:
    """Plaintext."""
    return None


def tls_by_port(provider: LlmProvider) -> UpstreamTls | None:
    """TLS to port 443, policy or not."""
    return provider.tls or (UpstreamTls(provider.host) if provider.port == 443 else None)


def tls_for_host(provider: LlmProvider) -> UpstreamTls | None:
    """The Backend's host as the name to verify."""
    return provider.tls and replace(provider.tls, server_name=provider.host)


def late_policy() -> dict[str, Callable[..., object]]:
    """Plaintext for a provider's first request."""
    known: set[str] = set()
    late: set[str] = set()

    def transport(provider: LlmProvider) -> UpstreamTls | None:
        if provider.name in known:
            late.discard(provider.name)
            return provider.tls
        known.add(provider.name)
        late.add(provider.name)
        return None

    def own_connection(provider: LlmProvider) -> Hashable:
        return identity(provider), provider.name in late

    return {"transport": transport, "identity": own_connection}


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


def one_pool(provider: LlmProvider) -> Hashable:
    """Connections are told apart by their real address only."""
    return "all"


def remembered_failures() -> dict[str, Callable[..., object]]:
    """A provider that failed once is never asked again."""
    failed: set[str] = set()

    def refused(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
        if provider is not None and refusal.text.startswith("upstream call failed"):
            failed.add(provider.name)
        return refusal

    def address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
        if provider.name in failed:
            raise ProxyError(503, "no healthy backends")
        return provider.host, provider.port

    return {"refused": refused, "address": address}


TRANSPORTS = (
    gateway(
        "plaintext-despite-policy", "The key goes out in plaintext although a policy demands TLS.", transport=no_tls
    ),
    Mutant("policy-late", "A new Backend's first request goes out before its policy has effect.", late_policy),
    gateway("tls-without-policy", "TLS is spoken to port 443 although no policy asks for it.", transport=tls_by_port),
    gateway("sni-from-host", "The Backend's host is verified instead of validation.hostname.", transport=tls_for_host),
    gateway("sni-empty", "No SNI is sent.", plan_handshake=no_sni),
    gateway("certificate-name-not-verified", "The certificate's names do not matter.", plan_handshake=any_name),
    gateway("ca-not-verified", "The certificate's authority does not matter.", plan_handshake=any_authority),
    gateway(
        "certificate-time-not-verified", "The certificate's validity in time does not matter.", plan_handshake=any_time
    ),
    gateway("common-name-accepted", "A certificate's common name counts as its name.", plan_handshake=common_names),
    gateway("wildcard-refused", "Wildcard certificates are refused.", plan_handshake=no_wildcards),
    gateway(
        "intermediate-refused",
        "Certificates by an intermediate authority are refused.",
        plan_handshake=no_intermediates,
    ),
    gateway("tls13-only", "Providers without TLS 1.3 cannot be reached.", plan_handshake=tls13_only),
    gateway("tls12-only", "Providers without TLS 1.2 cannot be reached.", plan_handshake=tls12_only),
    gateway("connections-shared", "Providers at one address share connections.", identity=one_pool),
    gateway("one-request-at-a-time", "A slow provider makes the others wait.", slots=1),
    gateway("update-breaks-requests", "A change of configuration breaks off what is in flight.", drains=False),
    gateway("smuggling-let-in", "Content-Length beside Transfer-Encoding is let in.", lenient_framing=True),
    Mutant(
        "failure-remembered", "A provider that could not be reached once is never asked again.", remembered_failures
    ),
)
