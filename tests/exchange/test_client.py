"""The client's side of an exchange, against servers that answer well, badly, late or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from conformance.core import deadlines
from conformance.exchange.client import GatewayClient
from conformance.exchange.messages import ClientRequest, ClientResponse

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

POST = ClientRequest("POST", "/opal?x=%20", (("X-Two", "1"), ("x-two", "2")), b"{}", "id-1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def gateway(answer: Answer) -> AsyncIterator[GatewayClient]:
    """A client of a server that reads one request's head and then does as it is told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = GatewayClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "localhost:8080")
    try:
        yield client
    finally:
        await client.close()
        server.close()
        await server.wait_closed()


def answering(*pieces: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return answer


async def test_what_goes_out_is_what_the_case_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with gateway(answer) as client:
        response = await client.send(POST)
    assert heads == [
        b"POST /opal?x=%20 HTTP/1.1\r\nHost: localhost:8080\r\nX-Two: 1\r\nx-two: 2\r\n"
        b"x-conformance-exchange: id-1\r\nContent-Length: 2\r\n\r\n"
    ]
    assert (response.status, response.text, response.values("x-a"), response.header("X-A")) == (
        200,
        "ok",
        ["1", "2"],
        "1",
    )
    assert response.header("missing") is None


async def test_a_host_of_its_own_and_chunks() -> None:
    seen = b""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen = await reader.readuntil(b"0\r\n\r\n")
        writer.write(OK)

    async with gateway(answer) as client:
        chunked = (("Host", "other.test"), ("Transfer-Encoding", "chunked"))
        await client.send(ClientRequest("POST", "/", chunked, b"abcd"))
    assert seen.lower().count(b"host:") == 1
    assert b"Host: other.test\r\n" in seen
    assert seen.endswith(b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("pieces", "status", "error"),
    [
        ([], None, "RemoteProtocolError"),
        ([b"garbage\r\n\r\n"], None, "RemoteProtocolError"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], None, "RemoteProtocolError"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"], 200, "RemoteProtocolError"),
        ([STREAM + b"5\r\nab"], 200, "RemoteProtocolError"),
        ([STREAM + b"zz\r\n"], 200, "RemoteProtocolError"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"], 200, "DecodingError"),
    ],
)
async def test_a_bad_answer_is_evidence_and_no_exception(pieces: list[bytes], status: int | None, error: str) -> None:
    async with gateway(answering(*pieces)) as client:
        response = await client.send(POST)
    assert response.status == status
    assert (response.error or "").startswith(error)


async def test_nobody_listens() -> None:
    async with gateway(answering(OK)) as client:
        pass
    again = GatewayClient(client._url, "localhost")
    try:
        assert (await again.send(POST)).error == "ConnectError: All connection attempts failed"
        assert ((await again.send_raw(b"x")).error or "").startswith("ConnectionRefusedError")
    finally:
        await again.close()


async def told(numbers: list[int], number: int) -> bool:
    numbers.append(number)
    return number == 1


async def test_pieces_of_a_stream_are_told_as_they_come() -> None:
    numbers: list[int] = []
    released = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(STREAM + b"9\r\ndata: a\n\n\r\n")
        await released.wait()
        writer.write(b"9\r\ndata: b\n\n\r\n0\r\n\r\n")

    async def on_chunk(number: int, data: bytes) -> bool:
        released.set()
        return await told(numbers, number)

    async with gateway(answer) as client:
        response = await client.send(POST, on_chunk=on_chunk)
    assert numbers == [1, 2]
    assert [chunk.upstream_open for chunk in response.chunks] == [True, False]
    assert response.events() == ["a", "b"]


@pytest.mark.parametrize("sent", [b"", STREAM], ids=["nothing", "only the head"])
async def test_a_stream_that_does_not_begin(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "FIRST_CHUNK", 0.05)
    numbers: list[int] = []
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        await ended.wait()

    async with gateway(answer) as client:
        response = await client.send(POST, on_chunk=lambda number, data: told(numbers, number))
        ended.set()
    assert numbers == [0]
    assert response.status == (200 if sent else None)
    assert "arrived in time" in (response.error or "")


async def test_a_client_that_hangs_up() -> None:
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(STREAM + b"1\r\na\r\n")
        await reader.read()
        gone.set()

    async with gateway(answer) as client:
        response = await client.send(POST, hang_up_after=1)
        async with asyncio.timeout(5):
            await gone.wait()
    assert (response.status, response.body) == (200, b"a")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([OK], ClientResponse(200, (("Content-Length", "2"), ("X-A", "1"), ("X-A", "2")), b"ok")),
        ([b"HTTP/1.0 404 \r\n\r\nto the end"], ClientResponse(404, (), b"to the end")),
        (
            [STREAM + b"2;x=y\r\nab\r\n", b"1\r\nc\r\n0\r\n\r\n"],
            ClientResponse(200, (("Transfer-Encoding", "chunked"),), b"abc"),
        ),
    ],
)
async def test_raw_bytes(pieces: list[bytes], expected: ClientResponse) -> None:
    async with gateway(answering(*pieces)) as client:
        assert await client.send_raw(b"GET / HTTP/1.1\r\n\r\n") == expected


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([], "IncompleteReadError"),
        ([b"SSH-2.0-x\r\n\r\n"], "ValueError: no HTTP answer: 'SSH-2.0-x'"),
        ([b"HTTP/1.1 abc\r\n\r\n"], "ValueError"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"], "IncompleteReadError"),
        ([STREAM + b"xyz\r\n"], "ValueError"),
        ([b"x" * 200_000], "LimitOverrunError"),
    ],
)
async def test_raw_bytes_and_a_bad_answer(pieces: list[bytes], error: str) -> None:
    async with gateway(answering(*pieces)) as client:
        response = await client.send_raw(b"GET / HTTP/1.1\r\n\r\n")
    assert response.status is None
    assert (response.error or "").startswith(error)
