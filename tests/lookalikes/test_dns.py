"""The name server for lookalike hosts, asked by dnspython's client and by hand."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from conformance.core.problems import SetupProblem
from mock_providers.dns import NameServer, answer, read_table

HOSTS = {"api.mistral.ai": "172.18.0.1", "api.deepseek.com": "10.96.0.7"}
TABLE = read_table(HOSTS)
PATIENCE = 10.0


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    one = NameServer()
    one.table = TABLE
    await one.start()
    yield one
    await one.stop()


async def ask(server: NameServer, transport: str, name: str, kind: str = "A") -> dns.message.Message:
    """One query and its answer."""
    query = dns.message.make_query(name, kind)
    host, port = server.address
    if transport == "tcp":
        return await dns.asyncquery.tcp(query, host, PATIENCE, port)
    return await dns.asyncquery.udp(query, host, PATIENCE, port)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("name", ["api.mistral.ai", "API.Mistral.ai", "api.deepseek.com."])
async def test_a_known_name_has_its_address(server: NameServer, transport: str, name: str) -> None:
    response = await ask(server, transport, name)
    [found] = response.answer
    assert [str(one) for one in found] == [HOSTS[name.lower().rstrip(".")]]
    assert (response.rcode(), found.ttl, found.name.to_text(omit_final_dot=True)) == (0, 1, name.rstrip("."))
    assert response.flags & dns.flags.AA


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("api.mistral.ai", "AAAA", dns.rcode.NOERROR),
        ("api.mistral.ai", "HTTPS", dns.rcode.NOERROR),
        ("mistral.ai", "A", dns.rcode.NXDOMAIN),
        ("www.api.mistral.ai", "A", dns.rcode.NXDOMAIN),
        (".", "NS", dns.rcode.NXDOMAIN),
    ],
)
async def test_there_is_nothing_else(
    server: NameServer, transport: str, name: str, kind: str, code: dns.rcode.Rcode
) -> None:
    response = await ask(server, transport, name, kind)
    assert (response.rcode(), response.answer) == (code, [])
    # Resolvers keep a "no" no longer than an address.
    assert [(one.rdtype, one.ttl) for one in response.authority] == [(dns.rdatatype.SOA, 1)]


async def test_the_table_changes_while_it_runs(server: NameServer) -> None:
    server.table = read_table({"new.test": "127.0.0.2"})
    assert (await ask(server, "tcp", "api.mistral.ai")).rcode() == dns.rcode.NXDOMAIN
    assert "127.0.0.2" in str((await ask(server, "tcp", "new.test")).answer[0])


async def test_one_connection_carries_many_queries(server: NameServer) -> None:
    reader, writer = await asyncio.open_connection(*server.address)
    queries = [dns.message.make_query(name, "A").to_wire() for name in HOSTS]
    for data in (b"".join(struct.pack("!H", len(one)) + one for one in queries), b"\0\3abc"):
        writer.write(data)
    async with asyncio.timeout(PATIENCE):
        for query, address in zip(queries, HOSTS.values(), strict=True):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            response = dns.message.from_wire(await reader.readexactly(length))
            assert (response.id, str(response.answer[0][0])) == (struct.unpack("!H", query[:2])[0], address)
    writer.close()
    await writer.wait_closed()


async def test_stopping_ends_connections_and_frees_the_port(server: NameServer) -> None:
    reader, writer = await asyncio.open_connection(*server.address)
    address = server.address
    assert (await ask(server, "tcp", "api.mistral.ai")).answer
    await server.stop()
    await server.stop()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    again = NameServer(bind=address[0], port=address[1])
    await again.start()
    await again.start()
    assert again.address == address
    await again.stop()


async def test_a_client_that_says_nothing_is_left(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_providers.dns.IDLE_DEADLINE", 0.01)
    reader, writer = await asyncio.open_connection(*server.address)
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_a_port_in_use_is_a_set_up_problem(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(SetupProblem, match="choose another address or port"):
            await NameServer(port=taken.getsockname()[1]).start()


def query(**changes: int) -> bytes:
    """A query with fields of its header changed."""
    wire = dns.message.make_query("api.mistral.ai", "A", id=7).to_wire()
    fields = dict(zip(("id", "flags", "qd", "an", "ns", "ar"), struct.unpack("!6H", wire[:12]), strict=True))
    return struct.pack("!6H", *(fields | changes).values()) + wire[12:]


@pytest.mark.parametrize("wire", [b"", b"\0" * 11, query(flags=0x8180)])
def test_what_deserves_no_answer(wire: bytes) -> None:
    assert answer(wire, TABLE) is None


@pytest.mark.parametrize("wire", [query(qd=2), query(qd=0), query() + b"junk", query()[:-3], query(ar=1)])
def test_what_is_malformed(wire: bytes) -> None:
    response = dns.message.from_wire(answer(wire, TABLE) or b"")
    assert (response.id, response.rcode(), response.question) == (7, dns.rcode.FORMERR, [])


def test_what_is_not_served() -> None:
    update = dns.message.from_wire(answer(query(flags=dns.opcode.to_flags(dns.opcode.NOTIFY)), TABLE) or b"")
    chaos = dns.message.make_query("version.bind", "TXT", "CH")
    refused = dns.message.from_wire(answer(chaos.to_wire(), TABLE) or b"")
    assert (update.rcode(), refused.rcode()) == (dns.rcode.NOTIMP, dns.rcode.REFUSED)


def test_noise_never_ends_it() -> None:
    noise = random.Random(4)
    for _ in range(500):
        wire = bytearray(query())
        for _ in range(noise.randrange(1, 8)):
            wire[noise.randrange(len(wire))] = noise.randrange(256)
        assert isinstance(answer(bytes(wire[: noise.randrange(len(wire) + 1)]), TABLE), bytes | None)


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ({"a..b": "127.0.0.1"}, "'a..b' is not a host name"),
        ({"a" * 64: "127.0.0.1"}, "is not a host name"),
        ({"a.test": "::1"}, "'::1'"),
        ({"a.test": "x"}, "'x'"),
    ],
)
def test_a_table_holds_host_names_and_ipv4_addresses(hosts: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(hosts)
