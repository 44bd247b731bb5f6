"""The steps of the reference gateway by name, so that a defect can take the place of one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from typing import Any

from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway import apis, cors, forwarding, health, mirroring
from conformance.targets.reference.gateway.apis import Apis
from conformance.targets.reference.gateway.config import (
    Cors,
    Credential,
    Eviction,
    Filter,
    GatewayConfig,
    Listener,
    LlmBackend,
    LlmProvider,
    Mirror,
    Passthrough,
    PathMatch,
    Rule,
    UpstreamTls,
)
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Answer, ClientRequest, Headers, ProxyError, Selected
from conformance.targets.reference.gateway.routing import (
    RoutingEntry,
    host_matches,
    listener_for,
    parameters,
    path_matches,
    precedence,
    rotation,
)
from conformance.targets.reference.gateway.tls import Handshake, plan_handshake

__all__ = ["REFERENCE", "Seams"]


def provider_order(backend: LlmBackend, turn: int) -> list[LlmProvider]:
    """The providers in the order in which they are chosen: within a group starting with whose turn it is."""
    order: list[LlmProvider] = []
    for group in backend.groups:
        start = turn % len(group)
        order += group[start:] + group[:start]
    return order


def identity(provider: LlmProvider) -> Hashable:
    """What connections must have in common to stand in for each other: provider, target and TLS identity."""
    return provider.name, provider.host, provider.port, provider.tls


def tries_next(status: int) -> bool:
    """Whether an answer sends the request on to the next provider of a Backend with several: none does."""
    return False


def answered(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """A whole answer on its way to the client: unchanged."""
    return status, headers, body


def streamed(headers: Headers, pieces: AsyncIterator[bytes]) -> tuple[Headers, AsyncIterator[bytes]]:
    """The answer to a request for a stream: whatever it is, it passes as it comes."""
    return headers, pieces


def relay(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream on its way to the client: each piece as it comes."""
    return pieces


def no_redirect(status: int, headers: Headers) -> str | None:
    """The URL to follow: none, a provider's redirect is the client's business."""
    return None


def refused(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """The gateway's own error on its way to the client; `provider` is the one tried last."""
    return refusal


def log_line(text: str, provider: LlmProvider | None) -> str:
    """A line of the log: no known key gets through."""
    return redact(text)


@dataclass(frozen=True)
class Seams:
    """Every step that decides what crosses the wire; the defaults are the documented behaviour."""

    listener_for: Callable[[Iterable[Listener], str], Listener] = listener_for
    precedence: Callable[[RoutingEntry], Any] = precedence
    rotation: Callable[[Rule], Hashable] = rotation
    preflight: Callable[[Cors, ClientRequest], Answer | None] = cors.preflight
    cors: Callable[[Iterable[Filter]], Cors | None] = cors.cors_of
    mirrors: Callable[[Iterable[Filter]], tuple[Mirror, ...]] = mirroring.mirrors_of
    host_matches: Callable[[str, str], bool] = host_matches
    path_matches: Callable[[PathMatch, str], bool] = path_matches
    parameters: Callable[[ClientRequest, str], list[str]] = parameters
    provider_order: Callable[[LlmBackend, int], list[LlmProvider]] = provider_order
    tries_next: Callable[[int], bool] = tries_next
    is_unhealthy: Callable[[Eviction, int | None], bool] = health.is_unhealthy
    host_of: Callable[[Headers], str] = forwarding.host_of
    end_to_end: Callable[[Headers], Headers] = forwarding.end_to_end
    target: Callable[[Selected, LlmProvider, ClientRequest], str] = forwarding.target
    authority: Callable[[Selected, LlmProvider, ClientRequest], str] = forwarding.authority
    address: Callable[[LlmProvider, ClientRequest], tuple[str, int]] = forwarding.address
    credential_of: Callable[[LlmProvider, GatewayConfig], Credential | Passthrough | None] = forwarding.credential_of
    authorise: Callable[[Headers, Credential | Passthrough | None], Headers] = forwarding.authorise
    api_of: Callable[[Apis, str], str] = apis.api_of
    edit_any: Callable[[dict[str, Any], LlmProvider], dict[str, Any]] = completions.edit_any
    parse: Callable[[bytes], dict[str, Any]] = completions.parse
    edit: Callable[[dict[str, Any], LlmProvider], dict[str, Any]] = completions.edit
    decode: Callable[[bytes, Headers], bytes] = completions.decode
    request_limit: int = completions.LIMIT
    answer_limit: int = completions.LIMIT
    transport: Callable[[LlmProvider], UpstreamTls | None] = forwarding.transport
    plan_handshake: Callable[[UpstreamTls, str], Handshake] = plan_handshake
    identity: Callable[[LlmProvider], Hashable] = identity
    check_answer: Callable[[bytes, Headers], bytes] = completions.check_answer
    answered: Callable[[int, Headers, bytes], tuple[int, Headers, bytes]] = answered
    answer_headers: Callable[[Headers], Headers] = forwarding.end_to_end
    streamed: Callable[[Headers, AsyncIterator[bytes]], tuple[Headers, AsyncIterator[bytes]]] = streamed
    relay: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]] = relay
    redirect: Callable[[int, Headers], str | None] = no_redirect
    # An upper bound on the whole exchange in seconds, streams included; the reference has none.
    exchange_seconds: float | None = None
    # How many exchanges may go on at a time; the reference has no limit.
    slots: int | None = None
    # Whether a client that went away ends its request to the provider.
    watches_client: bool = True
    # Whether requests in flight keep their connections through a change of configuration.
    drains: bool = True
    # Whether an idle connection is looked at before it is used again: the provider may have closed it.
    checks_idle: bool = True
    # Whether a request with both Content-Length and Transfer-Encoding is let in.
    lenient_framing: bool = False
    refused: Callable[[ProxyError, LlmProvider | None], ProxyError] = refused
    log_line: Callable[[str, LlmProvider | None], str] = log_line


REFERENCE = Seams()
"""The reference gateway as it should be."""
