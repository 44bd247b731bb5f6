"""Probes of answers, errors and streams."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from mock_providers.behaviour import Behaviour
from mock_providers.journal import CORRELATION_HEADER
from tests.support.gateway import CHAT, KEYS, Bench, catches
from tests.support.gateway_objects import backend, backend_ref, policy, route
from tests.support.probes.heads import model

STREAM = {**CHAT, "stream": True}


@catches("invalid-answers-passed")
async def what_is_no_answer_is_503(one: Bench) -> None:
    for text in ("{", "", "<html>", "[]", '{"choices": []}', 'data: {"a": 1}\n\n'):
        answer = await one.send_planned(Behaviour(status=200, text=text))
        assert answer.status_code == 503
        assert answer.text.startswith("processing failed: failed to parse response: ")
    answer = await one.send_planned(Behaviour(status=200, text="x", headers=(("content-encoding", "gzip"),)))
    assert answer.text == "processing failed: failed to parse response: invalid compressed stream"


@catches("strict-answers")
async def compatible_answers_pass(one: Bench) -> None:
    for drop in ("usage", "choices.0.index"):
        answer = await one.send_planned(Behaviour(drop=(drop,)))
        assert answer.status_code == 200
    odd = {"choices": [{"message": {"role": "assistant", "content": None}, "finish_reason": "model_length"}]}
    answer = await one.send_planned(Behaviour(status=200, json={"model": "m", **odd}))
    assert (answer.status_code, answer.json()) == (200, {"model": "m", **odd})


@catches("response-wrapped-errors", "error-status-changed", "retry-after-dropped")
async def errors_pass_byte_by_byte(one: Bench) -> None:
    for status in (400, 401, 403, 404, 422, 429, 500, 503):
        for text in ('{"detail": "Unauthorized" }', "plain\n", ""):
            answer = await one.send_planned(Behaviour(status=status, text=text, headers=(("retry-after", "17"),)))
            assert (answer.status_code, answer.text, answer.headers.get("retry-after")) == (status, text, "17")


@catches("model-in-response-rewritten", "response-fields-dropped", "response-headers-dropped")
async def answers_pass_unchanged(one: Bench) -> None:
    extra = {"model": "actually-this", "service_tier": "x", "nested": {"a": [1.5, None]}}
    headers = (("x-request-id", "r-1"), ("set-cookie", "a=b"))
    answer = await one.send_planned(Behaviour(merge=extra, headers=headers))
    assert extra.items() <= answer.json().items()
    assert {"id", "created", "usage", "choices"} <= answer.json().keys()
    assert (answer.headers.get("x-request-id"), answer.headers.get("set-cookie")) == ("r-1", "a=b")


@catches("content-encoding-dropped", "content-encoding-claimed")
async def an_answers_encoding_is_what_it_says(one: Bench) -> None:
    packed = await one.send_planned(Behaviour(gzip=True))
    assert packed.headers.get("content-encoding") == "gzip"
    assert packed.json()["object"] == "chat.completion"
    plain = await one.send(headers={"accept-encoding": "identity"})
    assert ("content-encoding" in plain.headers, plain.json()["object"]) == (False, "chat.completion")


@catches("stream-buffered")
async def streams_are_not_buffered(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=3, hold_after_chunks=1))
    async with asyncio.timeout(2), one.stream(STREAM, name) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        pieces = answer.aiter_bytes()
        first = await anext(pieces)
        assert first.startswith(b"data: {")
        one.lookalikes.release(name)
        rest = b"".join([piece async for piece in pieces])
        assert rest.endswith(b"data: [DONE]\n\n")


@catches("stream-done-dropped", "stream-reordered", "stream-usage-dropped")
async def streams_arrive_whole_and_in_order(one: Bench) -> None:
    answer = await one.send_planned(Behaviour(chunks=5), payload=STREAM)
    sent = one.lookalikes.journal.requests[-1].json()
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["model"] == "mistral-medium-2505"
    events = [line for line in answer.text.split("\n\n") if line]
    assert events[-1] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert (chunks[-1].get("usage") or {}).get("prompt_tokens")
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    asked = {**STREAM, "stream_options": {"include_usage": False, "x": 1}}
    await one.send(payload=asked)
    assert one.only().json()["stream_options"] == asked["stream_options"]


@catches("stream-break-hidden")
async def broken_streams_do_not_look_whole(one: Bench) -> None:
    whole = True
    try:
        await one.send_planned(Behaviour(chunks=4, reset_after_chunks=2), payload=STREAM)
    except httpx.RemoteProtocolError:
        whole = False
    assert not whole


@catches("stream-cut")
async def slow_streams_go_on(one: Bench) -> None:
    answer = await one.send_planned(Behaviour(chunks=4, chunk_interval=0.1), payload=STREAM)
    assert answer.text.endswith("data: [DONE]\n\n")


@catches("disconnect-ignored")
async def a_client_that_leaves_ends_the_providers_work(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=3, hold_after_chunks=1))
    async with one.stream(STREAM, name) as answer:
        await anext(answer.aiter_bytes())

    def gone(journal: Any) -> bool:
        return any(seen.outcome == "client-disconnected" for seen in journal.for_exchange(name))

    await one.lookalikes.journal.wait_for(gone, 1)


async def broken_streams_are_not_ended(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=5, reset_after_chunks=2))
    raw = await one.raw(
        f"POST /mistral HTTP/1.1\r\nHost: x\r\n{CORRELATION_HEADER}: {name}\r\n".encode(), STREAM, identified=True
    )
    assert b"data: {" in raw
    assert not raw.endswith(b"0\r\n\r\n")
    assert (await one.send()).status_code == 200


catches()(broken_streams_are_not_ended)


@catches("redirect-followed")
async def redirects_are_passed_on(one: Bench) -> None:
    await one.attach("deepseek")
    place = "https://api.deepseek.com/v1/stolen"
    mark = one.lookalikes.journal.mark()
    answer = await one.send_planned(Behaviour(status=302, headers=(("location", place),)))
    assert (answer.status_code, answer.headers.get("location")) == (302, place)
    assert len(one.lookalikes.journal.since(mark).requests) == 1


@catches("failures-answered-200", "failure-remembered")
async def failures_are_503_and_pass(one: Bench) -> None:
    resets = (
        (Behaviour(reset="before-response"), "upstream call failed: SendRequest: connection"),
        (Behaviour(status=200, text="{"), "processing failed: failed to parse response: EOF while parsing"),
    )
    for behaviour, text in resets:
        answer = await one.send_planned(behaviour)
        assert (answer.status_code, answer.text[: len(text)]) == (503, text)
        assert (await one.send()).status_code == 200
    one.unresolvable.add("api.mistral.ai")
    answer = await one.send()
    assert (answer.status_code, answer.text) == (503, "backends required DNS resolution which failed")
    one.unresolvable.clear()
    await one.attach("mistral", refused=True)
    answer = await one.send()
    assert answer.status_code == 503
    assert answer.text.startswith("upstream call failed: Connect: Connection refused (os error ")
    await one.attach("mistral")
    assert (await one.send()).status_code == 200


@catches("missing-backend-404")
async def a_missing_backend_is_500(one: Bench) -> None:
    await one.apply(route("lost", backend_ref("nobody")))
    answer = await one.send("/lost")
    assert (answer.status_code, answer.text) == (500, "service not found")


@catches("key-in-error-text", "key-in-log")
async def keys_stay_inside(one: Bench) -> None:
    answers: list[httpx.Response] = [await one.send()]
    answers.append(await one.send_planned(Behaviour(status=200, text="{")))
    await one.attach("mistral", identity="self-signed")
    answers.append(await one.send())
    shown = "\n".join([*one.log, *(f"{answer.headers} {answer.text}" for answer in answers)])
    assert KEYS["mistral"] not in shown
    assert "route kgateway-system/mistral, backend kgateway-system/mistral" in shown
    assert "POST /v1/chat/completions to api.mistral.ai:443 (TLS)" in shown
    assert "own answer 503: upstream call failed: Connect: invalid peer certificate: UnknownIssuer" in shown


@catches("timeouts-ignored")
async def a_routes_timeouts_are_kept(one: Bench) -> None:
    await one.apply(backend("slow", {"openai": model()}), policy("slow"))
    for timeouts, text in (
        ({"request": "300ms"}, "request timeout"),
        ({"request": "1h", "backendRequest": "300ms"}, "upstream call timeout"),
    ):
        await one.apply(route("slow", timeouts=timeouts))
        answer = await one.send_planned(Behaviour(first_byte_after=1.0), "/slow")
        assert (answer.status_code, answer.text) == (504, text)
        streamed = await one.send_planned(Behaviour(chunks=3, chunk_interval=0.2), "/slow", payload=STREAM)
        assert streamed.text.endswith("data: [DONE]\n\n")


@catches("one-request-at-a-time")
async def a_slow_provider_delays_no_other(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=2, hold_after_chunks=1))
    async with one.stream(STREAM, name):
        async with asyncio.timeout(2):
            assert (await one.send("/deepseek")).status_code == 200
        one.lookalikes.release(name)


@catches("update-breaks-requests")
async def updates_leave_requests_alone(one: Bench) -> None:
    name = one.plan(Behaviour(chunks=3, hold_after_chunks=1))
    async with one.stream(STREAM, name) as answer:
        pieces = answer.aiter_bytes()
        await anext(pieces)
        await one.apply(backend("deepseek", {"host": "api.deepseek.com", "openai": model("other")}))
        await one.apply(backend("mistral", {"host": "moved.test"}))
        one.lookalikes.release(name)
        rest = b"".join([piece async for piece in pieces])
        assert rest.endswith(b"data: [DONE]\n\n")
