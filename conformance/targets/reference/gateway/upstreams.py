"""The connections to providers: one pool for each provider, address and TLS identity, never shared."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from conformance.core import host as machine
from conformance.targets.reference.gateway.messages import Headers, Outbound, ProxyError
from conformance.targets.reference.gateway.seams import Seams
from conformance.targets.reference.gateway.tls import Handshake, failure_text

__all__ = ["Dial", "UpstreamAnswer", "Upstreams"]

Way = tuple[str, int] | Callable[[], socket.socket]
"""How a provider is reached: at a real address, or by a connection that is made for the gateway."""

Dial = Callable[[str, int], Way | None]
"""Maps the documented host and port to the way there; None: the name does not resolve."""

CONNECT_SECONDS = 10.0
"""For TCP and TLS together: agentgateway's own default."""

IDLE_SECONDS = 3.0
"""How long an idle connection is kept: less than servers usually wait, so that none closes as it is used."""

_MOST_IDLE = 2
"""Idle connections that are kept to one provider."""
_MOST_POOLS = 6
"""Providers to which idle connections are kept: those that were used last."""

_FAILED = "upstream call failed"


@dataclass
class UpstreamAnswer:
    """A provider's answer: its head, and its body as it arrives. `close` must be awaited, whatever was read."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]
    close: Callable[[], Any]


class Upstreams:
    """Sends requests to providers and keeps connections alive between them."""

    def __init__(self, *, dial: Dial, system_trust: Callable[[], str], seams: Seams) -> None:
        self._dial = dial
        self._system_trust = system_trust
        self._seams = seams
        self._pools: dict[tuple[Hashable, Way], _Pool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        """Send one request and read the head of its answer. Raises ProxyError 503 when no answer comes."""
        real = self._dial(*outbound.address)
        if real is None:
            raise ProxyError(503, "backends required DNS resolution which failed")
        pool = self._pool(outbound, real)
        pool.leases += 1
        try:
            response = await self._exchange(pool, outbound)
        except BaseException:
            self._release(pool)
            raise
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)

        async def close() -> None:
            try:
                await response.aclose()
            finally:
                self._release(pool)

        return UpstreamAnswer(response.status, headers, _pieces(response), close)

    def retain(self, identities: Iterable[Hashable]) -> None:
        """Close, once their requests are done, the connections that the configuration no longer has a use for."""
        wanted = set(identities) if self._seams.drains else set()
        for key in [key for key in self._pools if key[0] not in wanted]:
            self._retire(key)

    async def aclose(self) -> None:
        """Close every connection."""
        self.retain(())
        while self._closing:
            await asyncio.gather(*self._closing)

    def _pool(self, outbound: Outbound, real: Way) -> _Pool:
        key = (self._seams.identity(outbound.provider), real)
        pool = self._pools.pop(key, None)
        if pool is None:
            handshake = None
            if outbound.tls is not None:
                handshake = self._seams.plan_handshake(outbound.tls, self._system_trust())
            pool = _Pool(_Network(real, handshake, checks_idle=self._seams.checks_idle))
        self._pools[key] = pool  # the last in order, which was used last
        return pool

    async def _exchange(self, pool: _Pool, outbound: Outbound) -> httpcore.Response:
        host, port = outbound.address
        request = httpcore.Request(
            method=outbound.method,
            # TLS is made by the network backend, so that to httpcore every connection is plain.
            url=httpcore.URL(scheme=b"http", host=host.encode(), port=port, target=outbound.target.encode("latin-1")),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in outbound.headers],
            content=outbound.body,
        )
        try:
            return await pool.connections.handle_async_request(request)
        except httpcore.RemoteProtocolError as error:
            gone = str(error).startswith("Server disconnected")
            detail = "connection closed before message completed" if gone else "invalid HTTP version or header parsed"
            raise ProxyError(503, f"{_FAILED}: SendRequest: {detail}") from error
        except httpcore.LocalProtocolError as error:
            raise ProxyError(503, "processing failed: failed to parse header value") from error
        except OSError as error:
            raise ProxyError(503, f"{_FAILED}: SendRequest: connection error: {_os_text(error)}") from error

    def _release(self, pool: _Pool) -> None:
        pool.leases -= 1
        if pool.retired:
            self._close_when_idle(pool)
            return
        idle = [key for key, one in self._pools.items() if not one.leases]
        for key in idle[:-_MOST_POOLS]:
            self._retire(key)

    def _retire(self, key: tuple[Hashable, Way]) -> None:
        pool = self._pools.pop(key)
        pool.retired = True
        self._close_when_idle(pool)

    def _close_when_idle(self, pool: _Pool) -> None:
        if not pool.leases or not self._seams.drains:
            task = asyncio.ensure_future(pool.connections.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Pool:
    """Connections that may stand in for each other."""

    def __init__(self, network: _Network) -> None:
        self.leases = 0
        self.retired = False
        self.connections = httpcore.AsyncConnectionPool(
            network_backend=network,
            max_connections=None,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=IDLE_SECONDS,
        )


async def _pieces(response: httpcore.Response) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises ConnectionError when it ends early."""
    try:
        async for piece in response.aiter_stream():
            yield piece
    except (httpcore.RemoteProtocolError, OSError) as error:
        raise ConnectionError("the provider broke off its answer") from error


