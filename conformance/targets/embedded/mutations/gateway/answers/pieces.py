"""Defects in how answers come apart: streams in pieces, statuses that few expect, connections that end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import LlmBackend, LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError

__all__ = ["PIECES"]

Payload = dict[str, Any]


def streamed_model_kept(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, if it is to be streamed and names one."""
    edited = completions.edit(payload, provider)
    kept = completions.is_stream(payload) and payload.get("model")
    return {**edited, "model": payload["model"]} if kept else edited


async def one_behind(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece when the next has come."""
    kept = b""
    async for piece in pieces:
        if kept:
            yield kept
        kept = piece
    yield kept


async def decoded(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece as a text of its own."""
    async for piece in pieces:
        yield piece.decode("utf-8", "replace").encode()


async def whole_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Only what a line feed has ended."""
    rest = b""
    async for piece in pieces:
        lines, feed, rest = (rest + piece).rpartition(b"\n")
        yield lines + feed


async def short_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Events up to 16 KiB; what is longer is cut."""
    rest = b""
    async for piece in pieces:
        *events, rest = (rest + piece).split(b"\n\n")
        yield b"".join(event[: 16 * 1024] + b"\n\n" for event in events)
    yield rest


async def chunks_only(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Only events that are pieces of a completion, or the end."""
    rest = b""
    async for piece in pieces:
        *events, rest = (rest + piece).split(b"\n\n")
        known = [event for event in events if event.startswith(b"data: [DONE]") or b'"choices"' in event]
        yield b"".join(event + b"\n\n" for event in known)


async def events_only(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Nothing of what is no event stream."""
    begun = False
    async for piece in pieces:
        begun = begun or piece.startswith(b"data:")
        if begun:
            yield piece


def no_trailers(headers: Headers) -> Headers:
    """An answer that announces trailers is one that cannot be understood."""
    if any(name.lower() == "trailer" for name, _ in headers):
        raise ProxyError(503, "upstream call failed: trailers")
    return forwarding.end_to_end(headers)


def known_statuses(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """500 for what lies above 504."""
    return 500 if status > 504 else status, headers, body


def twice(backend: LlmBackend, turn: int) -> list[LlmProvider]:
    """A provider again where its connection failed."""
    return [backend.groups[0][0]] * 2


async def until_mark(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """To the first text that looks like the end mark."""
    async for piece in pieces:
        before, mark, _ = piece.partition(b"data: [DONE]")
        yield before + mark
        if mark:
            yield b"\n\n"
            return


PIECES: tuple[Mutant, ...] = (
    gateway(
        "stream-ends-at-its-mark",
        "A stream ends where a text looks like its end mark.",
        "streaming",
        "HTML, Server-sent events, 9.2.6",
        "stream",
        relay=until_mark,
    ),
    gateway(
        "stream-model-kept",
        "A streamed request's own model is not overridden.",
        "model",
        "SEED table model",
        "the Backend's model did not override the client's",
        edit=streamed_model_kept,
    ),
    gateway(
        "stream-piece-behind",
        "Each piece of a stream waits for the next one.",
        "streaming",
        "OpenAI API streaming; FACTS 6.5, 7.2 (unbuffered)",
        "keeps a piece of the stream back",
        relay=one_behind,
    ),
    gateway(
        "stream-characters-broken",
        "Pieces of a stream are decoded one by one.",
        "streaming",
        "HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
        "broke a character that came in two pieces",
        relay=decoded,
    ),
    gateway(
        "stream-last-line-lost",
        "A stream's last line is lost where no line feed ends it.",
        "streaming",
        "HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
        "did not pass on the stream's end",
        relay=whole_lines,
    ),
    gateway(
        "stream-events-cut",
        "A stream's events are cut after 16 KiB.",
        "streaming",
        "HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
        "changed the stream",
        relay=short_lines,
    ),
    gateway(
        "stream-errors-dropped",
        "Error events inside of a stream are lost.",
        "streaming",
        "OpenAI API streaming",
        "changed the provider's answer",
        relay=chunks_only,
    ),
    gateway(
        "stream-json-dropped",
        "JSON in place of a stream is lost.",
        "streaming",
        "OpenAI API streaming; vendors that ignore stream",
        "changed the provider's answer",
        relay=events_only,
    ),
    gateway(
        "trailers-refused",
        "An answer that announces trailers is refused.",
        "streaming",
        "RFC 9110 section 6.5 (trailers may be ignored)",
        "but the client got 503 from the gateway",
        answer_headers=no_trailers,
    ),
    gateway(
        "rare-status-changed",
        "Statuses above 504 become 500.",
        "errors",
        "RFC 9110 section 15 (statuses are extensible); DeepSeek 402, Cloudflare 520, Anthropic 529",
        "but the client got 500",
        answered=known_statuses,
    ),
    gateway(
        "request-retried",
        "A request goes up again when its connection ends without an answer.",
        "errors",
        "RFC 9110 section 9.2.2 (POST is not idempotent, and not to be retried)",
        "sent the request 2 times",
        provider_order=twice,
        tries_next=lambda status: status == 503,
    ),
)
