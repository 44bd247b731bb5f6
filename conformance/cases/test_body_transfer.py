"""Area G: how bodies travel: their size, their compression."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable

from conformance.cases import Behaviour, Exchange, Headers, Level, Stage, case, parametrize
from conformance.exchange.expectations import (
    ArrivedOnce,
    EncodedAsDeclared,
    Facet,
    HandledCleanly,
    Holds,
    NothingArrived,
    RefusedWhileSending,
    Status,
    TextReturns,
    answered,
    verify,
)

MEBIBYTE = 1024 * 1024
WHOLE_OR_TOLD = "all of it, or an error that says that it is too large"
TOO_LARGE = re.compile("too (large|big|long)|exceed|limit", re.IGNORECASE)


def prompt_of(size: int) -> list[dict[str, str]]:
    """Messages whose text has this many bytes, and hardly compresses."""
    return [{"role": "user", "content": random.Random(size).randbytes(size // 2).hex()}]


@case(
    "body/one-mebibyte-passes",
    Level.MUST,
    "A request of 1 MiB arrives whole, and so does an answer of 1 MiB.",
    source="FACTS 2.2 step 8 (agentgateway buffers 2 MiB)",
    lines=[82],
)
async def test_one_mebibyte_passes(stage: Stage) -> None:
    exchange = await stage.chat(behaviour=Behaviour(content_bytes=MEBIBYTE), messages=prompt_of(MEBIBYTE))
    sent = len(exchange.request.json()["messages"][0]["content"])
    verify(
        exchange,
        Status(200),
        Holds(Facet.BODY_SIZE, sent, lambda one: len(one.arrival.json()["messages"][0]["content"])),
        Holds(Facet.ANSWER_SIZE, MEBIBYTE, lambda one: len(one.response.json()["choices"][0]["message"]["content"])),
    )


@case(
    "body/nearly-two-mebibytes-pass",
    Level.SHOULD,
    "A request of a little less than 2 MiB arrives whole.",
    source="FACTS 6.9, 7.2 (2,097,152 bytes, measured)",
    lines=[82],
)
async def test_nearly_two_mebibytes_pass(stage: Stage) -> None:
    exchange = await stage.chat(messages=prompt_of(2 * MEBIBYTE - 4096))
    sent = len(exchange.request.json()["messages"][0]["content"])
    arrived = Holds(Facet.BODY_SIZE, sent, lambda one: len(one.arrival.json()["messages"][0]["content"]))
    verify(exchange, Status(200), ArrivedOnce(), arrived)


@case(
    "body/too-large-refused",
    Level.MUST,
    "A request larger than the gateway's buffer ends in an error, and no part of it goes upstream: compressed or not.",
    source="FACTS 2.2 step 8, 6.9 (2 MiB)",
    lines=[82],
)
async def test_too_large_refused(stage: Stage) -> None:
    exchange = await stage.chat(messages=prompt_of(3 * MEBIBYTE))
    verify(exchange, RefusedWhileSending(), NothingArrived())
    # Of what a few bytes unfold to, too: it is the gateway's memory that is meant.
    large = [{"role": "user", "content": "x" * 3 * MEBIBYTE}]
    packed = gzip.compress(json.dumps(stage.body(messages=large)).encode())
    unfolded = await stage.chat(headers=(("Content-Encoding", "gzip"),), body=packed)
    verify(unfolded, RefusedWhileSending(), NothingArrived())


@case(
    "body/size-limit",
    Level.INFO,
    "Recorded: how requests just below and just above 2 MiB are answered.",
    source="FACTS 7.2",
    lines=[82],
)
@parametrize("size", [2 * MEBIBYTE - 1024, 2 * MEBIBYTE + 1024])
async def test_size_limit(stage: Stage, size: int) -> None:
    exchange = await stage.chat(messages=prompt_of(size))
    stage.observe(f"{len(exchange.request.body or b'')} bytes: {answered(exchange)[:120]}")


def whole_or_told(exchange: Exchange, size: int, arrived: Callable[[], int]) -> str:
    """Whether so many bytes of text arrived, or the client was told that they are too many."""
    status = exchange.response.status or 0
    if status == 200 and exchange.response.error is None:
        return WHOLE_OR_TOLD if arrived() == size else f"200, and {arrived()} of {size} bytes"
    told = status >= 400 and TOO_LARGE.search(exchange.response.text)
    return WHOLE_OR_TOLD if told else answered(exchange)[:160]


@case(
    "body/large-answer-told",
    Level.SHOULD,
    "An answer of more than 2 MiB arrives whole, or the client is told that it is too large; never a part of it.",
    source="FACTS 6.9 (response was too large)",
    lines=[82, 187],
)
async def test_large_answer_told(stage: Stage) -> None:
    size = 2 * MEBIBYTE + 65_536
    exchange = await stage.chat(behaviour=Behaviour(content_bytes=size))

    def seen(one: Exchange) -> str:
        return whole_or_told(one, size, lambda: len(one.response.json()["choices"][0]["message"]["content"]))

    verify(exchange, ArrivedOnce(), Holds(Facet.ANSWER_SIZE, WHOLE_OR_TOLD, seen))


@case(
    "body/large-request-told",
    Level.SHOULD,
    "A request of more than 2 MiB arrives whole, or the client is told that it is too large.",
    source="FACTS 6.9, 7.2 (request was too large), 8 (32 MiB after 1.4)",
    lines=[82, 187],
)
async def test_large_request_told(stage: Stage) -> None:
    size = 2 * MEBIBYTE + 1024
    exchange = await stage.chat(messages=prompt_of(size))

    def seen(one: Exchange) -> str:
        return whole_or_told(one, size, lambda: len(one.arrival.json()["messages"][0]["content"]))

    verify(exchange, Holds(Facet.BODY_SIZE, WHOLE_OR_TOLD, seen))


@case(
    "body/compressed-answer-readable",
    Level.MUST,
    "An answer that the provider compressed is readable for the client, which may have asked for that or not.",
    source="RFC 9110 section 8.4; FACTS 6.9",
    lines=[81],
)
@parametrize("accepts", [(), (("Accept-Encoding", "gzip"),)], ids=["unasked", "asked"])
async def test_compressed_answer_readable(stage: Stage, accepts: Headers) -> None:
    said = "gepackt und größer " * 3
    behaviour = Behaviour(gzip=True, merge={"choices": [{"message": {"content": said}}]})
    exchange = await stage.chat(behaviour=behaviour, headers=accepts)
    observed = Holds(Facet.RESPONSE_BODY, said, lambda one: one.response.json()["choices"][0]["message"]["content"])
    verify(exchange, Status(200), EncodedAsDeclared(), observed)


@case(
    "body/content-encoding-true",
    Level.MUST,
    "The Content-Encoding that the client gets is the one that the body really has: with success, errors, streams.",
    source="RFC 9110 section 8.4; agentgateway#3040, #1620",
    lines=[154],
)
@parametrize("compressed", [True, False], ids=["gzip", "plain"])
@parametrize("accepts", ["gzip", "identity"])
@parametrize("kind", ["success", "error", "stream"])
async def test_content_encoding_true(stage: Stage, kind: str, accepts: str, compressed: bool) -> None:
    # 400, as a gateway may turn to another provider of the Backend after 429 and 5xx.
    behaviour = Behaviour(gzip=compressed, status=400 if kind == "error" else None)
    exchange = await stage.chat(
        behaviour=behaviour, headers=(("Accept-Encoding", accepts),), stream=kind == "stream" or ...
    )
    verify(exchange, ArrivedOnce(), EncodedAsDeclared(), TextReturns("[DONE]" if kind == "stream" else "{"))


@case(
    "body/compressed-request-handled",
    Level.MUST,
    "A gzip-compressed request arrives decompressed, or is refused with nothing sent: the same for small and large.",
    source="RFC 9110 section 8.4; agentgateway#2402, #2621",
    lines=[153],
)
async def test_compressed_request_handled(stage: Stage) -> None:
    headers = (("Content-Encoding", "gzip"),)
    bodies = [stage.body(messages=prompt_of(size)) for size in (24, MEBIBYTE // 2)]
    small, large = [await stage.chat(headers=headers, body=gzip.compress(json.dumps(body).encode())) for body in bodies]
    verify(small, HandledCleanly(bodies[0]["messages"]))
    verify(large, HandledCleanly(bodies[1]["messages"]), Status(small.response.status or 0))
    # Content codings are named without regard to case (RFC 9110 section 8.4.1).
    shouted = gzip.compress(json.dumps(bodies[0]).encode())
    exchange = await stage.chat(headers=(("Content-Encoding", "GZIP"),), body=shouted)
    verify(exchange, HandledCleanly(bodies[0]["messages"]), Status(small.response.status or 0))


@case(
    "body/gzip-members-together",
    Level.SHOULD,
    "A gzip-compressed request of several members is all of them together, or is refused with nothing sent.",
    source="RFC 1952 section 2.2 (a file is a series of members)",
    lines=[153],
)
async def test_gzip_members_together(stage: Stage) -> None:
    body = stage.body(messages=prompt_of(240))
    plain = json.dumps(body).encode()
    half = len(plain) // 2
    # The first member is JSON by itself: a gateway that reads no further would not notice.
    alone = json.dumps(stage.body(messages=prompt_of(24))).encode()
    for members in ((plain[:half], plain[half:]), (plain, b" " * 8), (b"", plain)):
        packed = b"".join(gzip.compress(one) for one in members)
        exchange = await stage.chat(headers=(("Content-Encoding", "gzip"),), body=packed)
        verify(exchange, HandledCleanly(body["messages"]))
    both = gzip.compress(alone) + gzip.compress(alone)
    # Two texts of JSON are none.
    verify(await stage.chat(headers=(("Content-Encoding", "gzip"),), body=both), NothingArrived())


@case(
    "body/vendor-nulls-kept",
    Level.SHOULD,
    "A field of the provider's own whose value is null reaches the client as null: to some clients absent is an error.",
    source="RFC 8259 section 3 (null is a value); OpenAI API chat completion object",
    lines=[80, 83],
)
async def test_vendor_nulls_kept(stage: Stage) -> None:
    wanted = {"x_null": None, "x_deep": {"a": None, "b": [None]}}
    exchange = await stage.chat(behaviour=Behaviour(merge=wanted))

    def kept(one: Exchange) -> object:
        answer = one.response.json()
        return {name: answer[name] for name in wanted if name in answer}

    verify(exchange, Status(200), Holds(Facet.RESPONSE_BODY, wanted, kept))
