"""What the tests of the lookalikes share: one attached lookalike and clients that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import load_provider
from mock_providers import Attachment, Listener, Lookalikes

__all__ = ["KEY", "MODEL", "PATH", "Authorities", "Served", "chat", "client_hello", "head", "serving"]

KEY = "sk-lookalike-test"
MODEL = "mistral-medium-2505"
PATH = "/v1/chat/completions"
PATIENCE = 10.0
"""Seconds until a test that waits for an event fails: far more than any of them needs."""


def chat(**fields: Any) -> dict[str, Any]:
    """A request body that the Mistral lookalike accepts."""
    return {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **fields}


def head(
    target: str = PATH, *, method: str = "POST", exchange: str | None = None, length: int = 0, extra: str = ""
) -> bytes:
    """The head of a request as raw bytes."""
    lines = [f"{method} {target} HTTP/1.1", "Host: api.mistral.ai", f"Authorization: Bearer {KEY}"]
    if exchange:
        lines.append(f"X-Conformance-Exchange: {exchange}")
    return ("\r\n".join([*lines, f"Content-Length: {length}"]) + f"\r\n{extra}\r\n").encode()


def client_hello(
    *, name: str | None = "api.mistral.ai", alpn: Sequence[str] = (), newest: ssl.TLSVersion | None = None
) -> bytes:
    """The first bytes of a real handshake, as this Python's own client begins one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if newest:
        context.maximum_version = newest
    if alpn:
        context.set_alpn_protocols(list(alpn))
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


@dataclass(frozen=True)
class Authorities:
    """What arranging needs of lookalikes that nobody calls."""

    trusted_ca: str = "CA"
    other_ca: str = "OTHER"


@dataclass
class Served:
    """One lookalike and an httpx client that trusts it."""

    lookalikes: Lookalikes
    listener: Listener
    provider: Provider
    client: httpx.AsyncClient

    def trusting(self, pem: bytes | None = None) -> ssl.SSLContext:
        """A client context as strict as Python 3.13's, trusting the lookalikes' authority or the one given."""
        context = ssl.create_default_context(cadata=(pem or self.lookalikes.authority.pem).decode())
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.hostname_checks_common_name = False
        return context

    async def ask(
        self,
        body: Any = None,
        *,
        path: str = PATH,
        method: str = "POST",
        exchange: str | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request with the right key, unless `headers` say otherwise."""
        sent = {"Authorization": f"Bearer {KEY}", "Accept-Encoding": "identity", **(headers or {})}
        if exchange:
            sent["X-Conformance-Exchange"] = exchange
        scheme = "http" if self.listener.attachment.identity == "plaintext" else "https"
        return await self.client.request(
            method,
            f"{scheme}://127.0.0.1:{self.listener.address[1]}{path}",
            json=body,
            content=content,
            headers=sent,
            extensions={"sni_hostname": self.listener.attachment.host},
        )

    async def open(
        self, context: ssl.SSLContext | None = None, **options: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A raw connection; with a context on TLS."""
        if context is not None:
            options.setdefault("server_hostname", self.listener.attachment.host)
        return await asyncio.open_connection(*self.listener.address, ssl=context, **options)


@contextlib.asynccontextmanager
async def serving(**attachment: Any) -> AsyncIterator[Served]:
    """A lookalike of Mistral that accepts KEY."""
    provider = attachment.pop("provider", None) or load_provider("mistral")
    lookalikes = Lookalikes()
    await lookalikes.start()
    try:
        fields = {"host": provider.host, "port": provider.port, "keys": frozenset({KEY}), **attachment}
        listener = await lookalikes.attach(Attachment(provider=provider, **fields))
        trust = ssl.create_default_context(cadata=lookalikes.authority.pem.decode())
        async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=PATIENCE) as client:
            yield Served(lookalikes, listener, provider, client)
    finally:
        await lookalikes.stop()


async def raw(served: Served, data: bytes) -> bytes:
    """Send bytes, read until the lookalike closes."""
    context = None if served.listener.attachment.identity == "plaintext" else served.trusting()
    reader, writer = await served.open(context)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
