"""Defects in whether TLS is spoken, and in what belongs to one connection only."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider, UpstreamTls
from conformance.targets.reference.gateway.messages import ClientRequest, ProxyError
from conformance.targets.reference.gateway.seams import identity

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


TRANSPORTS: tuple[Mutant, ...] = (
    gateway(
        "plaintext-despite-policy",
        "The key goes out in plaintext although a policy demands TLS.",
        "tls",
        "SEED overview",
        "spoke plaintext although",
        transport=no_tls,
    ),
    Mutant(
        "policy-late",
        "A new Backend's first request goes out before its policy has effect.",
        "tls",
        "FACTS 7.2: policy first, 0 of 3",
        "spoke plaintext although",
        gateway_changes=late_policy,
    ),
    gateway(
        "tls-without-policy",
        "TLS is spoken to port 443 although no policy asks for it.",
        "tls",
        "FACTS 1.10",
        "spoke TLS although no BackendTLSPolicy is in force",
        transport=tls_by_port,
    ),
    gateway(
        "sni-from-host",
        "The Backend's host is verified instead of validation.hostname.",
        "tls",
        "GW BackendTLSPolicyValidation.hostname",
        "sent another server name",
        transport=tls_for_host,
    ),
    gateway(
        "connections-shared",
        "Providers at one address share connections.",
        "isolation",
        "RFC 9110 section 7.3; GW BackendTLSPolicy validation.hostname",
        "a connection was used that had been opened for that one",
        identity=one_pool,
    ),
    gateway(
        "one-request-at-a-time",
        "A slow provider makes the others wait.",
        "isolation",
        "SEED: independent Backends",
        "waits for another provider's answers",
        slots=1,
    ),
    gateway(
        "update-breaks-requests",
        "A change of configuration breaks off what is in flight.",
        "lifecycle",
        "FACTS 7.2: updates, 0 failures",
        "broke off",
        drains=False,
    ),
    gateway(
        "smuggling-let-in",
        "Content-Length beside Transfer-Encoding is let in.",
        "secrets",
        'RFC 9112 section 6.1, "MUST close the connection after responding"',
        "ambiguously framed request",
        lenient_framing=True,
    ),
    Mutant(
        "failure-remembered",
        "A provider that could not be reached once is never asked again.",
        "isolation",
        "SEED: independent Backends",
        "no healthy backends",
        gateway_changes=remembered_failures,
    ),
)
