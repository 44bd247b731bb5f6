"""Defects in TLS that show at some ports, times or connections only."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider, UpstreamTls
from conformance.targets.reference.gateway.seams import identity
from conformance.targets.reference.gateway.tls import Handshake, plan_handshake

__all__ = ["SPEAKING"]


def tls_at_first() -> dict[str, Callable[..., object]]:
    """A provider's first connection speaks TLS, its later ones do not."""
    asked: dict[str, int] = {}

    def transport(provider: LlmProvider) -> UpstreamTls | None:
        asked[provider.name] = asked.get(provider.name, 0) + 1
        return provider.tls if asked[provider.name] == 1 else None

    def own_connection(provider: LlmProvider) -> Hashable:
        return identity(provider), asked.get(provider.name, 0) > 1

    return {"transport": transport, "identity": own_connection}


def plaintext_elsewhere(provider: LlmProvider) -> UpstreamTls | None:
    """TLS at port 443 only."""
    return provider.tls if provider.port == 443 else None


def plaintext_after_failure() -> dict[str, Callable[..., object]]:
    """A provider whose certificate was refused is spoken to in plaintext the next time."""
    failed: set[str] = set()

    def plan(tls: UpstreamTls, system: str) -> Handshake:
        return plan_handshake(tls, system)

    def refused(refusal: object, provider: LlmProvider | None) -> object:
        if provider is not None and "certificate" in str(refusal):
            failed.add(provider.name)
        return refusal

    def transport(provider: LlmProvider) -> UpstreamTls | None:
        return None if provider.name in failed else provider.tls

    def own_connection(provider: LlmProvider) -> Hashable:
        return identity(provider), provider.name in failed

    return {"plan_handshake": plan, "refused": refused, "transport": transport, "identity": own_connection}


def identity_by_host(provider: LlmProvider) -> Hashable:
    """Connections are told apart by host and port, whatever is to be verified."""
    return provider.host, provider.port, provider.tls is None


SPEAKING: tuple[Mutant, ...] = (
    Mutant(
        "tls-at-first-only",
        "Only a provider's first request goes by TLS.",
        "tls",
        "SEED overview",
        "the gateway spoke plaintext although",
        gateway_changes=tls_at_first,
    ),
    gateway(
        "tls-at-443-only",
        "At other ports than 443 a policy has no effect.",
        "tls",
        "SEED table port",
        "the gateway spoke plaintext although",
        transport=plaintext_elsewhere,
    ),
    Mutant(
        "plaintext-after-failure",
        "Where a certificate was refused, the next request goes in plaintext.",
        "tls",
        "SEED overview",
        "fell back to plaintext",
        gateway_changes=plaintext_after_failure,
    ),
    gateway(
        "connections-by-host",
        "A connection serves Backends of one host, whatever their policies verify.",
        "lifecycle",
        "GW BackendTLSPolicy validation.hostname",
        "verify the certificate's",
        identity=identity_by_host,
    ),
)
