"""Area H: streamed answers that come in pieces of any kind, and answers that are no stream."""

from __future__ import annotations

from conformance.cases import Behaviour, Exchange, Level, Stage, case, param, parametrize
from conformance.cases.acts import said
from conformance.exchange.expectations import (
    ArrivedOnce,
    Facet,
    HeaderReturns,
    Holds,
    Status,
    Streamed,
    StreamedPieceByPiece,
    TextReturns,
    answered,
    verify,
)

# Of one to four bytes in UTF-8, and with a separator that ends lines for some, but not in an event stream.
TEXT = "Grüße aus 東京: 🦜 said \u2028so. "
ENDS = "It ends so:\n\ndata: [DONE]\n\n"


@case(
    "streaming/no-piece-held-back",
    Level.MUST,
    "Every piece of a stream reaches the client before the provider sends the next, not only the first.",
    source="OpenAI API streaming; FACTS 6.5, 7.2 (unbuffered)",
    lines=[86, 174],
)
async def test_no_piece_held_back(stage: Stage) -> None:
    exchange = await stage.stream(behaviour=Behaviour(chunks=4, hold_each_chunk=True))
    verify(exchange, StreamedPieceByPiece(), said(stage, exchange))


@case(
    "streaming/cut-anywhere",
    Level.MUST,
    "Events arrive whole and unchanged however the provider's bytes are cut: inside of a character, in events of more"
    " than 16 KiB, with texts that look like an end, and with a last line that nothing ends.",
    source="HTML, Server-sent events, 9.2.6; RFC 9112 section 7.1 (chunks mean nothing)",
    lines=[174],
)
@parametrize(
    "behaviour",
    [
        param(Behaviour(content=TEXT * 3, chunks=4, cut_every=7), id="every-7-bytes"),
        param(Behaviour(content=TEXT * 1500, chunks=3), id="over-16-KiB"),
        param(Behaviour(content=f"{ENDS} and more", chunks=1), id="looks-like-an-end"),
        param(Behaviour(content=TEXT, last_line_feed=False), id="last-line-open"),
    ],
)
async def test_cut_anywhere(stage: Stage, behaviour: Behaviour) -> None:
    exchange = await stage.stream(behaviour=behaviour)
    verify(exchange, Status(200), ArrivedOnce(), Streamed(behaviour.content or ""))


EVENTS = (
    ": a comment\n\n"
    'event: delta\nid: 1\ndata: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    'event: delta\nid: 1\ndata: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    'data: {"choices":[{"index":0,\ndata: "delta":{},"finish_reason":"stop"}]}\n\n'
    "data: [DONE]\n\n"
)


@case(
    "streaming/all-lines-pass",
    Level.SHOULD,
    "Comments, names and ids of events, events that are alike or have several lines: all of it reaches the client.",
    source="HTML, Server-sent events, 9.2.5 and 9.2.6",
    lines=[85, 174],
)
async def test_all_lines_pass(stage: Stage) -> None:
    canned = Behaviour(status=200, text=EVENTS, headers=(("content-type", "text/event-stream"),))
    exchange = await stage.stream(behaviour=canned)
    whole = Holds(Facet.EVENTS, EVENTS, lambda one: one.response.text)
    verify(exchange, Status(200), ArrivedOnce(), HeaderReturns("content-type", "text/event-stream"), whole)


@case(
    "streaming/error-event-passes",
    Level.SHOULD,
    "An error that the provider reports inside of a stream that began with 200 reaches the client.",
    source="OpenAI API streaming, error events; OpenRouter, mid-stream errors",
    lines=[175],
)
async def test_error_event_passes(stage: Stage) -> None:
    text = "conformance breaks off here"
    error = {"error": {"message": text, "type": "overloaded_error", "code": 529}}
    exchange = await stage.stream(behaviour=Behaviour(chunks=2, closing=error, done=False))
    verify(exchange, Status(200), TextReturns(text))


@case(
    "streaming/json-instead-of-stream",
    Level.SHOULD,
    "A provider that answers stream: true by plain JSON leaves the client neither waiting nor without a word: the"
    " answer arrives, or an error that says something.",
    source="OpenAI API streaming; vendors that ignore stream",
    lines=[175],
)
async def test_json_instead_of_stream(stage: Stage) -> None:
    told = "the provider's answer, or an error in words"

    def said_so(exchange: Exchange) -> str:
        response = exchange.response
        refused = (response.status or 0) >= 500 and response.text.strip()
        whole = response.error is None and ('"chat.completion"' in response.text or refused)
        return told if whole else answered(exchange)

    exchange = await stage.chat(stream=True, behaviour=Behaviour(status=200))
    verify(exchange, ArrivedOnce(), Holds(Facet.RESPONSE_BODY, told, said_so))


@case(
    "streaming/trailers-end-it",
    Level.SHOULD,
    "A stream behind which trailers come reaches the client whole, and ends.",
    source="RFC 9110 section 6.5; RFC 9112 section 7.1.2",
    lines=[174],
)
async def test_trailers_end_it(stage: Stage) -> None:
    exchange = await stage.stream(behaviour=Behaviour(trailers=(("X-Checksum", "4711"),)))
    verify(exchange, Status(200), ArrivedOnce(), said(stage, exchange))
