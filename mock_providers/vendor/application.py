"""The ASGI application of one lookalike: the vendor's answer, or the one its behaviour asks for."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.behaviour import Behaviour
from mock_providers.connection.protocol import LookalikeProtocol
from mock_providers.journal import RequestSeen
from mock_providers.vendor.completions import completion, encoded
from mock_providers.vendor.endpoints import endpoint_of
from mock_providers.vendor.media import accepts_gzip, date, gzipped, type_of
from mock_providers.vendor.plans import Plans
from mock_providers.vendor.requests import ChatRequest
from mock_providers.vendor.speech import events_of, whole_of
from mock_providers.vendor.vendor import ErrorAnswer, error_of_status, judge

__all__ = ["MOST_BODY", "Application"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Any], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

MOST_BODY = 64 * 1024 * 1024
"""Bytes of a request body; longer ones are refused with 413, like any vendor's edge does."""

_NO_BODY = (204, 304)
_RATE_LIMITS: RawHeaders = [
    (b"x-ratelimit-limit-requests", b"10000"),
    (b"x-ratelimit-remaining-requests", b"9999"),
    (b"x-ratelimit-limit-tokens", b"2000000"),
    (b"x-ratelimit-remaining-tokens", b"1999000"),
]


class Application:
    """Answers for one provider, and for `others` on their paths.

    `behaviour` is for requests without a plan; it may be replaced at any time.
    """

    def __init__(
        self,
        provider: Provider,
        keys: frozenset[str],
        behaviour: Behaviour,
        plans: Plans,
        *,
        others: tuple[Provider, ...] = (),
    ) -> None:
        self.provider = provider
        self.others = others
        self.keys = keys
        self.behaviour = behaviour
        self.plans = plans

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; raises nothing for what a client does wrong."""
        seen: RequestSeen = scope["state"]["seen"]
        link: LookalikeProtocol = scope["state"]["link"]
        path = scope["raw_path"].decode("latin-1")
        answer = _Answer(self, self._asked(seen, path), seen, link, send)
        if not await _read_body(seen, receive):
            return
        if len(seen.body) > MOST_BODY:
            await answer.whole(error_of_status(self.provider, 413), close=True)
            return
        link.flow.resume_reading()  # uvicorn pauses on a long body; a client's leaving shows only while we read
        link.journal.changed(seen)
        behaviour = answer.behaviour
        if behaviour.first_byte_after and not await link.pause(behaviour.first_byte_after):
            return
        if behaviour.holds_answer and not await link.hold(self.plans.hold(answer.exchange or "")):
            return
        if behaviour.reset == "before-response":
            link.end(seen, "reset-by-plan", None)
            link.reset()
            return
        if behaviour.close == "before-response":
            link.end(seen, "closed-without-answer", None)
            link.transport.close()
            return
        await self._answer(answer, path)

    async def _answer(self, answer: _Answer, path: str) -> None:
        behaviour = answer.behaviour
        if behaviour.status is not None or behaviour.json is not None or behaviour.text is not None:
            await answer.canned()
            return
        judged = judge(answer.provider, self.keys, answer.seen, path, answer.seen.body)
        if isinstance(judged, ChatRequest) and judged.stream:
            await answer.stream(judged)
        elif isinstance(judged, ErrorAnswer):
            answer.seen.refused = judged.kind
            await answer.whole(judged)
        else:
            body = whole_of(answer.provider, behaviour, judged, answer.exchange)
            await answer.send_whole(200, b"application/json", encoded(body))

    def _asked(self, seen: RequestSeen, path: str) -> Provider:
        """Who of those that are here has this path; where several have, whose header for the key was sent."""
        fitting = [one for one in (self.provider, *self.others) if endpoint_of(one, path)]
        names = {name.lower() for name, _ in seen.headers}
        keyed = [one for one in fitting if one.auth_header.lower() in names]
        return next(iter((*keyed, *fitting)), self.provider)


class _Answer:
    """One answer on its way out."""

    def __init__(
        self, application: Application, provider: Provider, seen: RequestSeen, link: LookalikeProtocol, send: Send
    ) -> None:
        self.provider = provider
        self.plans = application.plans
        self.seen = seen
        self.link = link
        self.exchange = seen.correlation_id
        planned = application.plans.behaviours.get(self.exchange) if self.exchange is not None else None
        self.behaviour = planned or application.behaviour
        self._send = send

    async def whole(self, refused: ErrorAnswer, *, close: bool = False) -> None:
        """A vendor's error."""
        extra = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in refused.headers]
        if close:
            extra.append((b"connection", b"close"))
        if refused.plain:
            await self.send_whole(refused.status, type_of(refused.body), refused.body.encode(), extra)
        else:
            await self.send_whole(refused.status, b"application/json", encoded(refused.body), extra)

    async def canned(self) -> None:
        """The answer the behaviour states."""
        behaviour = self.behaviour
        status = behaviour.status or 200
        if behaviour.text is not None:
            await self.send_whole(status, type_of(behaviour.text), behaviour.text.encode("utf-8", "surrogatepass"))
        elif behaviour.json is not None:
            await self.send_whole(status, b"application/json", encoded(behaviour.json))
        elif 200 <= status < 300 and status not in _NO_BODY:
            model = self.provider.models[0] if self.provider.models else "any"
            request = ChatRequest(model, stream=False, include_usage=False, choices=1, prompt_bytes=len(self.seen.body))
            body = completion(self.provider, behaviour, request, self.exchange)
            await self.send_whole(status, b"application/json", encoded(body))
        elif status < 400:
            await self.send_whole(status, b"", b"")
        else:
            await self.whole(error_of_status(self.provider, status))

    async def send_whole(self, status: int, media_type: bytes, body: bytes, extra: RawHeaders | None = None) -> None:
        """Send status, headers and the complete body."""
        headers = extra or []
        if media_type:
            headers.append((b"content-type", media_type))
        if self._compresses and body:
            body = gzipped(body)
            headers.append((b"content-encoding", b"gzip"))
        if status not in _NO_BODY and not self.behaviour.chunks:
            headers.append((b"content-length", str(len(body)).encode("ascii")))
        await self._start(status, headers)
        if self.behaviour.reset == "in-response":
            await self._body(body[: len(body) // 2])
            self.link.end(self.seen, "reset-by-plan", status)
            self.link.reset()
            return
        await self._finish(status, b"" if status in _NO_BODY else body)

    async def stream(self, request: ChatRequest) -> None:
        """Send a completion as server-sent events."""
        headers: RawHeaders = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-cache"),
        ]
        squeeze = zlib.compressobj(wbits=31) if self._compresses else None
        if squeeze:
            headers.append((b"content-encoding", b"gzip"))

        def wire(event: bytes) -> bytes:
            # A vendor flushes after each event, or the client would wait for a full block.
            return squeeze.compress(event) + squeeze.flush(zlib.Z_SYNC_FLUSH) if squeeze else event

        await self._start(200, headers)
        events = events_of(self.provider, self.behaviour, request, self.exchange)
        await self._body(wire(events.opening))
        if not await self._between_chunks(0):
            return
        for number, piece in enumerate(events.pieces, start=1):
            if number > 1 and not await self.link.pause(self.behaviour.chunk_interval):
                return
            await self._body(wire(piece))
            if not await self._between_chunks(number):
                return
        tail = events.closing + events.end
        last = wire(tail if self.behaviour.last_line_feed else tail.rstrip(b"\n"))
        last += squeeze.flush() if squeeze else b""
        if self.behaviour.cut_every:
            await self._body(last)
        await self._finish(200, b"" if self.behaviour.cut_every else last)

    async def _between_chunks(self, number: int) -> bool:
        """Hold or reset after so many content chunks; false when the stream is over."""
        self.seen.chunks_sent = number
        self.link.journal.changed(self.seen)
        each = self.behaviour.hold_each_chunk and number > 0
        if each or self.behaviour.hold_after_chunks == number:
            released = self.plans.hold(f"{self.exchange or ''}{f'/{number}' if each else ''}")
            if not await self.link.hold(released):
                return False
        if self.behaviour.reset_after_chunks == number:
            self.link.end(self.seen, "reset-by-plan", 200)
            self.link.reset()
            return False
        return not self.link.gone.done()

    @property
    def _compresses(self) -> bool:
        asked = self.behaviour.gzip
        return asked is True or (asked == "accepted" and accepts_gzip(self.seen))

    async def _start(self, status: int, headers: RawHeaders) -> None:
        self.seen.status = status
        own: RawHeaders = [
            (b"date", date()),
            (b"server", b"lookalike"),
            (b"x-request-id", f"{self.provider.name}-{self.seen.sequence}".encode()),
            *_RATE_LIMITS,
            *headers,
        ]
        added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.behaviour.headers]
        if self.behaviour.trailers:
            own.append((b"trailer", ", ".join(name for name, _ in self.behaviour.trailers).encode("latin-1")))
        if added:
            replaced = {name for name, _ in added}
            own = [(name, value) for name, value in own if name not in replaced] + added
        await self._send({"type": "http.response.start", "status": status, "headers": own})

    async def _body(self, data: bytes) -> None:
        """Send a part of the body; a chunk of its own for each piece that it is cut into."""
        size = self.behaviour.cut_every or max(len(data), 1)
        for start in range(0, len(data), size):
            await self._send({"type": "http.response.body", "body": data[start : start + size], "more_body": True})

    async def _finish(self, status: int, data: bytes) -> None:
        await self.link.flow.drain()
        # Noted before the last byte leaves: who has read the whole answer finds it in the journal.
        if not self.link.gone.done():
            self.link.end(self.seen, "answered", status)
        self.link.trail(self.behaviour.trailers)
        await self._send({"type": "http.response.body", "body": data, "more_body": False})
        if self.behaviour.reset == "after-response":
            self.link.reset()
        elif self.behaviour.close == "after-response":
            self.link.transport.close()


async def _read_body(seen: RequestSeen, receive: Receive) -> bool:
    """Read the body into the journal's entry; false when the client went away first."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            seen.body = b"".join(parts)
            return False
        parts.append(message["body"])
        size += len(message["body"])
        if not message["more_body"] or size > MOST_BODY:
            seen.body = b"".join(parts) if len(parts) > 1 else parts[0]
            seen.body_complete = not message["more_body"]
            return True
