"""The client's side of an exchange: sends requests to the gateway and notes what came back."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import httpcore

from conformance.core import deadlines, host
from conformance.exchange.decoding import Decoding
from conformance.exchange.messages import Chunk, ClientRequest, ClientResponse
from mock_providers.journal import CORRELATION_HEADER

__all__ = ["GatewayClient", "OnChunk"]

_MOST_CONNECTIONS = 32
"""More than a case holds open at once; what is beyond waits its turn, since each may cost four open files here."""
_MOST_IDLE = 4
_IDLE_SECONDS = 5.0
_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})
_BROKEN = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)

OnChunk = Callable[[int, bytes], Awaitable[bool]]


class GatewayClient:
    """Sends to one gateway. `authority` goes out as the Host header unless a request has its own."""

    def __init__(self, url: str, authority: str) -> None:
        self._authority = authority
        self._url = url
        # The connections alone: all of a request, and what is done with an answer, is the case's.
        self._connections = httpcore.AsyncConnectionPool(
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_SECONDS,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    def headers(self, request: ClientRequest) -> list[tuple[str, str]]:
        """The headers as sent: the request's own, the Host, the correlation id."""
        sent = list(request.headers)
        if not request.values("host"):
            sent.insert(0, ("Host", self._authority))
        if request.correlation_id:
            sent.append((CORRELATION_HEADER, request.correlation_id))
        return sent

    async def send(
        self,
        request: ClientRequest,
        *,
        on_chunk: OnChunk | None = None,
        hang_up_after: int | None = None,
        at: str | None = None,
    ) -> ClientResponse:
        """Send and read the whole answer; no answer becomes a response with `error`. `at`: to another URL than its own.

        A request whose headers say `Transfer-Encoding: chunked` is sent in two chunks.

        `on_chunk(number, data)` is awaited for each piece that arrives, and for number 0 when none came in time; it
        says whether the lookalike was still holding its stream back. `hang_up_after`: close after so many pieces.
        """
        chunks: list[Chunk] = []
        try:
            async with asyncio.timeout(deadlines.FIRST_CHUNK if on_chunk else None):
                response = await self._connections.handle_async_request(self._built(request, at or self._url))
        except TimeoutError:
            if on_chunk is not None:
                await on_chunk(0, b"")
            return ClientResponse(None, error="no head of the answer arrived in time")
        except _BROKEN as error:
            host.note(error)
            return ClientResponse(None, error=f"{type(error).__name__}: {error}")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        head = ClientResponse(response.status, headers)
        error_text: str | None = None
        try:
            pieces = _decoded(response, Decoding(head.values("content-encoding")))
            await self._read(pieces, chunks, on_chunk, hang_up_after)
        except _BROKEN as error:
            error_text = f"{type(error).__name__}: {error}"
        except zlib.error as error:
            error_text = f"DecodingError: {error}"
        finally:
            await response.aclose()
        body = b"".join(chunk.data for chunk in chunks)
        return dataclasses.replace(head, body=body, chunks=tuple(chunks), error=error_text)

    def _built(self, request: ClientRequest, url: str) -> httpcore.Request:
        """The request as it goes out, with the length of its body where the case says nothing of it."""
        headers, body = self.headers(request), request.body or b""
        content: bytes | AsyncIterator[bytes] = body
        if "chunked" in request.values("transfer-encoding") and request.body is not None:
            content = _in_pieces(body)
        elif not _says_its_length(request) and (body or request.method in _WITH_A_BODY):
            headers.append(("Content-Length", str(len(body))))
        target = httpcore.URL(url)
        target.target = request.path.encode()
        return httpcore.Request(
            request.method,
            target,
            headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in headers],
            content=content,
            extensions={
                "timeout": {
                    "connect": deadlines.CONNECT,
                    **dict.fromkeys(("read", "write", "pool"), deadlines.ANSWER),
                }
            },
        )

    async def _read(
        self,
        pieces: AsyncIterator[bytes],
        chunks: list[Chunk],
        on_chunk: OnChunk | None,
        hang_up_after: int | None,
    ) -> None:
        while True:
            # What was released by the piece before comes as soon as the first.
            first = (not chunks and hang_up_after is not None) or (
                on_chunk is not None and (not chunks or chunks[-1].upstream_open)
            )
            try:
                async with asyncio.timeout(deadlines.FIRST_CHUNK if first else deadlines.ANSWER):
                    data = await anext(pieces, None)
            except TimeoutError as error:
                if first and on_chunk is not None:
                    await on_chunk(0, b"")
                raise httpcore.ReadTimeout("no piece of the stream arrived in time") from error
            if data is None:
                return
            held = await on_chunk(len(chunks) + 1, data) if on_chunk else False
            chunks.append(Chunk(data, held))
            if hang_up_after is not None and len(chunks) >= hang_up_after:
                return

    async def send_raw(self, data: bytes, *, answers: int = 1, at: str | None = None) -> ClientResponse:
        """Send bytes as they are on a connection of its own; returns the first answer. `at` as for `send`.

        The connection stays open until the gateway closes it or has given so many `answers`.
        """
        try:
            address = _address(at or self._url)
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*address), deadlines.CONNECT)
        except OSError as error:  # TimeoutError is one, too
            host.note(error)
            return ClientResponse(None, error=f"{type(error).__name__}: {error}")
        try:
            writer.write(data)
            await writer.drain()
            async with asyncio.timeout(deadlines.ANSWER):
                first = await _read_answer(reader)
            for _ in range(answers - 1):
                await _further_answer(reader)
            return first
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            return ClientResponse(None, error=f"{type(error).__name__}: {error}")
        finally:
            writer.close()
            # The gateway may have reset the connection, which is its right after refusing.
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def _says_its_length(request: ClientRequest) -> bool:
    return bool(request.values("content-length") or request.values("transfer-encoding"))


async def _further_answer(reader: asyncio.StreamReader) -> None:
    """Wait for one more, which need not come."""
    with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        async with asyncio.timeout(deadlines.UNAFFECTED):
            await _read_answer(reader)


async def _decoded(response: httpcore.Response, decoding: Decoding) -> AsyncIterator[bytes]:
    """The body as it arrives, decoded. Raises zlib.error when it is not what the head says."""
    async for piece in response.aiter_stream():
        if decoded := decoding.decode(piece):
            yield decoded


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body in two chunks."""
    middle = len(body) // 2
    yield body[:middle]
    yield body[middle:]


async def _read_answer(reader: asyncio.StreamReader) -> ClientResponse:
    """One answer. Raises ValueError when it is no HTTP."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    version, _, rest = head[0].partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"no HTTP answer: {head[0][:80]!r}")
    headers = tuple(
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)
    )
    response = ClientResponse(int(rest[:3]), headers)
    length = response.header("content-length")
    if (response.header("transfer-encoding") or "").lower() == "chunked":
        body = b"".join([piece async for piece in _dechunked(reader)])
    else:
        body = await (reader.read() if length is None else reader.readexactly(int(length)))
    return dataclasses.replace(response, body=body)


async def _dechunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        yield (await reader.readexactly(size + 2))[:-2]
