"""uvicorn's HTTP protocol, keeping each request as it was sent and telling the journal how it ended."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_providers.journal import ConnectionSeen, Ending, Journal, RequestSeen

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

__all__ = ["REQUEST_DEADLINE", "LookalikeProtocol", "reset_on_close"]

REQUEST_DEADLINE = 60.0
"""Seconds in which a request must have arrived, once its first byte is there: no half-open request stays for ever."""


def reset_on_close(sock: socket.socket) -> None:
    """Make the coming close a TCP reset, as a crashed server or a cut line would."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class LookalikeProtocol(HttpToolsProtocol):
    """One connection: headers with their case, order and duplicates, and the raw request target, go to the journal."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        *,
        journal: Journal,
        connection: ConnectionSeen,
        raw_socket: socket.socket,
        secret_header: str,
    ) -> None:
        super().__init__(config, server_state, {})
        self.journal = journal
        self.connection = connection
        self.raw_socket = raw_socket
        self.secret_header = secret_header
        self.gone: asyncio.Future[None] = self.loop.create_future()
        self.made = False
        self._open: list[RequestSeen] = []
        self._incomplete_since: float | None = None
        self._watchdog: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The connection is there; on TLS: its handshake is complete."""
        self.made = True
        super().connection_made(transport)
        facts = self.connection.tls
        if facts is not None and (tls := transport.get_extra_info("ssl_object")) is not None:
            facts.completed, facts.failure = True, None
            facts.version = tls.version()
            facts.alpn = tls.selected_alpn_protocol()
        self._incomplete_since = self.loop.time()
        self._watchdog = self.loop.call_later(REQUEST_DEADLINE, self._check_deadline)
        self.journal.changed(self.connection)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over; requests still open were abandoned by the client."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._watchdog is not None:
            self._watchdog.cancel()
        if not self.gone.done():
            self.gone.set_result(None)
        for seen in self._open:
            if seen.outcome == "open":
                seen.outcome = "client-disconnected"
                self.journal.changed(seen)
        self._open.clear()
        self.connection.closed = True
        self.journal.changed(self.connection)

    def on_message_begin(self) -> None:
        """Starts the request's deadline."""
        super().on_message_begin()
        self._incomplete_since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn's, without making the name lower-case."""
        if len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Enters the request into the journal and hands it to the application."""
        seen = self.journal.enter_request(
            self.connection,
            self.parser.get_method().decode("ascii"),
            self.url.decode("latin-1"),
            self.parser.get_http_version(),
            tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]),
            secret_header=self.secret_header,
        )
        self._open.append(seen)
        self.scope["state"] = {"seen": seen, "link": self}
        super().on_headers_complete()
        if not self.parser.should_keep_alive():  # older versions of uvicorn heed "close" only in lower case
            self.cycle.keep_alive = False
        if seen.method != "HEAD":  # whose answer has no body to wait for
            self.cycle.transport = cast("asyncio.Transport", _OneWrite(self.transport))

    def on_message_complete(self) -> None:
        """Ends the request's deadline."""
        self._incomplete_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP; a request whose head was read is entered as answered so."""
        for seen in list(self._open):
            self.end(seen, "answered", 400)
        super().send_400_response(msg)

    def end(self, seen: RequestSeen, outcome: Ending, status: int | None) -> None:
        """Note how a request ended, unless that is known already."""
        if seen.outcome == "open":
            seen.status = status
            seen.outcome = outcome
            self.journal.changed(seen)
        if seen in self._open:
            self._open.remove(seen)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        reset_on_close(self.raw_socket)
        self.transport.abort()

    def trail(self, fields: Iterable[tuple[str, str]]) -> None:
        """Let these fields stand behind the body of the answer, if that is in chunks."""
        if isinstance(self.cycle.transport, _OneWrite):
            self.cycle.transport.trailer = "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")

    async def pause(self, seconds: float) -> bool:
        """Wait; false as soon as the client has gone."""
        if seconds > 0:
            await asyncio.wait({self.gone}, timeout=seconds)
        return not self.gone.done()

    async def hold(self, until: asyncio.Future[None]) -> bool:
        """Wait for the future; false as soon as the client has gone."""
        await asyncio.wait({self.gone, until}, return_when=asyncio.FIRST_COMPLETED)
        return not self.gone.done()

    def _check_deadline(self) -> None:
        since = self._incomplete_since
        if since is not None and self.loop.time() - since >= REQUEST_DEADLINE:
            self.transport.abort()
            return
        self._watchdog = self.loop.call_later(REQUEST_DEADLINE, self._check_deadline)


_LAST_CHUNK = b"0\r\n\r\n"


class _OneWrite:
    """Lets an answer's head wait for its first body bytes: one TLS record and one system call instead of two."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self.trailer = b""

    def write(self, data: bytes) -> None:
        if self.trailer and data.endswith(_LAST_CHUNK):
            data = data[:-2] + self.trailer + b"\r\n"
        if self._head is None and not data.startswith(b"HTTP/1.1 100 "):
            self._head = data
            return
        self._transport.write(self._head + data if self._head else data)
        self._head = b"" if self._head is not None else None

    def close(self) -> None:
        if self._head:
            self.write(b"")
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()
