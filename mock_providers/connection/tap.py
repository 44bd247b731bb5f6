"""The front of a lookalike's port: sees what a connection begins with, then hands the untouched socket on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable

from conformance.core import host as machine
from conformance.core.startup.records import dataclass
from mock_providers.connection.client_hello import (
    MOST_BYTES,
    Incomplete,
    NotAClientHello,
    looks_like_tls,
    read_client_hello,
)
from mock_providers.connection.plaintext import record_plaintext
from mock_providers.connection.protocol import LookalikeProtocol, reset_on_close
from mock_providers.journal import ConnectionSeen, Journal, TlsFacts

__all__ = ["FIRST_BYTES_DEADLINE", "HANDSHAKE_DEADLINE", "HELLO_DEADLINE", "MOST_CONNECTIONS", "Tap"]

FIRST_BYTES_DEADLINE = 10.0
"""Seconds for a connection to show what it speaks; a client in its right mind sends its first bytes at once."""
HELLO_DEADLINE = 10.0
"""Seconds for the rest of a ClientHello that came in pieces."""
HANDSHAKE_DEADLINE = 30.0
"""Seconds for a TLS handshake: as long as anybody waits for an answer, for on a busy machine many take turns."""
CLOSING_DEADLINE = 2.0
"""Seconds for the client to answer a TLS close."""
MOST_CONNECTIONS = 2048
"""Connections of one lookalike at a time, so that a runaway client cannot take all file descriptors."""

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

ProtocolFactory = Callable[[ConnectionSeen, socket.socket], LookalikeProtocol]


@dataclass(frozen=True)
class Guest:
    """A lookalike on the socket of another: a ClientHello that names its host is for it."""

    host: str
    port: int
    context: ssl.SSLContext
    factory: ProtocolFactory


class Tap:
    """Accepts the connections of one listening socket; `context` None makes it a plaintext port.

    Without a socket it takes what `admit` brings. `guests` are further hosts at this address, by name.
    """

    def __init__(
        self,
        listening: socket.socket | None,
        *,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        journal: Journal,
        factory: ProtocolFactory,
        secret_header: str = "authorization",
        resets_on_accept: Callable[[], bool] = lambda: False,
        stalls_handshake: Callable[[], bool] = lambda: False,
    ) -> None:
        self._listening = listening
        self._host, self._port = host, port
        self._context = context
        self._journal = journal
        self._factory = factory
        self._secret_header = secret_header
        self._resets_on_accept = resets_on_accept
        self._stalls_handshake = stalls_handshake
        self._accepting: asyncio.Task[None] | None = None
        self.stopped = False
        self._admitting: dict[asyncio.Task[None], ConnectionSeen] = {}
        self._protocols: set[LookalikeProtocol] = set()
        self.guests: dict[str, Guest] = {}

    def start(self) -> None:
        """Begin to accept."""
        if self._listening is not None:
            self._accepting = asyncio.get_running_loop().create_task(self._accept(self._listening))

    async def stop(self) -> None:
        """Close the port and every connection; returns when nothing is left of them."""
        tasks = [task for task in (self._accepting, *self._admitting) if task is not None]
        self._accepting, self.stopped = None, True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listening is not None:
            self._listening.close()
        await _abort(list(self._protocols))

    async def dismiss(self, host: str) -> None:
        """Let a guest go, its connections too."""
        del self.guests[host]
        tasks = [task for task, seen in self._admitting.items() if seen.host == host]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _abort([one for one in self._protocols if one.connection.host == host])

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(listening)
            except OSError as error:
                machine.note(error)
                if error.errno in _OUT_OF_RESOURCES:
                    await asyncio.sleep(0.1)  # nothing tells when a descriptor is free again
                continue
            self.admit(sock, address)

    def admit(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """Take a connection that has come from an address."""
        sock.setblocking(False)
        seen = self._journal.enter_connection(self._host, self._port, f"{address[0]}:{address[1]}")
        if len(self._admitting) + len(self._protocols) >= MOST_CONNECTIONS:
            self._close(sock, seen)
            return
        task = asyncio.get_running_loop().create_task(self._admit(sock, seen))
        self._admitting[task] = seen
        task.add_done_callback(self._admitting.pop)

    async def _admit(self, sock: socket.socket, seen: ConnectionSeen) -> None:
        hand_on = False
        try:
            # The client may go away, or time out, at any point: the entry then says as much as is known.
            with contextlib.suppress(OSError):
                hand_on = await self._look(sock, seen)
        finally:
            if not hand_on:
                self._close(sock, seen)
        if hand_on:
            await self._hand_on(sock, seen)

    async def _look(self, sock: socket.socket, seen: ConnectionSeen) -> bool:
        """See what the connection begins with; true when it is to be served."""
        if self._resets_on_accept():
            reset_on_close(sock)
            return False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen.kind = "empty"
        async with asyncio.timeout(FIRST_BYTES_DEADLINE):
            first = await _peek(sock)
        if not first:
            return False
        if looks_like_tls(first):
            seen.kind = "tls" if self._context else "tls-on-plaintext-port"
            whole, seen.tls = await _facts(sock, first)
            if guest := self.guests.get(seen.tls.sni or ""):
                seen.host, seen.port = guest.host, guest.port
            if self._stalls_handshake():
                seen.tls.failure = "this lookalike leaves the handshake hanging"
                await _until_closed(sock)
                return False
            if self._context is None:
                seen.tls.failure = seen.tls.failure or "this port speaks plaintext"
            return whole and self._context is not None
        if self._context is not None:
            seen.kind = "plaintext-on-tls-port"
            await record_plaintext(sock, seen, self._journal, self._secret_header)
            return False
        seen.kind = "plaintext"
        return True

    async def _hand_on(self, sock: socket.socket, seen: ConnectionSeen) -> None:
        """Let uvicorn's protocol have the socket, after the handshake if there is to be one."""
        guest = self.guests.get(seen.host)
        context, factory = (guest.context, guest.factory) if guest else (self._context, self._factory)
        protocol = factory(seen, sock)
        self._protocols.add(protocol)
        protocol.gone.add_done_callback(lambda _: self._protocols.discard(protocol))
        deadline = {"ssl_handshake_timeout": HANDSHAKE_DEADLINE, "ssl_shutdown_timeout": CLOSING_DEADLINE}
        failure: str | None = "the client closed the connection during the handshake"
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, sock, ssl=context, **(deadline if context else {})
            )
        except OSError as error:
            failure = _reason(error)
        finally:
            if not protocol.made:  # asyncio has closed the socket
                self._protocols.discard(protocol)
                if seen.tls is not None:
                    seen.tls.failure = failure
                seen.closed = True
                self._journal.changed(seen)

    def _close(self, sock: socket.socket, seen: ConnectionSeen) -> None:
        sock.close()
        seen.closed = True
        self._journal.changed(seen)


