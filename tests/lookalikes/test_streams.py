"""Streams: shape, pace under the test's control, and the ways in which they break off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from mock_providers import Behaviour
from tests.support.lookalikes import KEY, PATH, PATIENCE, Served, chat, head, serving


def events(text: str) -> list[Any]:
    """The stream's events, "[DONE]" as it stands."""
    parts = [part.removeprefix("data: ") for part in text.split("\n\n") if part]
    return [part if part == "[DONE]" else json.loads(part) for part in parts]


def content(chunks: list[Any]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])


async def start(served: Served, exchange: str, body: Any) -> Any:
    """Begin a request on a raw connection."""
    data = json.dumps(body).encode()
    reader, writer = await served.open(served.trusting())
    writer.write(head(exchange=exchange, length=len(data)) + data)
    return reader, writer


async def test_a_stream_has_the_documented_shape() -> None:
    async with serving() as served:
        response = await served.ask(chat(stream=True), exchange="e-1")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    *chunks, done = events(response.text)
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert content(chunks) == "Mistral AI at api.mistral.ai:443 answers exchange e-1."
    assert not any("usage" in chunk for chunk in chunks)


@pytest.mark.parametrize(
    ("options", "behaviour", "expected"),
    [
        ({"include_usage": True}, Behaviour(), True),
        ({"include_usage": False}, Behaviour(), False),
        (None, Behaviour(), False),
        (None, Behaviour(usage_chunk=True), True),
        ({"include_usage": True}, Behaviour(usage_chunk=False), False),
    ],
)
async def test_the_usage_chunk_comes_as_asked(options: Any, behaviour: Behaviour, expected: bool) -> None:
    async with serving(behaviour=behaviour) as served:
        response = await served.ask(chat(stream=True, stream_options=options))
    last = events(response.text)[-2]
    assert (last["choices"] == []) is expected
    assert (last.get("usage") is not None) is expected


@pytest.mark.parametrize("count", [0, 1, 200])
async def test_the_number_of_content_chunks(count: int) -> None:
    async with serving(behaviour=Behaviour(chunks=count, chunk_interval=0.0001)) as served:
        response = await served.ask(chat(stream=True), exchange="e-1")
        assert served.lookalikes.journal.for_exchange("e-1")[0].chunks_sent == count
    pieces = [chunk["choices"][0]["delta"].get("content") for chunk in events(response.text)[:-1]]
    assert len([piece for piece in pieces if piece]) == count


async def test_a_stream_may_end_without_done_and_with_changed_chunks() -> None:
    async with serving(behaviour=Behaviour(done=False, merge={"model": "m"}, drop=("created",))) as served:
        chunks = events((await served.ask(chat(stream=True))).text)
    assert {chunk["model"] for chunk in chunks} == {"m"}
    assert not any("created" in chunk for chunk in chunks)


@pytest.mark.parametrize("after", [0, 2])
async def test_a_held_stream_goes_on_when_released(after: int) -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", Behaviour(hold_after_chunks=after, chunks=4))
        url = f"https://127.0.0.1:{served.listener.address[1]}{PATH}"
        headers = {"Authorization": f"Bearer {KEY}", "X-Conformance-Exchange": "e-1"}
        sni = {"sni_hostname": "api.mistral.ai"}
        async with served.client.stream(
            "POST", url, json=chat(stream=True), headers=headers, extensions=sni
        ) as response:
            received = response.aiter_text()
            text = ""
            while text.count("data: ") < after + 1:
                text += await anext(received)
            assert served.lookalikes.journal.for_exchange("e-1")[0].outcome == "open"
            served.lookalikes.release("e-1")
            async for more in received:
                text += more
    assert len(events(text)) == 1 + 4 + 1 + 1


async def test_a_release_may_come_first() -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", Behaviour(hold_after_chunks=1))
        served.lookalikes.release("e-1")
        assert events((await served.ask(chat(stream=True), exchange="e-1")).text)[-1] == "[DONE]"


