"""Defects in how streams are passed on, event by event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from conformance.targets.embedded.mutations.mutant import Mutant, gateway

__all__ = ["FLOWS"]

Relay = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]

_EVENTS = "HTML, Server-sent events, 9.2.6"

_STREAM = "OpenAI API streaming"

_CHANGED = "the gateway changed the stream, or the order of its events"

_DONE = b"data: [DONE]"


def _events(change: Callable[[list[bytes]], list[bytes]]) -> Relay:
    """Changes whole events as they come; what is not ended yet waits."""

    async def relay(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        rest = b""
        async for piece in pieces:
            *events, rest = (rest + piece).split(b"\n\n")
            if kept := change(events):
                yield b"".join(event + b"\n\n" for event in kept)
        if rest:
            yield rest

    return relay


def _of_lines(change: Callable[[list[bytes]], list[bytes]]) -> Relay:
    """Changes the lines of each event."""
    return _events(lambda events: [b"\n".join(change(event.split(b"\n"))) for event in events])


async def first_lost(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first event is taken for a greeting."""
    begun, rest = False, b""
    async for piece in pieces:
        if begun:
            yield piece
            continue
        rest += piece
        if b"\n\n" in rest:
            begun = True
            yield rest.partition(b"\n\n")[2]


async def last_lost(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The event before the end mark is lost."""
    held: list[bytes] = []
    rest = b""
    async for piece in pieces:
        *events, rest = (rest + piece).split(b"\n\n")
        for event in events:
            if event.startswith(_DONE):
                held = []
            yield b"".join(one + b"\n\n" for one in held)
            held = [event]
    yield b"".join(one + b"\n\n" for one in held) + rest


async def cut_off(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """After 48 KiB a stream is taken for endless."""
    seen = 0
    async for piece in pieces:
        seen += len(piece)
        if seen > 48 * 1024:
            return
        yield piece


async def ended_twice(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """An end mark is put behind the provider's own."""
    async for piece in pieces:
        yield piece
    yield _DONE + b"\n\n"


async def small_buffer(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces are gathered until they fill a buffer of 4 KiB."""
    held = b""
    async for piece in pieces:
        held += piece
        if len(held) >= 4096:
            yield held
            held = b""
    if held:
        yield held


async def by_two(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each second event brings the one before it along."""
    held: list[bytes] = []
    async for piece in pieces:
        held.append(piece)
        if len(held) == 2:
            yield b"".join(held)
            held = []
    yield b"".join(held)


async def after_first(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first piece comes at once, the others when all are there."""
    first = True
    held = b""
    async for piece in pieces:
        if first:
            first = False
            yield piece
        else:
            held += piece
    yield held


async def fault_hidden(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream that the provider breaks off gets an end mark."""
    try:
        async for piece in pieces:
            yield piece
    except ConnectionError:
        yield _DONE + b"\n\n"


def _without_comments(lines: list[bytes]) -> list[bytes]:
    return [one for one in lines if not one.startswith(b":")]


def _data_only(lines: list[bytes]) -> list[bytes]:
    return [one for one in lines if one.startswith(b"data:")]


def _first_line(lines: list[bytes]) -> list[bytes]:
    return lines[:1]


def _without_finish(events: list[bytes]) -> list[bytes]:
    return [one for one in events if b'"finish_reason":"stop"' not in one.replace(b" ", b"")]


def _once(events: list[bytes]) -> list[bytes]:
    return list(dict.fromkeys(events))


def _doubled(events: list[bytes]) -> list[bytes]:
    return [one for event in events for one in ([event] if event.startswith(_DONE) else [event, event])]


FLOWS: tuple[Mutant, ...] = (
    gateway(
        "stream-first-event-lost", "A stream's first event is lost.", "streaming", _STREAM, _CHANGED, relay=first_lost
    ),
    gateway(
        "stream-last-event-lost",
        "A stream's last event before the end mark is lost.",
        "streaming",
        _STREAM,
        _CHANGED,
        relay=last_lost,
    ),
    gateway(
        "stream-finish-dropped",
        "The event with the finish reason is lost.",
        "streaming",
        _STREAM,
        _CHANGED,
        relay=_events(_without_finish),
    ),
    gateway(
        "stream-events-doubled",
        "A stream's events come twice.",
        "streaming",
        _STREAM,
        _CHANGED,
        relay=_events(_doubled),
    ),
    gateway(
        "stream-ended-twice", "A second end mark follows a stream.", "streaming", _STREAM, _CHANGED, relay=ended_twice
    ),
    gateway(
        "stream-comments-dropped",
        "Comments between events are lost.",
        "streaming",
        _EVENTS,
        _CHANGED,
        relay=_of_lines(_without_comments),
    ),
    gateway(
        "stream-fields-dropped",
        "Of events only the lines with data pass.",
        "streaming",
        _EVENTS,
        _CHANGED,
        relay=_of_lines(_data_only),
    ),
    gateway(
        "stream-one-line",
        "Of events only the first line passes.",
        "streaming",
        _EVENTS,
        _CHANGED,
        relay=_of_lines(_first_line),
    ),
    gateway(
        "stream-repeats-dropped",
        "Of equal events in one piece one passes.",
        "streaming",
        _EVENTS,
        _CHANGED,
        relay=_events(_once),
    ),
    gateway(
        "stream-cut-by-size",
        "A stream is cut after 48 KiB.",
        "streaming",
        _STREAM,
        "the gateway did not pass on the stream's end",
        relay=cut_off,
    ),
    gateway(
        "stream-in-blocks",
        "A stream reaches the client in blocks of 4 KiB.",
        "streaming",
        "FACTS 6.5, 7.2 (unbuffered)",
        "buffered instead of streamed",
        relay=small_buffer,
    ),
    gateway(
        "stream-in-pairs",
        "Each second piece of a stream waits for the next.",
        "streaming",
        "FACTS 6.5, 7.2 (unbuffered)",
        "keeps a piece of the stream back",
        relay=by_two,
    ),
    gateway(
        "stream-rest-buffered",
        "Only a stream's first piece comes at once.",
        "streaming",
        "FACTS 6.5, 7.2 (unbuffered)",
        "keeps a piece of the stream back",
        relay=after_first,
    ),
    gateway(
        "stream-break-ended",
        "A stream that was broken off gets an end mark.",
        "streaming",
        "RFC 9112 section 8",
        "look complete",
        relay=fault_hidden,
    ),
)
