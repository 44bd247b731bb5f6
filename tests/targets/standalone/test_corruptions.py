"""Corruptions: a relay changes what it says and nothing else, and the cases notice each on the real gateway."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

import httpx
import pytest

from conformance.proof.defects import DEFECTS
from conformance.proof.finding import Ended
from conformance.proof.sight import areas_that_see
from conformance.proof.workers import Order
from conformance.stage.case import AREAS
from conformance.targets.embedded.mutations import MUTANTS
from conformance.targets.standalone import corruptions
from conformance.targets.standalone.corruptions import CORRUPTIONS
from conformance.targets.standalone.corruptions.corruption import Hooks, Message
from conformance.targets.standalone.corruptions.relay import Relay
from conformance.targets.standalone.options import StandaloneOptions
from mock_providers.identities import Authority
from tests.support.standalone import REAL, needs_binary

HOST = "api.example.test"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_each_says_what_it_breaks() -> None:
    for name, one in CORRUPTIONS.items():
        assert (one.name, one.area in AREAS, bool(one.source), bool(one.told)) == (name, True, True, True), name
        assert one.defect.endswith("."), name
        # A relay that ends TLS may disturb the cases of other areas.
        assert areas_that_see(one) == [one.area], name
    assert len(CORRUPTIONS) >= 20
    assert len(DEFECTS) == len(MUTANTS) + len(CORRUPTIONS)


@asynccontextmanager
async def relayed(hooks: Hooks, answer: Answer, *, tls: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The URL of a relay before a server that answers so, and what that server was sent, head and body apart."""
    seen: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []
    authority = Authority()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                seen.append(head)
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == LENGTH), 0)
                seen.append(await reader.readexactly(length))
                await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=authority.context(HOST, "good") if tls else None)
    onward = server.sockets[0].getsockname()[:2]
    relay = Relay(hooks, lambda: onward, shown=lambda name: authority.context(name or HOST, "good"))
    address, port = await relay.start()
    try:
        yield f"{'https' if tls else 'http'}://{address}:{port}", seen
    finally:
        await relay.stop()
        server.close()
        for one in writers:
            one.close()
            with contextlib.suppress(ConnectionError):
                await one.wait_closed()


LENGTH = b"content-length:"
PIECES = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"


async def shortly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A whole answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Given: here\r\nContent-Length: 5\r\n\r\nwhole")


async def test_only_what_a_corruption_says_is_changed() -> None:
    def request(message: Message) -> None:
        message.target, message.body = "/other?a=1", b"longer than it was"

    hooks = Hooks(request=request, answer=lambda message: message.replace("x-given", "one", "two"))
    async with relayed(hooks, shortly) as (url, seen), httpx.AsyncClient(trust_env=False) as client:
        for _ in range(2):  # on one connection
            got = await client.post(url, content=b"body", headers={"X-Kept": "as it is"})
            assert (got.status_code, got.content, got.headers.get_list("x-given")) == (200, b"whole", ["one", "two"])
    head, body, *again = seen
    assert body == b"longer than it was"
    assert head.startswith(b"POST /other?a=1 HTTP/1.1\r\n")
    assert b"\r\nX-Kept: as it is\r\n" in head
    assert again == [head, body]


async def test_tls_goes_on_with_the_name_that_was_asked_for() -> None:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with (
        relayed(Hooks(twice=True), shortly, tls=True) as (url, seen),
        httpx.AsyncClient(verify=trusting, trust_env=False) as client,
    ):
        got = await client.get(url, extensions={"sni_hostname": HOST})
    assert got.content == b"whole"
    assert len(seen) == 4  # head and body, twice


@pytest.mark.parametrize("buffers", [False, True])
async def test_an_answer_passes_as_it_comes_or_is_held_back(buffers: bool) -> None:
    go_on = asyncio.Event()

    async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PIECES)
        await go_on.wait()
        writer.write(b"4\r\nlast\r\n0\r\n\r\n")

    async with (
        relayed(Hooks(buffers=buffers), slowly) as (url, _),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        asking = asyncio.create_task(client.get(url))
        if buffers:
            # It cannot have its head, for all of it is still to come.
            async with asyncio.timeout(None):
                go_on.set()
                assert (await asking).content == b"firstlast"
            return
        asking.cancel()
        async with client.stream("GET", url) as got:
            pieces = got.aiter_raw()
            assert await anext(pieces) == b"first"
            go_on.set()
            assert await anext(pieces) == b"last"


async def test_a_broken_answer_stays_broken_and_a_client_that_goes_is_missed() -> None:
    gone = asyncio.Event()

    async def breaks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PIECES)
        raise ConnectionError

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PIECES)
        assert await reader.read() == b""
        gone.set()

    async with httpx.AsyncClient(trust_env=False) as client:
        async with relayed(Hooks(), breaks) as (url, _):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(url)
        async with relayed(Hooks(), waits) as (url, _):
            async with client.stream("GET", url) as got:
                await anext(got.aiter_raw())
            await gone.wait()


@needs_binary
@pytest.mark.parametrize("name", ["key-lost", "certificates-unverified", "done-lost"])
def test_the_cases_notice_it_on_the_real_gateway(name: str) -> None:
    found = asyncio.run(_order().play().mutant(CORRUPTIONS[name]))
    assert (found.ended, found.right_area) == (Ended.CAUGHT, True), found


@needs_binary
@pytest.mark.parametrize("side", ["clients", "providers"])
def test_a_relay_that_changes_nothing_goes_unnoticed(
    side: Literal["clients", "providers"], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = replace(CORRUPTIONS["key-lost"], name="nothing", side=side, hooks=Hooks)
    for area in ("auth", "tls", "streaming"):
        monkeypatch.setattr(corruptions, "CORRUPTIONS", {"nothing": replace(nothing, area=area)})
        found = asyncio.run(_order().play().mutant(replace(nothing, area=area)))
        assert found.ended is Ended.SURVIVED, found


def _order() -> Order:
    return Order(["key-lost"], "kgateway-2.1", on=StandaloneOptions(REAL))
