"""What cases of several areas do on their stage, and what they say of it."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from typing import Any

from conformance.cases import VENDOR, ClientRequest, Exchange, Manifest, Stage
from conformance.core import deadlines
from conformance.exchange.expectations import ArrivedOnce, NothingArrived, RequestTarget, Status, Streamed, verify
from mock_providers.journal import CORRELATION_HEADER
from mock_providers.vendor.completions import content_for

__all__ = ["all_removed", "answered_exchange", "applied_anew", "as_matched", "raw", "said", "set_key", "younger"]


def set_key(secret: dict[str, Any], name: str, value: str) -> None:
    """Another key, where the Secret has it now."""
    if name in (secret.get("data") or {}):
        secret["data"][name] = base64.b64encode(value.encode()).decode()
    else:
        secret["stringData"][name] = value


async def all_removed(stage: Stage, request: ClientRequest) -> list[Manifest]:
    """Delete all objects and wait until the gateway knows: what came anew would be nothing new to it, and what is sent
    while they go, with a route and without its policy, says nothing of how they come.
    """
    removed = [await stage.delete(one) for one in stage.manifests]
    if stage.unrouted(request):
        await stage.settles(lambda: stage.again(request), Status(404), NothingArrived())
    return removed


async def applied_anew(stage: Stage, removed: list[Manifest], order: tuple[str, ...]) -> AsyncIterator[Manifest]:
    """Apply what was deleted in this order of kinds; gives each when the controller has seen it.

    What the order does not name is what others refer to, such as ConfigMaps, and comes first.
    """
    for one in sorted(removed, key=lambda one: order.index(one.role) if one.role in order else -1):
        await stage.restore(one)
        if one.role in ("HTTPRoute", "Backend"):
            await stage.condition(one.role, "Accepted")
        yield one


async def younger(stage: Stage, gone: Manifest, than: str) -> None:
    """Await that what was deleted would be younger, if it came now, than what was created then: ages are of whole
    seconds by the endpoint's clock, which a dry run tells.
    """
    end = deadlines.now() + deadlines.STATUS
    while (await stage.kubernetes.apply(gone.data, dry_run=True))["metadata"]["creationTimestamp"] <= than:
        stage.only_if(deadlines.now() < end, "the endpoint's clock stands still")
        await asyncio.sleep(_TICK)  # nobody tells when a second is over


_TICK = 0.1


def said(stage: Stage, exchange: Exchange) -> Streamed:
    """The stream with the text that this provider writes for this exchange, whole and in order."""
    return Streamed(content_for(stage.lookalike_of(exchange.expected), VENDOR, exchange.request.correlation_id))


def raw(request: ClientRequest, host: str, *framing: str, target: str = "", body: bytes | None = None) -> bytes:
    """A request as bytes, framed as the lines of `framing` say."""
    lines = [
        f"{request.method} {target or request.path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"{CORRELATION_HEADER}: {request.correlation_id}",
        *(framing or ("Connection: close", f"Content-Length: {len(request.body or b'')}")),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + ((request.body or b"") if body is None else body)


def as_matched(exchange: Exchange) -> None:
    """A request that matches is served, any other is answered 404 and goes nowhere."""
    if exchange.expected.answer is None:
        verify(exchange, Status(200), ArrivedOnce(), RequestTarget())
    else:
        verify(exchange, Status(404), NothingArrived())


def answered_exchange(exchange: Exchange) -> str:
    """The id of the exchange that the client's answer is about: lookalikes name it."""
    content = exchange.response.json()["choices"][0]["message"]["content"]
    found = re.search(r"exchange (\w+)", content)
    return found[1] if found else content
