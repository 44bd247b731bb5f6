"""Defects that show in one exchange of twenty: each is found with a probability that the run computes.

Which exchange it is a generator says that begins the same each time, so that a run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import (
    Credential,
    GatewayConfig,
    LlmBackend,
    LlmProvider,
    Passthrough,
    UpstreamTls,
)
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import ClientRequest, Headers, ProxyError, Selected
from conformance.targets.reference.gateway.seams import identity

__all__ = ["INTERMITTENT"]

_SHARE = 1 / 20
_SOURCE = "CASES 189"
_TOLD = "intermittent ("


def _chance() -> Callable[[], bool]:
    """Whether it shows this time."""
    generator = random.Random(20)
    return lambda: generator.random() < _SHARE


def key_missing() -> dict[str, Callable[..., Any]]:
    """No key goes up."""
    now = _chance()

    def authorise(headers: Headers, credential: Credential | Passthrough | None) -> Headers:
        lost = isinstance(credential, Credential) and now()
        return headers if lost else forwarding.authorise(headers, credential)

    return {"authorise": authorise}


def key_of_another() -> dict[str, Callable[..., Any]]:
    """Another provider's key goes up."""
    now = _chance()

    def of(provider: LlmProvider, config: GatewayConfig) -> Credential | Passthrough | None:
        own = provider.credential
        if not isinstance(own, Credential) or not now():
            return own
        others = [one.credential for one in config.providers() if isinstance(one.credential, Credential)]
        return next((one for one in others if one.value != own.value), own)

    return {"credential_of": of}


def plaintext() -> dict[str, Callable[..., Any]]:
    """The request goes out in plaintext."""
    now = _chance()
    clear: set[int] = set()

    def transport(provider: LlmProvider) -> UpstreamTls | None:
        return None if provider.tls and now() else provider.tls

    def own_connection(provider: LlmProvider) -> Hashable:
        # Of a TLS connection that stands nothing could be seen.
        clear.add(len(clear))
        return identity(provider), len(clear)

    return {"transport": transport, "identity": own_connection}


def model_kept() -> dict[str, Callable[..., Any]]:
    """The client's model goes up."""
    now = _chance()

    def edit(payload: dict[str, Any], provider: LlmProvider) -> dict[str, Any]:
        edited = completions.edit(payload, provider)
        return {**edited, "model": payload.get("model", "")} if provider.model and now() else edited

    return {"edit": edit}


def path_kept() -> dict[str, Callable[..., Any]]:
    """The client's path goes up."""
    now = _chance()

    def target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        right = forwarding.target(selected, provider, request)
        return request.path if now() else right

    return {"target": target}


def host_kept() -> dict[str, Callable[..., Any]]:
    """The client's Host goes up."""
    now = _chance()

    def authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        return request.authority if now() else forwarding.authority(selected, provider, request)

    return {"authority": authority}


def sent_twice() -> dict[str, Callable[..., Any]]:
    """The request goes up twice."""
    now = _chance()
    again: list[bool] = []

    def order(backend: LlmBackend, turn: int) -> list[LlmProvider]:
        again[:] = [now()]
        return [backend.groups[0][0]] * (2 if again[0] else 1)

    return {"provider_order": order, "tries_next": lambda status: True}


def unavailable() -> dict[str, Callable[..., Any]]:
    """The gateway answers 503 by itself."""
    now = _chance()

    def address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
        if now():
            raise ProxyError(503, "no healthy backends")
        return provider.host, provider.port

    return {"address": address}


def answer_cut() -> dict[str, Callable[..., Any]]:
    """An answer loses its second half."""
    now = _chance()

    def answered(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        if status != 200 or not now():
            return status, headers, body
        kept = tuple(one for one in headers if one[0].lower() != "content-length")
        return status, kept, body[: len(body) // 2]

    return {"answered": answered}


def stream_end_lost() -> dict[str, Callable[..., Any]]:
    """A stream's end mark is lost."""
    now = _chance()

    async def relay(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        lost = now()
        async for piece in pieces:
            yield piece.replace(b"data: [DONE]\n\n", b"") if lost else piece

    return {"relay": relay}


def others_answer() -> dict[str, Callable[..., Any]]:
    """The client gets the answer to the request before."""
    now = _chance()
    before: list[tuple[int, Headers, bytes]] = []

    def answered(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        last = before[-1] if before and now() else (status, headers, body)
        before[:] = [(status, headers, body)]
        return last

    return {"answered": answered}


def no_route() -> dict[str, Callable[..., Any]]:
    """No route is found."""
    now = _chance()

    def authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        if now():
            raise ProxyError(404, "route not found")
        return forwarding.authority(selected, provider, request)

    return {"authority": authority}


def _sometimes(name: str, defect: str, area: str, changes: Callable[[], dict[str, Callable[..., Any]]]) -> Mutant:
    return Mutant(name, f"{defect}, one time in twenty.", area, _SOURCE, _TOLD, gateway_changes=changes, share=_SHARE)


INTERMITTENT: tuple[Mutant, ...] = (
    _sometimes("sometimes-keyless", "No key goes up", "auth", key_missing),
    _sometimes("sometimes-others-key", "Another provider's key goes up", "auth", key_of_another),
    _sometimes("sometimes-plaintext", "The request goes out in plaintext", "tls", plaintext),
    _sometimes("sometimes-clients-model", "The client's model goes up", "model", model_kept),
    _sometimes("sometimes-clients-path", "The client's path goes up", "path", path_kept),
    _sometimes("sometimes-clients-host", "The client's Host goes up", "host", host_kept),
    _sometimes("sometimes-twice", "The request goes up twice", "errors", sent_twice),
    _sometimes("sometimes-unavailable", "The gateway answers 503 by itself", "errors", unavailable),
    _sometimes("sometimes-cut", "An answer loses its second half", "body", answer_cut),
    _sometimes("sometimes-endless", "A stream's end mark is lost", "streaming", stream_end_lost),
    _sometimes(
        "sometimes-others-answer", "The client gets the answer to the request before", "isolation", others_answer
    ),
    _sometimes("sometimes-lost", "No route is found", "routing", no_route),
)
