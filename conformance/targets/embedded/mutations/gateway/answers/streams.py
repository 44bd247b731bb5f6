"""Defects in how a stream is passed on as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from conformance.targets.embedded.mutations.mutant import Mutant, gateway

__all__ = ["STREAMS"]


async def buffered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All at the end."""
    yield b"".join([piece async for piece in pieces])


async def undone(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Without the end mark."""
    async for piece in pieces:
        yield piece.replace(b"data: [DONE]\n\n", b"")


async def mended(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream that the provider breaks off ends as if it were whole."""
    try:
        async for piece in pieces:
            yield piece
    except ConnectionError:
        return


async def impatient(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Until nothing has come for three seconds."""
    coming = aiter(pieces)
    try:
        while True:
            yield await asyncio.wait_for(anext(coming), 3.0)
    except StopAsyncIteration:
        return
    except TimeoutError as error:
        raise ConnectionError("the provider was silent for too long") from error


async def without_usage(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Without the events that carry usage figures."""
    async for piece in pieces:
        events = piece.split(b"\n\n")
        yield b"\n\n".join(event for event in events if b'"prompt_tokens"' not in event)


async def reversed_events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The last event first."""
    whole = b"".join([piece async for piece in pieces])
    yield b"".join(event + b"\n\n" for event in reversed(whole.split(b"\n\n")) if event)


STREAMS: tuple[Mutant, ...] = (
    gateway(
        "stream-buffered",
        "A stream reaches the client when it is complete.",
        "streaming",
        "OpenAI API streaming; FACTS 6.5, 7.2 (unbuffered)",
        "buffered instead of streamed",
        relay=buffered,
    ),
    gateway(
        "stream-pause-cut",
        "A stream that pauses for three seconds is cut.",
        "streaming",
        "FACTS 6.6; LLMKube#734",
        "broke off a stream",
        relay=impatient,
    ),
    gateway(
        "stream-done-dropped",
        "A stream's end mark is lost.",
        "streaming",
        "HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
        "did not pass on the stream's end",
        relay=undone,
    ),
    gateway(
        "stream-break-hidden",
        "A stream that was broken off looks whole.",
        "streaming",
        "RFC 9112 section 8; FACTS 6.5",
        "look complete",
        relay=mended,
    ),
    gateway(
        "stream-usage-dropped",
        "A stream's usage figures are lost.",
        "streaming",
        "OpenAI API streaming",
        "of the stream",
        relay=without_usage,
    ),
    gateway(
        "stream-reordered",
        "A stream's events come in another order.",
        "streaming",
        "HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
        "changed the stream, or the order of its events",
        relay=reversed_events,
    ),
    gateway(
        "stream-cut",
        "A stream is cut after a quarter of a second.",
        "streaming",
        "LLMKube#734; FACTS 6.6 (timeouts.request covers the time until the response's head)",
        "broke off a stream that the provider was still sending",
        exchange_seconds=0.25,
    ),
    gateway(
        "disconnect-ignored",
        "A client that went away leaves its request running.",
        "streaming",
        "FACTS 6.5",
        "a client that has gone away",
        watches_client=False,
    ),
)
