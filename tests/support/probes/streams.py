"""Probes of streams in pieces, of rare statuses, and of connections that end."""

from __future__ import annotations

import asyncio

import httpx

from mock_providers.behaviour import Behaviour
from tests.support.gateway import CHAT, Bench, catches

STREAM = {**CHAT, "stream": True}
TEXT = "Grüße aus 東京: 🦜 "


@catches("stream-model-kept")
async def a_streamed_requests_model_is_overridden(one: Bench) -> None:
    await one.send(payload={**STREAM, "model": "other"})
    assert one.only().json()["model"] == "mistral-medium-2505"


@catches("stream-piece-behind")
async def each_piece_comes_before_the_next(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=3, hold_each_chunk=True))
    async with asyncio.timeout(2), one.stream(STREAM, name) as answer:
        pieces, got = answer.aiter_bytes(), b""
        for number in (1, 2, 3):
            while got.count(b"\n\n") <= number:
                got += await anext(pieces)
            one.lookalikes.release(f"{name}/{number}")
        assert b"".join([got, *[piece async for piece in pieces]]).endswith(b"data: [DONE]\n\n")


@catches("stream-characters-broken", "stream-last-line-lost", "stream-events-cut")
async def streams_pass_however_they_are_cut(one: Bench) -> None:
    for behaviour in (
        Behaviour(content=TEXT, cut_every=3),
        Behaviour(content=TEXT * 2000, chunks=1),
        Behaviour(content=TEXT, last_line_feed=False),
    ):
        answer = await one.send_planned(behaviour, payload=STREAM)
        events = [line.removeprefix("data: ") for line in answer.text.split("\n") if line]
        assert events.pop() == "[DONE]"
        pieces = [event.partition('"content":"')[2].partition('"}')[0] for event in events]
        assert "".join(pieces) == behaviour.content


@catches("stream-errors-dropped", "stream-json-dropped")
async def what_is_no_chunk_passes_too(one: Bench) -> None:
    answer = await one.send_planned(Behaviour(closing={"error": {"message": "no more"}}, done=False), payload=STREAM)
    assert answer.text.endswith('data: {"error":{"message":"no more"}}\n\n')
    answer = await one.send_planned(Behaviour(status=200), payload=STREAM)
    assert (answer.status_code, answer.json()["object"]) == (200, "chat.completion")


@catches("rare-status-changed")
async def rare_statuses_pass(one: Bench) -> None:
    for status in (402, 408, 504, 520, 529):
        assert (await one.send_planned(Behaviour(status=status))).status_code == status


@catches("request-retried")
async def requests_go_up_once(one: Bench) -> None:
    assert (await one.send()).status_code == 200
    for behaviour in (
        Behaviour(reset="before-response"),
        Behaviour(reset="in-response"),
        Behaviour(reset="after-response"),
        Behaviour(close="before-response"),
    ):
        try:
            await one.send_planned(behaviour)
        except httpx.RemoteProtocolError:
            assert behaviour.reset == "in-response"
        assert len(one.seen()) == 1
