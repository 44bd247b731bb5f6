"""Streams that a lookalike holds back, and lets go as their pieces reach the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from conformance.exchange.client import OnChunk
from mock_providers.behaviour import Behaviour

__all__ = ["releasing"]


def releasing(behaviour: Behaviour | None, release: Callable[[str], Awaitable[None]]) -> OnChunk:
    """What a client does with the pieces of a stream: `release` lets go what is held under the exchange's id and this.

    Of what is held after one chunk the first piece releases the rest; where each is held, each releases the next.
    """
    if behaviour is not None and behaviour.hold_each_chunk:
        return _one_by_one(behaviour.chunks or 0, release)

    async def on_chunk(number: int, data: bytes) -> bool:
        if number <= 1:
            await release("")
        return number == 1 and bool(behaviour and behaviour.hold_after_chunks)

    return on_chunk


def _one_by_one(chunks: int, release: Callable[[str], Awaitable[None]]) -> OnChunk:
    got, released = bytearray(), 0

    async def on_chunk(number: int, data: bytes) -> bool:
        nonlocal released
        got.extend(data)
        # An event opens the stream before the first chunk; with number 0 nobody waits any longer.
        here = chunks if number == 0 else min(got.count(b"\n\n") - 1, chunks)
        while released < here:
            released += 1
            await release(f"/{released}")
        return here < chunks

    return on_chunk
