"""Expectations about bodies: how they are framed and encoded, what of an answer or a stream reaches the client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch, answered, compare, compare_json, if_arrived
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.json_difference import shown

__all__ = [
    "BrokenOff",
    "EncodedAsDeclared",
    "Framed",
    "HandledCleanly",
    "RefusedWhileSending",
    "Streamed",
    "StreamedEarly",
    "StreamedPieceByPiece",
    "TextReturns",
    "contents",
]


@dataclass(frozen=True)
class TextReturns:
    """The client sees this text of the provider's answer, in whatever wrapping."""

    text: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        if self.text in exchange.response.text:
            return None
        return Mismatch(Facet.RESPONSE_BODY, f"an answer that says {self.text!r}", answered(exchange))


@dataclass(frozen=True)
class EncodedAsDeclared:
    """The answer's body is complete, and compressed exactly as its Content-Encoding says."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        response = exchange.response
        declared = response.header("content-encoding") or "identity"
        expected = f"a body that is {declared}, as Content-Encoding says"
        if response.error is not None:
            return Mismatch(Facet.ENCODING, expected, f"it cannot be read ({response.error})")
        # The client has undone what was declared; whatever is compressed still was not declared.
        return Mismatch(Facet.ENCODING, expected, "gzip") if response.body.startswith(b"\x1f\x8b") else None


@dataclass(frozen=True)
class Framed:
    """The request upstream has a body of the length it states, or a chunked one, and never both statements."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        if (missing := if_arrived(Facet.FRAMING, "one well-framed request", exchange)) is not None:
            return missing
        arrival = exchange.arrival
        lengths, codings = arrival.values("content-length"), arrival.values("transfer-encoding")
        if not arrival.body_complete:
            return Mismatch(Facet.FRAMING, "a complete body", f"{len(arrival.body)} bytes, then nothing more")
        stated = [f"Content-Length: {one}" for one in lengths] + [f"Transfer-Encoding: {one}" for one in codings]
        wanted = ["Transfer-Encoding: chunked"] if codings else [f"Content-Length: {len(arrival.body)}"]
        return compare(Facet.FRAMING, wanted, stated)


@dataclass(frozen=True)
class RefusedWhileSending:
    """The gateway says that the request is too large, or hangs up on a client that goes on sending it."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        status = exchange.response.status
        if status is None or status == 413 or status >= 500:
            return None
        return Mismatch(Facet.STATUS, "an error: 413 or 5xx", answered(exchange))


@dataclass(frozen=True)
class HandledCleanly:
    """A compressed request arrives once, decompressed, with these messages; or the gateway refuses it unsent."""

    messages: Any

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = "these messages upstream without Content-Encoding, or an error and nothing upstream"
        status = exchange.response.status or 0
        if not exchange.arrivals:
            return (
                None if status >= 400 else Mismatch(Facet.ENCODING, expected, f"nothing upstream, {answered(exchange)}")
            )
        if (missing := if_arrived(Facet.ENCODING, expected, exchange)) is not None:
            return missing
        if codings := exchange.arrival.values("content-encoding"):
            return Mismatch(Facet.ENCODING, expected, f"Content-Encoding: {', '.join(codings)} upstream")
        try:
            body = exchange.arrival.json()
        except ValueError:
            return Mismatch(Facet.ENCODING, expected, "a body upstream that is no JSON, and does not say what it is")
        return compare_json(Facet.ENCODING, {"messages": self.messages}, {"messages": body.get("messages")})


@dataclass(frozen=True)
class Streamed:
    """The client gets server-sent events whose contents, put together in order, are this text, then `[DONE]`."""

    text: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        response = exchange.response
        media_type = (response.header("content-type") or "").partition(";")[0].strip()
        if response.status != 200 or media_type != "text/event-stream":
            return Mismatch(Facet.EVENTS, "200 text/event-stream", f"{answered(exchange)} {media_type}")
        if response.error is not None:
            return Mismatch(Facet.EVENTS, "a stream that ends in order", f"it broke off ({response.error})")
        events = response.events()
        if events.count("[DONE]") != 1 or events[-1] != "[DONE]":
            last = shown(events[-1]) if events else "nothing"
            return Mismatch(
                Facet.EVENTS, "data: [DONE] once, as the last event", f"{len(events)} events, at last {last}"
            )
        try:
            observed = "".join(contents(events[:-1]))
        except (ValueError, TypeError, AttributeError) as error:
            return Mismatch(Facet.EVENTS, "events of JSON chunks", f"{error}: {shown(events)}")
        return compare(Facet.EVENTS, f"the text {self.text!r}", f"the text {observed!r}")


def contents(events: Sequence[str]) -> list[str]:
    """The pieces of the first choice's text. Raises ValueError for an event that is no JSON."""
    deltas = [choice.get("delta") for event in events for choice in json.loads(event).get("choices", [])[:1]]
    return [delta["content"] for delta in deltas if delta and delta.get("content")]


@dataclass(frozen=True)
class BrokenOff:
    """The answer began, and its end shows that it is not whole; `told`: or the gateway says so by its own error."""

    told: bool = False

    def check(self, exchange: Exchange) -> Mismatch | None:
        response = exchange.response
        if self.told and (response.error is not None or (response.status or 0) >= 500):
            return None
        if response.status == 200 and response.error is not None and "[DONE]" not in response.events():
            return None
        what = "an answer" if self.told else "a stream"
        return Mismatch(Facet.BREAK, f"{what} that breaks off", f"one that ends in order: {answered(exchange)}")


@dataclass(frozen=True)
class StreamedEarly:
    """The first piece reaches the client while the provider still holds the rest back."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        chunks = exchange.response.chunks
        if chunks and chunks[0].upstream_open:
            return None
        went = "the first piece came when the provider had finished" if chunks else f"none did; {answered(exchange)}"
        return Mismatch(Facet.STREAMING, "the first piece arrives while the provider is still sending", went)


@dataclass(frozen=True)
class StreamedPieceByPiece:
    """Each piece reaches the client while the provider holds the next one back."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        response = exchange.response
        if response.chunks and response.error is None:
            return None
        text = f"after {response.text[-60:]!r} nothing came" if response.chunks else answered(exchange)
        return Mismatch(Facet.STREAMING, "each piece arrives before the provider sends the next", text, detail=self)
