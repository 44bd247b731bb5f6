"""What the tests of lookalike hosts share: each kind of host, and raw requests to what is attached there."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

from conformance.core.providers.shipped import load_provider
from conformance.core.redaction import Key
from conformance.targets.kind.named_lookalikes import LocalNamedLookalikes
from conformance.targets.lookalikes import NamedLookalikes
from mock_providers import Attachment
from mock_providers.remote.client import RemoteLookalikes
from mock_providers.remote.server import Control
from tests.support.lookalikes import KEY, head

__all__ = [
    "HOSTS",
    "PATIENCE",
    "TOKEN",
    "Connection",
    "connected",
    "controlled",
    "mistral",
    "remote",
    "running",
]

TOKEN = Key("control-token", "token-of-the-tests")
PATIENCE = 10.0
"""Seconds until a wait that must not be in vain fails."""

HOSTS: dict[str, Callable[[], contextlib.AbstractAsyncContextManager[NamedLookalikes]]] = {}


@contextlib.asynccontextmanager
async def running(kind: str) -> AsyncIterator[NamedLookalikes]:
    """A started host of this kind."""
    async with HOSTS[kind]() as host:
        yield host


@contextlib.asynccontextmanager
async def _local() -> AsyncIterator[NamedLookalikes]:
    host = LocalNamedLookalikes()
    await host.start()
    try:
        yield host
    finally:
        await host.stop()


@contextlib.asynccontextmanager
async def controlled() -> AsyncIterator[Control]:
    """The remote control, on this loop."""
    control = Control(TOKEN)
    await control.start()
    try:
        yield control
    finally:
        await control.stop()


@contextlib.asynccontextmanager
async def remote(control: Control) -> AsyncIterator[RemoteLookalikes]:
    """A client of the control."""
    host = RemoteLookalikes("http://{}:{}".format(*control.address), TOKEN)
    await host.start()
    try:
        yield host
    finally:
        await host.stop()


@contextlib.asynccontextmanager
async def _remote() -> AsyncIterator[NamedLookalikes]:
    async with controlled() as control, remote(control) as host:
        yield host


HOSTS.update(local=_local, remote=_remote)


def mistral(**fields: Any) -> Attachment:
    """A lookalike of Mistral that accepts KEY."""
    provider = load_provider("mistral")
    return Attachment(**{"host": provider.host, "port": 443, "provider": provider, "keys": frozenset({KEY}), **fields})


class Connection:
    """A connection on TLS to a lookalike, for bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, body: bytes, *, exchange: str | None = None, extra: str = "") -> tuple[int, bytes]:
        """Send a chat request; returns status and body of the whole answer."""
        await self.send(body, exchange=exchange, extra=extra)
        answer = await self.until(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in answer.decode().split("\r\n")[1:] if line)
        return int(answer.split()[1]), await self.reader.readexactly(int(fields["content-length"]))

    async def send(self, body: bytes, *, exchange: str | None = None, extra: str = "") -> None:
        """Send a chat request."""
        self.writer.write(head(exchange=exchange, length=len(body), extra=extra) + body)
        await self.writer.drain()

    async def until(self, end: bytes) -> bytes:
        """What comes, up to and with `end`."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(end)


@contextlib.asynccontextmanager
async def connected(
    host: NamedLookalikes, address: tuple[str, int], *, name: str = "api.mistral.ai"
) -> AsyncIterator[Connection]:
    """A connection on TLS that trusts the host's authority."""
    context = ssl.create_default_context(cadata=host.trusted_ca)
    reader, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=name)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
