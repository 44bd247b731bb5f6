"""A relay on loopback: it takes connections, carries each exchange on, and changes it as a corruption says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import h11

from conformance.targets.standalone.corruptions.corruption import Hooks, Message
from conformance.targets.standalone.corruptions.wire import Gone, Wire, head_of, lengthened

__all__ = ["Relay"]

_TLS = b"\x16"  # RFC 8446, 5.1: a record of a handshake

Address = tuple[str, int]


class Relay:
    """Carries connections to `onward`. Use on one event loop.

    `shown` makes the certificate for a server name, where connections may come by TLS; they go on by TLS then, too.
    """

    def __init__(
        self,
        hooks: Hooks,
        onward: Callable[[], Address],
        *,
        shown: Callable[[str], ssl.SSLContext | None] | None = None,
    ) -> None:
        self._hooks, self._onward, self._shown = hooks, onward, shown
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: Address = ("127.0.0.1", 0)) -> Address:
        """Listen; returns where."""
        self._socket = socket.create_server(address, backlog=1024)
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())
        bound: Address = self._socket.getsockname()[:2]
        return bound

    async def stop(self) -> None:
        """End every connection and the port."""
        for one in (self._accepting, *self._tasks):
            one.cancel()
        await asyncio.wait({self._accepting, *self._tasks})
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(self._socket)
            task = asyncio.create_task(self._serve(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket) -> None:
        """One connection, from its first byte to its end."""
        async with contextlib.AsyncExitStack() as leaving:
            # What is wrong with a connection is for its two ends to tell; an SSLError is an OSError.
            with contextlib.suppress(Gone, OSError):
                near, name = await self._taken(sock)
                leaving.callback(near.close)
                far = await self._connected(name)
                leaving.callback(far.close)
                while True:
                    request = await near.request()
                    self._hooks.request(request)
                    if self._hooks.twice:
                        await self._once_more(request, name)
                    await far.send_request(request)
                    await _unless_hung_up(near, self._answer(near, far))
                    if not (near.next_cycle() and far.next_cycle()):
                        return

    async def _taken(self, sock: socket.socket) -> tuple[Wire, str | None]:
        """The near side, and the server name that it asks for; None without TLS, empty where it asks for none."""
        loop = asyncio.get_running_loop()
        names: list[str] = []
        context = None
        try:
            if self._shown is not None and await _first_byte(sock) == _TLS:
                context = _naming(self._shown, names)
        except BaseException:
            sock.close()  # from here on it is the transport's
            raise
        reader = asyncio.StreamReader()
        transport, protocol = await loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(reader), sock, ssl=context
        )
        wire = Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop), h11.SERVER)
        return wire, names[0] if context else None

    async def _connected(self, name: str | None) -> Wire:
        """The far side, by TLS where the near one came by it."""
        context = None if name is None or self._hooks.plain else _trusting()
        server_name = None if context is None else self._hooks.server_name or name
        reader, writer = await asyncio.open_connection(*self._onward(), ssl=context, server_hostname=server_name)
        return Wire(reader, writer, h11.CLIENT)

    async def _once_more(self, request: Message, name: str | None) -> None:
        """Send a request on a connection of its own, and let its answer go."""
        far = await self._connected(name)
        try:
            await far.send_request(request)
            while not isinstance(await far.event(), h11.EndOfMessage):
                continue
        finally:
            far.close()

    async def _answer(self, near: Wire, far: Wire) -> None:
        """Pass on an answer, piece by piece or whole. Raises Gone."""
        while isinstance(event := await far.event(), h11.InformationalResponse):
            await near.send(event)
        head = head_of(event)
        if not self._hooks.buffers:
            self._hooks.answer(head)
            await near.send(h11.Response(status_code=head.status, headers=head.headers))
        try:
            while isinstance(event := await far.event(), h11.Data):
                data = self._hooks.piece(bytes(event.data))
                if self._hooks.buffers:
                    head.body += data
                elif data:
                    await near.send(h11.Data(data=data))
        except Gone:
            if self._hooks.buffers:
                await self._whole(near, head)  # as far as it came
            raise
        if self._hooks.buffers:
            await self._whole(near, head)
        await near.send(event)

    async def _whole(self, near: Wire, answer: Message) -> None:
        self._hooks.answer(answer)
        await near.send(h11.Response(status_code=answer.status, headers=lengthened(answer)))
        if answer.body:
            await near.send(h11.Data(data=answer.body))


async def _unless_hung_up(near: Wire, answering: Coroutine[Any, Any, None]) -> None:
    """Raises Gone when whoever waits for the answer goes away before its end."""
    answer, leaving = asyncio.ensure_future(answering), asyncio.ensure_future(near.hung_up())
    try:
        await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise Gone
        answer.result()
    finally:
        for one in (answer, leaving):
            one.cancel()
        await asyncio.gather(answer, leaving, return_exceptions=True)


async def _first_byte(sock: socket.socket) -> bytes:
    """The first byte that comes, which stays to be read."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)
    return sock.recv(1, socket.MSG_PEEK)


def _naming(shown: Callable[[str], ssl.SSLContext | None], names: list[str]) -> ssl.SSLContext:
    """A server's context that shows what is for the name asked for, and tells it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        names.append(name or "")
        if (found := shown(names[-1])) is not None:  # else there is no certificate, and the handshake comes to nothing
            connection.context = found

    context.sni_callback = choose
    return context


def _trusting() -> ssl.SSLContext:
    """A client's context that takes any certificate: which ones are right is for others to judge."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