async def _abort(protocols: list[LookalikeProtocol]) -> None:
    """Drop connections; returns when nothing is left of them."""
    for protocol in protocols:
        # Early releases of Python 3.11 cannot abort what was closed twice; later ones do nothing then.
        with contextlib.suppress(AttributeError):
            protocol.transport.abort()
    await asyncio.gather(*(protocol.gone for protocol in protocols))
    # Transports close their sockets in the loop's next rounds.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _until_closed(sock: socket.socket) -> None:
    """Read and forget whatever comes until the client gives up."""
    while await asyncio.get_running_loop().sock_recv(sock, MOST_BYTES):
        continue


async def _peek(sock: socket.socket) -> bytes:
    """The bytes that have come so far, at least as many as SO_RCVLOWAT says, left where they are."""
    loop = asyncio.get_running_loop()
    while True:
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(sock, _done, readable)
        try:
            await readable
        finally:
            loop.remove_reader(sock)
        with contextlib.suppress(BlockingIOError):  # woken for nothing
            return sock.recv(MOST_BYTES, socket.MSG_PEEK)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _facts(sock: socket.socket, data: bytes) -> tuple[bool, TlsFacts]:
    """What the ClientHello offers, and whether it is worth a handshake."""
    try:
        async with asyncio.timeout(HELLO_DEADLINE):
            while True:
                try:
                    hello = read_client_hello(data)
                    return True, TlsFacts(hello.sni, hello.alpn, hello.versions)
                except Incomplete as more:
                    # Without the low-water mark the socket stays readable and this loop would spin.
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, more.needed)
                    data = await _peek(sock)
                    if len(data) < more.needed:
                        return False, TlsFacts(None, (), (), failure="the client closed inside its ClientHello")
    except NotAClientHello as wrong:
        # OpenSSL has the last word on what it is.
        return True, TlsFacts(None, (), (), failure=str(wrong))
    except TimeoutError:
        return False, TlsFacts(None, (), (), failure=f"no whole ClientHello within {HELLO_DEADLINE:g} s")
    finally:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


def _reason(error: OSError) -> str:
    """Why a handshake failed: the alert's name where there was one."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, ConnectionAbortedError):
        return f"handshake not finished within {HANDSHAKE_DEADLINE:g} s"
    if isinstance(error, ConnectionResetError):
        return "the client closed the connection during the handshake"
    return error.strerror or str(error)