@pytest.mark.parametrize("padding", [0, 300_000])
async def test_a_client_that_leaves_a_held_stream_is_noticed(padding: int) -> None:
    async with serving(behaviour=Behaviour(hold_after_chunks=1)) as served:
        reader, writer = await start(served, "e-1", chat(stream=True, pad="x" * padding))
        await reader.readuntil(b"Mistral")
        writer.transport.abort()
        seen = await served.lookalikes.journal.wait_for_outcome("e-1", PATIENCE)
    assert (seen.outcome, seen.status, seen.chunks_sent) == ("client-disconnected", 200, 1)


@pytest.mark.parametrize("behaviour", [Behaviour(first_byte_after=3600), Behaviour(chunk_interval=3600)])
async def test_a_client_that_leaves_while_the_lookalike_takes_its_time(behaviour: Behaviour) -> None:
    async with serving(behaviour=behaviour) as served:
        _, writer = await start(served, "e-1", chat(stream=True))
        await served.lookalikes.journal.wait_for_request("e-1", PATIENCE)
        writer.transport.abort()
        assert (await served.lookalikes.journal.wait_for_outcome("e-1", PATIENCE)).outcome == "client-disconnected"


async def test_a_client_that_leaves_inside_its_body_leaves_what_it_sent() -> None:
    async with serving() as served:
        _, writer = await served.open(served.trusting())
        writer.write(head(exchange="e-1", length=100) + b"half of it")
        await served.lookalikes.journal.wait_for(lambda journal: journal.for_exchange("e-1"), PATIENCE)
        writer.transport.abort()
        seen = await served.lookalikes.journal.wait_for_outcome("e-1", PATIENCE)
        await served.lookalikes.journal.wait_for(lambda _: seen.body, PATIENCE)
    assert (seen.body, seen.body_complete, seen.outcome) == (b"half of it", False, "client-disconnected")


@pytest.mark.parametrize("after", [0, 1])
async def test_a_stream_may_be_reset(after: int) -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", Behaviour(reset_after_chunks=after))
        reader, writer = await start(served, "e-1", chat(stream=True))
        received = await reader.readuntil(b"assistant" if after == 0 else b"Mistral")
        with pytest.raises(ConnectionResetError):
            await reader.readuntil(b"no such bytes")
        assert received.count(b"data: ") == after + 1
        seen = served.lookalikes.journal.for_exchange("e-1")[0]
        assert (seen.outcome, seen.status) == ("reset-by-plan", 200)
        writer.transport.abort()


async def test_a_reset_before_the_response() -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", Behaviour(reset="before-response"))
        with pytest.raises(httpx.ReadError):
            await served.ask(chat(), exchange="e-1")
        assert (await served.lookalikes.journal.wait_for_outcome("e-1", PATIENCE)).outcome == "reset-by-plan"
        assert (await served.ask(chat(), exchange="e-2")).status_code == 200


async def test_stopping_ends_held_streams() -> None:
    async with serving(behaviour=Behaviour(hold_after_chunks=0)) as served:
        reader, writer = await start(served, "e-1", chat(stream=True))
        await reader.readuntil(b"assistant")
        await served.lookalikes.stop()
        assert b"[DONE]" not in await reader.read()
        writer.transport.abort()
        assert served.lookalikes.journal.for_exchange("e-1")[0].outcome == "client-disconnected"


async def test_trailers_stand_behind_the_last_chunk() -> None:
    behaviour = Behaviour(trailers=(("X-Checksum", "4711"), ("X-More", "1")))
    async with serving(behaviour=behaviour) as served:
        reader, writer = await start(served, "e-1", chat(stream=True))
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n"), PATIENCE)
        behind = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        writer.close()
    assert b"\r\ntrailer: X-Checksum, X-More\r\n" in answer
    assert behind == b"X-Checksum: 4711\r\nX-More: 1\r\n\r\n"
