"""A name server for the hosts of lookalikes: a cluster's DNS forwards the providers' names to it."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from collections.abc import Mapping
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from conformance.core.problems import SetupProblem

__all__ = ["IDLE_DEADLINE", "TTL", "NameServer", "Table", "answer", "read_table"]

TTL = 1
"""Seconds for which an answer may be kept, also that there is none: tables change while a run goes on."""
IDLE_DEADLINE = 30.0
"""Seconds after which a TCP connection without a query is closed (RFC 7766, 6.2.3)."""

Table = Mapping[dns.name.Name, str]

_HEADER = 12
_RESPONSE, _OPCODE_AND_RD = 0x8000, 0x7900
# Two protocols on one port that neither may have been given: a few tries are enough.
_TRIES = 10


def read_table(hosts: Mapping[str, str]) -> dict[dns.name.Name, str]:
    """A table from {host: IPv4}. Raises ValueError for what is no host name or no IPv4 address."""
    table = {}
    for host, address in hosts.items():
        try:
            name = dns.name.from_text(host)
        except (dns.exception.DNSException, UnicodeError):
            raise ValueError(f"{host!r} is not a host name") from None
        table[name] = str(ipaddress.IPv4Address(address))
    return table


def answer(wire: bytes, table: Table) -> bytes | None:
    """The answer to one message: A records of the table's names, compared without case, and of no others.

    A known name has no other records; any other name is NXDOMAIN. None for what deserves no answer: no whole header, or
    an answer itself (RFC 1035, 4.1.1).
    """
    if len(wire) < _HEADER or wire[2] & (_RESPONSE >> 8):
        return None
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return _malformed(wire)
    if query.opcode() == dns.opcode.QUERY and len(query.question) != 1:
        return _malformed(wire)
    response = dns.message.make_response(query, recursion_available=True)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif query.question[0].rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
    else:
        _fill(response, query.question[0], table)
    return response.to_wire()


def _fill(response: dns.message.Message, asked: dns.rrset.RRset, table: Table) -> None:
    response.flags |= dns.flags.AA
    address = table.get(asked.name)
    if address is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    if address is not None and asked.rdtype in (dns.rdatatype.A, dns.rdatatype.ANY):
        response.answer.append(dns.rrset.from_text(asked.name, TTL, "IN", "A", address))
    else:
        # How long "no" may be believed stands in an SOA record (RFC 2308, 5).
        soa = f"lookalikes.invalid. nobody.invalid. 1 {TTL} {TTL} {TTL} {TTL}"
        response.authority.append(dns.rrset.from_text(".", TTL, "IN", "SOA", soa))


def _malformed(wire: bytes) -> bytes:
    number, flags = struct.unpack("!HH", wire[:4])
    return struct.pack("!6H", number, _RESPONSE | (flags & _OPCODE_AND_RD) | dns.rcode.FORMERR, 0, 0, 0, 0)


class NameServer:
    """Answers over UDP and TCP on one port. Use on one event loop; `table` may be replaced at any time."""

    def __init__(self, *, bind: str = "127.0.0.1", port: int = 0) -> None:
        self.table: Table = {}
        self.address: tuple[str, int] = (bind, port)
        self._asked = (bind, port)
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> None:
        """Listen; `address` is the (ip, port) really bound from then on. Raises SetupProblem when it cannot be had."""
        if self._server is not None:
            return
        bind, port = self._asked
        for chance in reversed(range(_TRIES if port == 0 else 1)):
            try:
                await self._listen(bind, port)
                return
            except OSError as error:
                await self.stop()
                if chance == 0:
                    where = f"the name server cannot listen on {bind}:{port}: {error.strerror}"
                    raise SetupProblem(where, remedy="choose another address or port") from error

    async def _listen(self, bind: str, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, bind, port)
        self.address = cast("tuple[str, int]", self._server.sockets[0].getsockname()[:2])
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=self.address)

    async def stop(self) -> None:
        """Close the port and every connection; harmless when repeated."""
        server, self._server = self._server, None
        datagrams, self._datagrams = self._datagrams, None
        if datagrams is not None:
            datagrams.close()
        if server is not None:
            server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections)
        if server is not None:
            await server.wait_closed()
        await asyncio.sleep(0)  # transports close their sockets in the loop's next round

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._connections[task] = writer
        try:
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            return  # the client is gone, or has nothing to ask
        finally:
            del self._connections[task]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Queries and answers, each after its length in two bytes (RFC 1035, 4.2.2), until the client goes."""
        while True:
            async with asyncio.timeout(IDLE_DEADLINE):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = answer(await reader.readexactly(length), self.table)
            if wire is not None:
                writer.write(struct.pack("!H", len(wire)) + wire)
                await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = answer(data, self._server.table)
        if wire is not None and self._transport is not None:
            self._transport.sendto(wire, addr)