class _Network(httpcore.AsyncNetworkBackend):
    """Opens connections to one real address, with TLS when there is a handshake for it."""

    def __init__(self, real: Way, handshake: Handshake | None, *, checks_idle: bool) -> None:
        self._real = real
        self._checks_idle = checks_idle
        self._handshake = handshake

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Any = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: Any = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection ready for HTTP. Raises ProxyError 503 with the reason when there is none."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._connect()
        except TimeoutError as error:
            raise ProxyError(503, f"{_FAILED}: Connect: deadline has elapsed") from error
        except ssl.SSLError as error:
            name = self._handshake.server_name if self._handshake else None
            raise ProxyError(503, f"{_FAILED}: Connect: {failure_text(error, name)}") from error
        except OSError as error:
            machine.note(error)
            # asyncio reports a peer that closes during the handshake as a reset without a number.
            text = "tls handshake eof" if self._handshake and not error.errno else _os_text(error)
            raise ProxyError(503, f"{_FAILED}: Connect: {text}") from error

    async def _connect(self) -> _Stream:
        if self._handshake is None:
            return await self._open()
        stream = await self._open(ssl=self._handshake.context, server_hostname=self._handshake.server_name or "")
        check = self._handshake.check
        if check and (wrong := check(stream.certificate())):
            await stream.aclose()
            raise ProxyError(503, f"{_FAILED}: Connect: {wrong}")
        return stream

    async def _open(self, **tls: Any) -> _Stream:
        if isinstance(self._real, tuple):
            return _Stream(*await asyncio.open_connection(*self._real, **tls), checks_idle=self._checks_idle)
        sock = self._real()
        try:
            return _Stream(*await asyncio.open_connection(sock=sock, **tls), checks_idle=self._checks_idle)
        except BaseException:
            sock.close()
            raise


def _os_text(error: OSError) -> str:
    """An operating system's error as Rust prints it."""
    return f"{os.strerror(error.errno)} (os error {error.errno})" if error.errno else "connection error"


class _Stream(httpcore.AsyncNetworkStream):
    """An asyncio connection as httpcore wants it. Errors are OSError, as the system gave them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, checks_idle: bool) -> None:
        self._checks_idle = checks_idle
        self._reader = reader
        self._writer = writer

    def certificate(self) -> bytes:
        """The peer's certificate, in DER."""
        der: bytes = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return der

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as above
        return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except ConnectionError as error:
            # Tells httpcore to look for an answer that came before the connection broke.
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        # Without close_notify and its waiting: whoever closes here has all it wants.
        self._writer.transport.abort()
        try:
            await self._writer.wait_closed()
        except OSError:
            return

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._checks_idle:
            # An idle connection that has anything to read was closed, or is out of step.
            return self._reader.at_eof() or self._reader.exception() is not None
        return None
