"""Defects in Host, and in where the gateway connects to."""

from __future__ import annotations

from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import (
    LlmProvider,
)
from conformance.targets.reference.gateway.messages import ClientRequest, Headers, Selected, values_of

__all__ = ["PLACES"]


def client_authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The client's Host, unless the route rewrites it."""
    right = forwarding.authority(selected, provider, request)
    return right if right != provider.host else request.authority


def backend_authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The Backend's host; the route's rewrite is forgotten."""
    return forwarding.authority(replace(selected, filters=()), provider, request)


def authority_with_port(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Host and port, always."""
    right = forwarding.authority(selected, provider, request)
    return right if ":" in right else f"{right}:{provider.port}"


def authority_without_port(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The host alone, always."""
    return forwarding.authority(selected, replace(provider, port=443), request)


def rewritten_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """Where X-Forwarded-Host leads."""
    forwarded = values_of(request.headers, "x-forwarded-host")
    return (forwarded[0].partition(":")[0] if forwarded else provider.host), provider.port


def asked_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """Where the client's Host leads, unless it is what the page's requests have."""
    asked = request.authority.partition(":")[0]
    return (provider.host if asked == "localhost" else asked), provider.port


def always_443(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """The Backend's host at port 443."""
    return provider.host, 443


def openai_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """The default provider."""
    return "api.openai.com", 443


def first_host(headers: Headers) -> str:
    """Of several Host lines the first."""
    return next(iter(values_of(headers, "host")), "")


def told_host(headers: Headers) -> str:
    """The host that X-Forwarded-Host or Forwarded tells, before the request's own."""
    told = [*values_of(headers, "x-forwarded-host"), *values_of(headers, "forwarded")]
    return told[0].removeprefix("host=") if told else forwarding.host_of(headers)


PLACES: tuple[Mutant, ...] = (
    gateway(
        "first-host-counts",
        "Of two Host lines the first counts.",
        "secrets",
        "RFC 9112 section 3.2",
        "sent a request upstream that it should have refused",
        host_of=first_host,
    ),
    gateway(
        "routed-by-forwarded-host",
        "X-Forwarded-Host chooses the route.",
        "routing",
        "GW HTTPRouteSpec.hostnames",
        "Host",
        host_of=told_host,
    ),
    gateway(
        "host-not-rewritten",
        "The client's Host goes up without URLRewrite (FACTS D4).",
        "host",
        "FACTS 6.2, D4",
        "another Host than configured",
        authority=client_authority,
    ),
    gateway(
        "url-rewrite-ignored",
        "URLRewrite's hostname is ignored.",
        "host",
        "GW HTTPURLRewriteFilter hostname; SEED Mistral 5",
        "another Host than configured",
        authority=backend_authority,
    ),
    gateway(
        "port-in-authority",
        "Host carries the port although it is the usual one.",
        "host",
        "RFC 9110, 7.2 and 4.2",
        "put the port into Host",
        authority=authority_with_port,
    ),
    gateway(
        "port-not-in-authority",
        "Host loses a port that is not the usual one.",
        "host",
        "RFC 9110, 7.2 and 4.2",
        "left the port out of Host",
        authority=authority_without_port,
    ),
    gateway(
        "target-from-forwarded-host",
        "X-Forwarded-Host decides where to connect.",
        "secrets",
        "SEED table host; FACTS 6.9",
        "went to",
        address=rewritten_address,
    ),
    gateway(
        "target-from-host",
        "The client's Host decides where to connect.",
        "secrets",
        "RFC 9112 section 3.2.2; SEED table host",
        "went to",
        address=asked_address,
    ),
    gateway(
        "port-ignored",
        "The connection goes to port 443 whatever the Backend says.",
        "host",
        "SEED table port",
        "it never connected to",
        address=always_443,
    ),
    gateway(
        "host-ignored",
        "The connection goes to api.openai.com whatever the Backend says.",
        "host",
        "SEED table host",
        "the default provider's host",
        address=openai_address,
    ),
)
