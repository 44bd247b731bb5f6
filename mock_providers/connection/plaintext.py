"""Reads an HTTP request that was sent in plaintext to a TLS port: evidence for the journal, never answered."""

from __future__ import annotations

import asyncio
import socket

import httptools

from mock_providers.journal import ConnectionSeen, Journal, RequestSeen

__all__ = ["MOST_PLAINTEXT", "PLAINTEXT_DEADLINE", "PlaintextReader", "record_plaintext"]

PLAINTEXT_DEADLINE = 5.0
"""Seconds in which the request is read: a client that believes in an HTTP server sends it at once."""
MOST_PLAINTEXT = 4 * 1024 * 1024
"""Bytes read at most; what comes after them proves nothing more."""


async def record_plaintext(sock: socket.socket, seen: ConnectionSeen, journal: Journal, secret_header: str) -> None:
    """Read what comes until the request is complete, the client closes or the deadline, and enter it.

    Bytes that are no HTTP leave only the connection's entry. Raises OSError when the client resets.
    """
    loop = asyncio.get_running_loop()
    reader = PlaintextReader(seen, journal, secret_header)
    size = 0
    try:
        async with asyncio.timeout(PLAINTEXT_DEADLINE):
            while not reader.complete and size < MOST_PLAINTEXT and (data := await loop.sock_recv(sock, 65_536)):
                size += len(data)
                reader.feed(data)
    except TimeoutError:
        return  # a part is evidence too
    finally:
        reader.finish()


class PlaintextReader:
    """Callbacks of httptools' parser, which enter the request as soon as its head is there."""

    def __init__(self, seen: ConnectionSeen, journal: Journal, secret_header: str) -> None:
        self.complete = False
        self._seen = seen
        self._journal = journal
        self._secret_header = secret_header
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._request: RequestSeen | None = None
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.complete = True  # nothing that can be read on

    def finish(self) -> None:
        if self._request is not None:
            self._request.body = b"".join(self._body)
            self._request.outcome = "closed-without-answer"
            self._journal.changed(self._request)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._request = self._journal.enter_request(
            self._seen,
            self._parser.get_method().decode("ascii"),
            self._url.decode("latin-1"),
            self._parser.get_http_version(),
            tuple(self._headers),
            secret_header=self._secret_header,
        )

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.complete = True
        if self._request is not None:
            self._request.body_complete = True
