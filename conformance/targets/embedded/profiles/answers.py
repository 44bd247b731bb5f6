"""What releases of agentgateway do otherwise with bodies, answers, streams, preflights and copies."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from conformance.targets.reference.gateway.config import Cors, Filter, LlmBackend, Mirror
from conformance.targets.reference.gateway.messages import Answer, ClientRequest, Headers, values_of, without

__all__ = [
    "broken_if_compressed",
    "broken_if_open",
    "first_gzip_member",
    "hops_passed",
    "no_credentials",
    "of_no_length",
    "servers_only",
    "whole_origins",
]

Streamed = Callable[[Headers, AsyncIterator[bytes]], tuple[Headers, AsyncIterator[bytes]]]

_FRAMING = ("transfer-encoding", "connection", "keep-alive", "upgrade")


def first_gzip_member(right: Callable[[bytes, Headers], bytes]) -> Callable[[bytes, Headers], bytes]:
    """Of a gzip body of several members the first is all there is."""

    def decode(body: bytes, headers: Headers) -> bytes:
        plain = right(body, headers)
        if body[:2] != b"\x1f\x8b" or not values_of(headers, "content-encoding"):
            return plain
        return zlib.decompressobj(15 + 32).decompress(body)

    return decode


def hops_passed(right: Callable[[Headers], Headers]) -> Callable[[Headers], Headers]:
    """Headers of the provider's connection pass, but those by which the gateway frames its own answer."""
    return lambda headers: without(headers, _FRAMING)


def of_no_length(right: Streamed) -> Streamed:
    """What answers a request for a stream is framed anew, so that nobody knows its length before it ends."""

    def streamed(headers: Headers, pieces: AsyncIterator[bytes]) -> tuple[Headers, AsyncIterator[bytes]]:
        return right(without(headers, ("content-length",)), pieces)

    return streamed


def broken_if_open(right: Streamed) -> Streamed:
    """What answers a request for a stream is broken off at its end, unless that is the end of a line."""

    def streamed(headers: Headers, pieces: AsyncIterator[bytes]) -> tuple[Headers, AsyncIterator[bytes]]:
        headers, pieces = right(headers, pieces)
        return headers, pieces if values_of(headers, "content-encoding") else _whole_lines(pieces)

    return streamed


async def _whole_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    last = b"\n"
    async for piece in pieces:
        last = piece[-1:] or last
        yield piece
    if last != b"\n":
        raise ConnectionError("bytes remaining on stream")


def broken_if_compressed(right: Streamed) -> Streamed:
    """A compressed stream is read as if it were text, and broken off; its Content-Encoding has been announced."""

    def streamed(headers: Headers, pieces: AsyncIterator[bytes]) -> tuple[Headers, AsyncIterator[bytes]]:
        headers, pieces = right(headers, pieces)
        return headers, _broken(pieces) if values_of(headers, "content-encoding") else pieces

    return streamed


async def _broken(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece[: len(piece) // 2]
        break
    raise ConnectionError("stream did not contain valid UTF-8")


def no_credentials(
    right: Callable[[Cors, ClientRequest], Answer | None],
) -> Callable[[Cors, ClientRequest], Answer | None]:
    """The answer to a preflight does not say that credentials are allowed."""
    return lambda cors, request: right(replace(cors, credentials=False), request)


def whole_origins(
    right: Callable[[Iterable[Filter]], Cors | None],
) -> Callable[[Iterable[Filter]], Cors | None]:
    """Origins are compared as texts: a wildcard within one stands for nothing."""

    def cors_of(filters: Iterable[Filter]) -> Cors | None:
        found = right(filters)
        return found and replace(found, origins=tuple(one for one in found.origins if one == "*" or "*" not in one))

    return cors_of


def servers_only(
    right: Callable[[Iterable[Filter]], tuple[Mirror, ...]],
) -> Callable[[Iterable[Filter]], tuple[Mirror, ...]]:
    """Copies go to Services only, not to Backends of type AI."""
    return lambda filters: tuple(one for one in right(filters) if not isinstance(one.to, LlmBackend))
