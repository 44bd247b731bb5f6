"""Area H: streamed answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from conformance.cases import CLIENT_KEY, Aspect, Behaviour, Exchange, Level, Stage, case, parametrize
from conformance.cases.acts import said
from conformance.cases.variations import SHORT_TIMEOUT
from conformance.core import deadlines
from conformance.exchange.expectations import (
    ArrivedOnce,
    BrokenOff,
    Credential,
    Facet,
    Holds,
    ModelArrives,
    RequestTarget,
    RestOfBodyKept,
    Status,
    StreamedEarly,
    answered,
    verify,
)
from mock_providers.journal import Entries


def usage_figures(exchange: Exchange) -> str:
    """Whether any event has them."""
    return "usage figures" if any('"prompt_tokens"' in one for one in exchange.response.events()) else "none"


@case(
    "streaming/events-in-order",
    Level.MUST,
    "With stream: true the client gets text/event-stream with the provider's chunks in order, up to data: [DONE].",
    source="OpenAI API streaming; FACTS 6.5",
    lines=[85],
    certifies=True,
)
@parametrize("chunks", [1, 4, 24])
async def test_events_in_order(stage: Stage, chunks: int) -> None:
    exchange = await stage.stream(behaviour=Behaviour(chunks=chunks))
    verify(exchange, Status(200), ArrivedOnce(), said(stage, exchange))


@case(
    "streaming/not-buffered",
    Level.SHOULD,
    "The first piece of a stream reaches the client while the provider is still sending the rest.",
    source="OpenAI API streaming; FACTS 6.5",
    lines=[86],
)
async def test_not_buffered(stage: Stage) -> None:
    exchange = await stage.stream(behaviour=Behaviour(chunks=4, hold_after_chunks=1))
    verify(exchange, StreamedEarly(), said(stage, exchange))


@case(
    "streaming/usage-demanded",
    Level.INFO,
    "Recorded: what the gateway does to stream_options, absent and given.",
    source="FACTS 6.5",
    lines=[87],
)
@parametrize(
    "options",
    [None, {"include_usage": False}, {"include_usage": True}, {"include_usage": True, "x_vendor": 1}],
    ids=["absent", "no-usage", "usage", "unknown"],
)
async def test_usage_demanded(stage: Stage, options: dict[str, object] | None) -> None:
    exchange = await stage.stream(stream_options=... if options is None else options)
    verify(exchange, Status(200), ArrivedOnce())
    stage.observe(f"stream_options {options or 'absent'} arrive as {exchange.arrival.json().get('stream_options')}")


@case(
    "streaming/usage-choice-kept",
    Level.SHOULD,
    "A client that says in stream_options whether it wants usage figures is heard: the gateway does not say otherwise.",
    source="FACTS 6.5 (the client's own include_usage, true or false, is kept)",
    lines=[87],
)
@parametrize("wanted", [False, True])
async def test_usage_choice_kept(stage: Stage, wanted: bool) -> None:
    exchange = await stage.stream(stream_options={"include_usage": wanted})
    verify(exchange, Status(200), ArrivedOnce(), RestOfBodyKept())


@case(
    "streaming/model-path-and-key",
    Level.MUST,
    "A streaming request has the Backend's model, path and key like any other, also when it names a model.",
    source="SEED table model, path, authToken",
    lines=[88, 173],
    certifies=True,
    about=(Aspect.MODEL, Aspect.PATH, Aspect.HEADERS),
)
async def test_model_path_and_key(stage: Stage) -> None:
    exchange = await stage.stream(
        model=stage.other_model(), headers=(("Authorization", f"Bearer {CLIENT_KEY.reveal()}"),)
    )
    verify(exchange, Status(200), RequestTarget(), Credential(), ModelArrives())


@case(
    "streaming/hang-up-reaches-provider",
    Level.SHOULD,
    "When the client goes away in the middle of a stream, the gateway ends the request upstream.",
    source="FACTS 6.5",
    lines=[89],
)
async def test_hang_up_reaches_provider(stage: Stage) -> None:
    request = stage.request(stream=True)
    mark = await stage.lookalikes.mark()
    exchange = await stage.send(request, behaviour=Behaviour(chunks=3, hold_after_chunks=1), hang_up_after=1)
    verify(exchange, Status(200))

    def ended(seen: Entries) -> bool:
        mine = [one for one in seen.requests if one.correlation_id == request.correlation_id]
        return bool(mine) and all(one.outcome == "client-disconnected" for one in mine)

    closed = await stage.lookalikes.until(mark, ended, deadlines.QUIET_AFTER_HANGUP)
    await stage.lookalikes.release(request.correlation_id or "")
    outcome = "the request upstream is ended"
    verify(exchange, Holds(Facet.HANG_UP, outcome, lambda _: outcome if closed else "it goes on"))


@case(
    "streaming/break-is-visible",
    Level.SHOULD,
    "When the provider breaks off a stream, or its refusal of one, the client can tell: the answer does not end as if"
    " it were whole.",
    source="RFC 9112 section 8; FACTS 6.5",
    lines=[93],
)
async def test_break_is_visible(stage: Stage) -> None:
    exchange = await stage.stream(behaviour=Behaviour(chunks=4, reset_after_chunks=2))
    verify(exchange, BrokenOff())
    refused = await stage.stream(behaviour=Behaviour(status=400, text="refused " * 64, chunks=1, reset="in-response"))
    verify(refused, BrokenOff(told=True))


@case(
    "streaming/error-status",
    Level.INFO,
    "Recorded: how a provider's refusal of a streaming request reaches the client.",
    source="FACTS 6.5",
    lines=[90],
)
@parametrize("status", [400, 429, 503])
async def test_error_status(stage: Stage, status: int) -> None:
    error = {"error": {"message": "conformance refuses", "type": "x"}}
    exchange = await stage.stream(behaviour=Behaviour(status=status, json=error))
    same = "the same body" if exchange.response.text == '{"error":{"message":"conformance refuses","type":"x"}}' else ""
    stage.observe(f"{status} while streaming: {answered(exchange)} {same}")


@case(
    "streaming/slow-chunks-not-cut",
    Level.SHOULD,
    "A stream that goes on for longer than the gateway's deadline for an answer's beginning is not cut.",
    source="LLMKube#734; FACTS 6.6 (timeouts.request covers the time until the response's head)",
    lines=[156],
    scenario=SHORT_TIMEOUT,
)
async def test_slow_chunks_not_cut(stage: Stage) -> None:
    # Five pauses of 150 ms: half as long again as the route's deadline, and no single one near it.
    exchange = await stage.stream(behaviour=Behaviour(chunks=6, chunk_interval=0.15))
    verify(exchange, Status(200), said(stage, exchange))


PAUSE = 3.5
"""Seconds: more than deadlines of a few seconds, such as one for idle connections. Who cuts later is not seen."""


@case(
    "streaming/pause-not-cut",
    Level.SHOULD,
    "A stream in which the provider pauses, as models do that think or call tools, is not cut.",
    source="LLMKube#734; FACTS 6.6 (timeouts.request covers the time until the response's head)",
    lines=[156],
)
async def test_pause_not_cut(stages: Mapping[str, Stage]) -> None:
    # All providers at once: it is waiting, not work.
    pausing = Behaviour(chunks=2, chunk_interval=PAUSE)
    exchanges = await asyncio.gather(*(stage.stream(behaviour=pausing) for stage in stages.values()))
    for stage, exchange in zip(stages.values(), exchanges, strict=True):
        verify(exchange, Status(200), said(stage, exchange))


@case(
    "streaming/usage-reaches-client",
    Level.SHOULD,
    "The usage figures that the provider sends at the end of a stream reach the client.",
    source="OpenAI API stream_options; agentgateway#1686",
    lines=[159],
)
async def test_usage_reaches_client(stage: Stage) -> None:
    exchange = await stage.stream(behaviour=Behaviour(usage_chunk=True), stream_options={"include_usage": True})
    verify(exchange, Status(200), said(stage, exchange), Holds(Facet.EVENTS, "usage figures", usage_figures))
