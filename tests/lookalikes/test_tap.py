"""The tap: whatever a connection begins with becomes an entry of the journal, and nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

import pytest

from mock_providers import Behaviour, ConnectionSeen, Identity
from tests.support.lookalikes import PATIENCE, Served, chat, client_hello, head, serving

HELLO = client_hello(alpn=("h2", "http/1.1"))


@contextlib.asynccontextmanager
async def raw_socket(served: Served) -> AsyncIterator[socket.socket]:
    """A connected socket without asyncio's stream on it."""
    with socket.socket() as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, served.listener.address)
        yield sock


async def closed(served: Served, number: int = 1) -> list[ConnectionSeen]:
    """Wait until so many connections were made and have ended."""

    def ended(_: object) -> list[ConnectionSeen]:
        seen = served.lookalikes.journal.connections
        return seen if len(seen) >= number and all(one.closed for one in seen) else []

    return await served.lookalikes.journal.wait_for(ended, PATIENCE, "the end of the connection")


async def receive(sock: socket.socket) -> bytes:
    """All the lookalike says until it closes; a reset counts as a close."""
    loop = asyncio.get_running_loop()
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := await loop.sock_recv(sock, 65_536):
            received += data
    return received


async def test_a_good_handshake_leaves_its_facts() -> None:
    async with serving() as served:
        context = served.trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        # What a distribution's OpenSSL offers by default may be older still.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await served.open(context)
        writer.close()
        await writer.wait_closed()
        [seen] = await closed(served)
    assert (seen.host, seen.port, seen.kind) == ("api.mistral.ai", 443, "tls")
    assert seen.tls is not None
    assert (seen.tls.sni, seen.tls.alpn_offered) == ("api.mistral.ai", ("h2", "http/1.1"))
    assert seen.tls.versions_offered == ("TLSv1.3", "TLSv1.2")
    assert (seen.tls.completed, seen.tls.version, seen.tls.alpn, seen.tls.failure) == (
        True,
        "TLSv1.3",
        "http/1.1",
        None,
    )


@pytest.mark.parametrize("pause_after", [1, 4, 5, 60, 200])
async def test_a_hello_in_fragments_is_read_whole(pause_after: int) -> None:
    async with serving() as served, raw_socket(served) as sock:
        loop = asyncio.get_running_loop()
        data = HELLO
        await loop.sock_sendall(sock, data[:pause_after])
        journal = served.lookalikes.journal
        await journal.wait_for(lambda seen: seen.connections, PATIENCE)
        await loop.sock_sendall(sock, data[pause_after:])
        assert (await loop.sock_recv(sock, 3))[:1] == b"\x16"  # the ServerHello
        [seen] = journal.connections
        assert seen.tls is not None
        assert (seen.tls.sni, seen.tls.alpn_offered) == ("api.mistral.ai", ("h2", "http/1.1"))


async def test_a_hello_without_name() -> None:
    async with serving() as served:
        context = served.trusting()
        context.check_hostname = False
        _, writer = await served.open(context, server_hostname="")
        writer.close()
        await writer.wait_closed()
        [seen] = await closed(served)
    assert seen.tls is not None
    assert (seen.tls.sni, seen.tls.completed) == (None, True)


@pytest.mark.parametrize(
    ("identity", "oldest", "newest", "failure"),
    [
        ("tls12-only", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3, "unsupported protocol"),
        ("tls13-only", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, "unsupported protocol"),
    ],
)
async def test_no_common_version(
    identity: Identity, oldest: ssl.TLSVersion, newest: ssl.TLSVersion, failure: str
) -> None:
    async with serving(identity=identity) as served:
        context = served.trusting()
        context.minimum_version, context.maximum_version = oldest, newest
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await served.open(context)
        [seen] = await closed(served)
    assert seen.tls is not None
    assert (seen.tls.failure, seen.tls.completed) == (failure, False)


async def test_the_alert_of_a_client_that_distrusts_us_is_the_reason() -> None:
    async with serving() as served, raw_socket(served) as sock:
        sock.setblocking(True)
        context = ssl.create_default_context()  # trusts the world's authorities, not ours

        def shake() -> None:
            with context.wrap_socket(sock.dup(), server_hostname="api.mistral.ai"):
                raise AssertionError("the handshake should have failed")

        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(shake)
        [seen] = await closed(served)
    assert seen.tls is not None
    assert seen.tls.failure == "tlsv1 alert unknown ca"
    assert served.lookalikes.journal.requests == []


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (HELLO[:60], "the client closed inside its ClientHello"),
        (HELLO, "the client closed the connection during the handshake"),
        (b"\x16\x03\x01\x00\x05nohel", "unexpected message"),
    ],
    ids=["half a hello", "a hello", "no hello"],
)
async def test_a_handshake_that_breaks_off(data: bytes, failure: str) -> None:
    async with serving() as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, data)
        sock.shutdown(socket.SHUT_WR)
        await receive(sock)
        [seen] = await closed(served)
    assert seen.kind == "tls"
    assert seen.tls is not None
    assert seen.tls.failure == failure


