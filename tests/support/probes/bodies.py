"""Probes of the bodies of requests."""

from __future__ import annotations

import gzip
import json

from mock_providers.behaviour import Behaviour
from tests.support.gateway import CHAT, Bench, catches
from tests.support.gateway_objects import backend, policy, route


@catches("model-not-overridden", "model-overridden-if-empty", "model-not-injected")
async def a_configured_model_overrides(one: Bench) -> None:
    for body in (CHAT, {**CHAT, "model": "other"}, {"messages": CHAT["messages"]}, {**CHAT, "model": None}):
        await one.send(payload=body)
        assert one.only().json().get("model") == "mistral-medium-2505"


@catches("model-defaulted")
async def without_configured_model_the_requests_counts(one: Bench) -> None:
    await one.apply(backend("any"), route("any"), policy("any"))
    for name in ("open-mistral-nemo", ""):
        await one.send("/any", {**CHAT, "model": name})
        assert one.only().json().get("model") == name
    answer = await one.send("/any", {"messages": []})
    assert (answer.status_code, answer.text) == (503, "processing failed: missing field: model not specified")
    assert not one.seen()


@catches("request-framed-twice")
async def requests_are_well_framed(one: Bench) -> None:
    assert (await one.send()).status_code == 200


@catches("unknown-fields-dropped", "messages-flattened", "numbers-narrowed", "content-type-changed")
async def everything_else_goes_up_as_it_is(one: Bench) -> None:
    parts = [{"type": "text", "text": "Grüße 🦜\n\u2028"}, {"type": "image_url", "image_url": {"url": "data:x"}}]
    body = {
        "messages": [
            {"role": "user", "content": parts},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": {}}]},
        ],
        "temperature": 0.7,
        "top_p": 0.95,
        "seed": 2**53 - 1,
        "max_tokens": 17,
        "safe_prompt": True,
        "metadata": {"a": [1, {"b": None}]},
        "logit_bias": {"50256": -100},
        "user": None,
    }
    await one.send(payload=body)
    seen = one.only()
    assert seen.json() == {**body, "model": "mistral-medium-2505"}
    assert seen.values("content-length") == [str(len(seen.body))]
    assert seen.values("content-type") == ["application/json"]


REFUSED: list[tuple[bytes, str]] = [
    (b"", "failed to parse request: EOF while parsing a value at line 1 column 0"),
    (b"hello", "failed to parse request: expected value at line 1 column 1"),
    (b'{"model": "m"', "failed to parse request: EOF while parsing an object at line 1 column 13"),
    (b'{"model": "m"} x', "failed to parse request: trailing characters at line 1 column 16"),
    (b'{"model": NaN}', "failed to parse request: expected value"),
    (b'{"messages": [], "temperature": 1e999}', "failed to parse request: number out of range"),
    (b'{"messages": [], "user": "\\ud800"}', "failed to parse request: lone leading surrogate in hex escape"),
    (b'"\xff"', "failed to parse request: invalid unicode code point"),
    (b"[" * 100_000, "failed to parse request: recursion limit exceeded"),
    (b"[]", "missing field: request must be an object"),
    (b'{"model": ""}', "failed to parse request: missing field `messages`"),
    (b'{"messages": "hi"}', 'failed to parse request: invalid type: string "hi", expected a sequence'),
    (b'{"messages": null}', "failed to parse request: invalid type: null, expected a sequence"),
    (b'{"messages": [1]}', "failed to parse request: invalid type: integer `1`, expected struct RequestMessage"),
    (b'{"messages": [{}]}', "failed to parse request: missing field `role`"),
    (
        b'{"messages": [], "temperature": "hot"}',
        'failed to parse request: invalid type: string "hot", expected f32',
    ),
    (
        b'{"messages": [], "stream": 1.5}',
        "failed to parse request: invalid type: floating point `1.5`, expected a boolean",
    ),
    (b'{"messages": [], "max_tokens": true}', "failed to parse request: invalid type: boolean `true`, expected u32"),
    (b'{"messages": [], "seed": []}', "failed to parse request: invalid type: sequence, expected i64"),
    (b'{"messages": [], "model": {}}', "failed to parse request: invalid type: map, expected a string"),
]


@catches("invalid-json-forwarded")
async def what_is_no_chat_completion_is_refused(one: Bench) -> None:
    for content, text in REFUSED:
        answer = await one.send(content=content)
        assert (answer.status_code, answer.text) == (503, f"processing failed: {text}"), content[:40]
        assert not one.seen()
    assert (await one.send(method="GET")).status_code == 503


@catches("large-gzip-not-decoded")
async def compressed_requests_are_decoded(one: Bench) -> None:
    for size in (10, 200_000):
        text = "".join(chr(97 + (index * index) % 26) for index in range(size))
        body = {**CHAT, "user": text, "safe_prompt": hash(text)}
        content = gzip.compress(json.dumps(body).encode(), compresslevel=0)
        answer = await one.send(content=content, headers={"content-encoding": "gzip"})
        assert answer.status_code == 200
        assert one.only().json() == {**body, "model": "mistral-medium-2505"}
        assert one.only().values("content-encoding") == []


async def refuses_bad_codings(one: Bench) -> None:
    bomb = gzip.compress(b" " * (3 << 20))
    for coding, content, text in (
        ("gzip", bomb, "request was too large"),
        ("gzip", b"nothing", "failed to decode request body"),
        ("gzip", bomb[:50], "failed to decode request body"),
        ("br", b"x", "unsupported content encoding: br"),
    ):
        answer = await one.send(content=content, headers={"content-encoding": coding})
        assert (answer.status_code, answer.text) == (503, f"processing failed: {text}")
        assert not one.seen()


catches()(refuses_bad_codings)


@catches("request-limit-missing", "request-limit-small")
async def two_mebibytes_are_the_limit(one: Bench) -> None:
    filler = {**CHAT, "user": "x" * (1 << 20)}
    assert (await one.send(payload=filler)).status_code == 200
    answer = await one.send(payload={**CHAT, "user": "x" * (1 << 21)})
    assert (answer.status_code, answer.text) == (503, "processing failed: request was too large")
    assert not one.seen()
    large = await one.send_planned(Behaviour(content_bytes=3 << 20))
    assert (large.status_code, large.text) == (503, "processing failed: response was too large")
