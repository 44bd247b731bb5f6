"""What probably happened to a body, a stream or a status on its way: diagnosis where no manifest explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import HeaderReturns, Mismatch, NothingArrived, Status
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.json_difference import ABSENT, JsonDifference
from conformance.exchange.expectations.upstream import CookieArrives, HeaderArrives, RestOfBodyKept
from conformance.verdict.diagnosis.failure import GATEWAY, Diagnosis, Failure, Told, body_field

__all__ = ["cause_on_the_way", "kept_back"]

_STREAMS: Mapping[Facet, Told] = {
    Facet.HANG_UP: Told("the gateway goes on with the upstream request of a client that has gone away", "streaming"),
    Facet.BREAK: Told("the gateway made a stream that the provider broke off look complete", "streaming"),
    Facet.FRAMING: Told("the gateway stated the length of the request upstream wrongly"),
}

_OF_STREAMS = {Facet.BREAK, Facet.EVENTS, Facet.HANG_UP}

_SIZES: Mapping[Facet, Told] = {
    Facet.ANSWER_SIZE: Told(
        "the gateway passed a part of a large answer on, or did not say that it is too large", "body"
    ),
    Facet.BODY_SIZE: Told(
        "the gateway passed a part of a large request on, or did not say that it is too large", "body"
    ),
}


def cause_on_the_way(exchange: Exchange, mismatches: Sequence[Mismatch]) -> Told | None:
    """The cause in the gateway that these mismatches point to; None when they point nowhere."""
    if exchange.expected.answer is not None:
        return None  # a question of routes and manifests
    facets = {one.about: one for one in reversed(mismatches)}
    if facets.keys() & _OF_STREAMS and _turned_off(exchange):
        return Told(
            "the gateway asked the provider for a whole answer, although the client wants a stream", "streaming"
        )
    if Facet.BREAK in facets and not _is_stream(exchange):
        return Told("the gateway made an answer that the provider broke off look complete", "errors")
    for facet, cause in _STREAMS.items():
        if facet in facets:
            return cause
    if Facet.ENCODING in facets:
        return Told(_encoding(exchange), "body")
    return (
        _status(exchange, facets)
        or _request(exchange, facets)
        or _answer(exchange, facets)
        or next((cause for facet, cause in _SIZES.items() if facet in facets), None)
    )


def kept_back(failure: Failure) -> Diagnosis | None:
    """A stream, or a piece of it, was not passed on as it came."""
    if failure.about(Facet.STREAMING) is None:
        return None
    if failure.exchange.response.chunks and failure.exchange.response.chunks[0].upstream_open:
        return Diagnosis("the gateway keeps a piece of the stream back until the provider sends the next", GATEWAY)
    cause = "the response was buffered instead of streamed: nothing reached the client while the provider was sending"
    return Diagnosis(cause, "look for a buffering proxy in between; else report it to the gateway's project")


def _turned_off(exchange: Exchange) -> bool:
    """Whether the client asked for a stream, and the gateway did not."""
    if not exchange.arrivals:
        return False
    asked, sent = (body_field(one, "stream") for one in (exchange.request, exchange.arrivals[0]))
    return bool(asked) and not sent


def _detail(facets: Mapping[Facet, Mismatch], facet: Facet) -> object:
    return facets[facet].detail if facet in facets else None


def _events(exchange: Exchange) -> str:
    if exchange.response.status == 200 and not _is_stream(exchange):
        media = exchange.response.header("content-type")
        return f"what the client got is no event stream: its Content-Type is {media or 'missing'}"
    if "[DONE]" not in exchange.response.events():
        return "the gateway did not pass on the stream's end, data: [DONE]"
    if "\ufffd" in exchange.response.text:
        return "the gateway broke a character that came in two pieces of the stream"
    return "the gateway changed the stream, or the order of its events"


def _broken_off(exchange: Exchange) -> bool:
    """Whether a stream ended before its time; what was left out of one of a stated length ends too early, too."""
    whole = "[DONE]" in exchange.response.text
    return exchange.response.error is not None and not whole and _is_stream(exchange)


def _is_stream(exchange: Exchange) -> bool:
    return (exchange.response.header("content-type") or "").startswith("text/event-stream")


def _is_for_stream(exchange: Exchange) -> bool:
    try:
        body = exchange.request.json()
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("stream") is True


def _encoding(exchange: Exchange) -> str:
    if exchange.request.values("content-encoding"):
        return "the gateway neither decompressed the compressed request nor refused it as such"
    declared = exchange.response.header("content-encoding")
    if declared is None:
        return "the gateway passed a compressed answer on without its Content-Encoding"
    return f"the answer that the gateway passed on says Content-Encoding: {declared}, and is something else"


def _status(exchange: Exchange, facets: Mapping[Facet, Mismatch]) -> Told | None:
    arrived = [one.status for one in exchange.arrivals if one.status is not None]
    status = exchange.response.status
    if exchange.arrivals and isinstance(_detail(facets, Facet.ARRIVAL), NothingArrived):
        if _detail(facets, Facet.STATUS) == Status(404):
            return Told("the gateway serves a route that is not attached to it", "routing")
        return Told("the gateway sent a request upstream that it should have refused")
    if len(exchange.arrivals) > 1 and Facet.ARRIVAL in facets:
        return Told(f"the gateway sent the request {len(exchange.arrivals)} times", "errors")
    if Facet.STATUS in facets and exchange.response.error and arrived and status == arrived[-1]:
        return Told("the gateway broke off the provider's answer", "body") if not _is_stream(exchange) else None
    if Facet.STATUS in facets and not exchange.arrivals and status is not None and status < 400:
        return Told(f"the gateway answered {status} by itself, although no provider had answered", "errors")
    if not facets.keys() & {Facet.STATUS, Facet.RESPONSE_BODY} or not arrived or status == arrived[-1]:
        return None
    if status is None:
        cause = f"the provider answered {arrived[-1]}, but the client got no answer: {exchange.response.error}"
        return Told(cause, "streaming" if _is_for_stream(exchange) else "errors")
    own = f": {exchange.response.excerpt(120)!r}" if (status or 0) >= 500 else ""
    return Told(f"the provider answered {arrived[-1]}, but the client got {status} from the gateway{own}")


def _request(exchange: Exchange, facets: Mapping[Facet, Mismatch]) -> Told | None:
    if not exchange.arrivals:
        return None
    if changed := facets.get(Facet.BODY):
        return Told(_changed("the client's request", changed))
    if Facet.METHOD in facets:
        return Told(f"the gateway changed the request's method: {exchange.request.method} to {exchange.arrival.method}")
    if isinstance(cookie := _detail(facets, Facet.HEADER), CookieArrives):
        return Told(f"the gateway dropped the client's cookie {cookie.name}")
    if isinstance(header := _detail(facets, Facet.HEADER), HeaderArrives):
        if not header.values:
            return Told(f"the gateway sent a header {header.name} to the provider, which is not to go there")
        if list(header.values) != exchange.request.values(header.name):
            came = ", ".join(exchange.arrivals[0].values(header.name)) or "not there"
            return Told(f"the header {header.name} did not arrive as filters and policies say: it is {came}")
        return Told(f"the gateway did not pass on the client's header {header.name} as it was")
    return _refused_for(exchange)


def _refused_for(exchange: Exchange) -> Told | None:
    """What the gateway changed of a request that the provider then did not take."""
    if exchange.arrivals[0].refused is None or exchange.request.body is None:
        return None
    try:
        changed = RestOfBodyKept().check(exchange)
    except ValueError:
        return None  # what the client sent was no JSON
    return Told(_changed("the client's request", changed), "body") if changed else None


def _answer(exchange: Exchange, facets: Mapping[Facet, Mismatch]) -> Told | None:
    refused = Facet.STATUS in facets and (exchange.response.status or 500) >= 400
    header = _detail(facets, Facet.RESPONSE_HEADER)
    if isinstance(header, HeaderReturns) and not refused and not header.values:
        return Told(f"the answer has a header {header.name} that is not to be there")
    if isinstance(header, HeaderReturns) and not refused and not exchange.arrivals:
        return Told(f"the gateway's own answer lacks the response header {header.name}, or it says something else")
    if not exchange.arrivals or refused:
        return None
    if Facet.EVENTS in facets and _broken_off(exchange):
        return Told("the gateway broke off a stream that the provider was still sending")
    if Facet.EVENTS in facets:
        return Told(_events(exchange), "streaming")
    if isinstance(header, HeaderReturns):
        return Told(f"the gateway did not pass on the provider's response header {header.name}")
    if changed := facets.get(Facet.RESPONSE_BODY):
        return Told(_changed("the provider's answer", changed))
    return None


def _changed(what: str, mismatch: Mismatch) -> str:
    found = mismatch.detail
    if not isinstance(found, JsonDifference) or not found.path:
        return f"the gateway changed {what}"
    return f"the gateway {'dropped' if found.observed is ABSENT else 'changed'} {found.path} of {what}"