@pytest.mark.parametrize(
    ("body", "sent", "complete"), [(b'{"a": 1}', b'{"a": 1}', True), (b'{"a": 1}', b'{"a"', False), (b"", b"", True)]
)
async def test_plaintext_on_a_tls_port_is_evidence_and_gets_no_answer(body: bytes, sent: bytes, complete: bool) -> None:
    async with serving() as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, head(exchange="e-1", length=len(body)) + sent)
        if not complete:
            sock.shutdown(socket.SHUT_WR)
        assert await receive(sock) == b""
        await closed(served)
        [seen] = served.lookalikes.journal.for_exchange("e-1")
    assert seen.connection.kind == "plaintext-on-tls-port"
    assert (seen.body, seen.body_complete) == (sent, complete)
    assert (seen.outcome, seen.status) == ("closed-without-answer", None)
    assert seen.values("authorization") == ["Bearer sk-lookalike-test"]


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9.9\r\n", b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"]
)
async def test_other_plaintext_on_a_tls_port(data: bytes) -> None:
    async with serving() as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, data)
        assert await receive(sock) == b""
        [seen] = await closed(served)
    assert seen.kind == "plaintext-on-tls-port"


async def test_slow_plaintext_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_providers.connection.plaintext.PLAINTEXT_DEADLINE", 0.01)
    async with serving() as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, head(exchange="e-1", length=100))
        assert await receive(sock) == b""
        await closed(served)
        assert served.lookalikes.journal.for_exchange("e-1")[0].outcome == "closed-without-answer"


async def test_tls_on_a_plaintext_port_is_evidence() -> None:
    async with serving(identity="plaintext") as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, HELLO)
        assert await receive(sock) == b""
        [seen] = await closed(served)
    assert seen.kind == "tls-on-plaintext-port"
    assert seen.tls is not None
    assert (seen.tls.sni, seen.tls.failure) == ("api.mistral.ai", "this port speaks plaintext")


async def test_a_connection_without_a_byte() -> None:
    async with serving() as served:
        async with raw_socket(served):
            await served.lookalikes.journal.wait_for(lambda journal: journal.connections, PATIENCE)
        [seen] = await closed(served)
    assert (seen.kind, seen.tls) == ("empty", None)


@pytest.mark.parametrize(
    ("start", "deadline", "kind", "failure"),
    [
        (b"", "mock_providers.connection.tap.FIRST_BYTES_DEADLINE", "empty", None),
        (HELLO[:50], "mock_providers.connection.tap.HELLO_DEADLINE", "tls", "no whole ClientHello within 0.01 s"),
        (HELLO, "mock_providers.connection.tap.HANDSHAKE_DEADLINE", "tls", "handshake not finished within 0.01 s"),
    ],
    ids=["nothing", "half a hello", "a hello"],
)
async def test_slow_connections_are_given_up(
    monkeypatch: pytest.MonkeyPatch, start: bytes, deadline: str, kind: str, failure: str | None
) -> None:
    monkeypatch.setattr(deadline, 0.01)
    async with serving() as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, start)
        await receive(sock)
        [seen] = await closed(served)
    assert seen.kind == kind
    assert (seen.tls.failure if seen.tls else None) == failure


async def test_a_request_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_providers.connection.protocol.REQUEST_DEADLINE", 0.01)
    async with serving(identity="plaintext") as served, raw_socket(served) as sock:
        await asyncio.get_running_loop().sock_sendall(sock, b"POST /v1/chat")
        assert await receive(sock) == b""
        await closed(served)


async def test_a_long_answer_is_no_slow_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(behaviour=Behaviour(hold_after_chunks=1)) as served:
        journal = served.lookalikes.journal
        asking = asyncio.ensure_future(served.ask(chat(stream=True), exchange="e-1"))
        await journal.wait_for(lambda seen: any(one.chunks_sent for one in seen.requests), PATIENCE)
        assert served.listener.tap is not None
        [protocol] = served.listener.tap._protocols
        monkeypatch.setattr("mock_providers.connection.protocol.REQUEST_DEADLINE", 0.0)
        protocol._check_deadline()
        monkeypatch.undo()
        served.lookalikes.release("e-1")
        assert (await asking).text.endswith("data: [DONE]\n\n")


async def test_reset_on_accept_while_the_behaviour_says_so() -> None:
    async with serving(behaviour=Behaviour(reset="on-accept")) as served:
        async with raw_socket(served) as sock:
            with pytest.raises(ConnectionResetError):
                await asyncio.get_running_loop().sock_recv(sock, 1)
        [seen] = await closed(served)
        assert seen.kind == "unknown"
        served.listener.behaviour = Behaviour()
        assert (await served.ask(chat())).status_code == 200


async def test_connections_beyond_the_limit_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_providers.connection.tap.MOST_CONNECTIONS", 1)
    async with serving() as served, raw_socket(served), raw_socket(served) as second:
        assert await receive(second) == b""
        states = [seen.closed for seen in served.lookalikes.journal.connections]
    assert states == [False, True]


async def test_stopping_leaves_no_task_and_no_connection() -> None:
    before = asyncio.all_tasks()
    async with serving() as served, raw_socket(served) as waiting, raw_socket(served) as shaking:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(shaking, HELLO)
        await loop.sock_recv(shaking, 1)  # in the middle of its handshake
        await served.ask(chat())
        await served.lookalikes.stop()
        assert asyncio.all_tasks() == before
        assert all(seen.closed for seen in served.lookalikes.journal.connections)
        assert await receive(waiting) == b""
        await served.lookalikes.stop()  # a second time does nothing
