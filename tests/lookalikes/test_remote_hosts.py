"""What every lookalike host does, wherever its lookalikes are."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import ssl
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.message
import pytest

from conformance.core.problems import SetupProblem
from conformance.core.providers.shipped import load_provider
from conformance.targets.lookalikes import NamedLookalikes
from mock_providers import Behaviour, Entries
from tests.support.lookalikes import chat
from tests.support.remote import HOSTS, PATIENCE, connected, mistral, running

BODY = json.dumps(chat()).encode()
STREAM = json.dumps(chat(stream=True)).encode()


@pytest.fixture(params=list(HOSTS))
async def host(request: pytest.FixtureRequest) -> AsyncIterator[NamedLookalikes]:
    async with running(request.param) as one:
        yield one


async def test_a_request_is_in_the_journal_as_it_was_sent(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral()])
    mark = await host.mark()
    body = b'\x00\xff not JSON, "quoted" \xc3\xa4'
    async with connected(host, address) as connection:
        assert (await connection.ask(body, exchange="e-1", extra="x-Twice: a\r\nX-tWICE:  \xe9\r\n"))[0] == 422
        entries = await host.since(mark)
    [seen], [dialled] = entries.requests, entries.connections
    assert (seen.body, seen.body_complete, seen.outcome, seen.status) == (body, True, "answered", 422)
    assert seen.headers[-2:] == (("x-Twice", "a"), ("X-tWICE", "\xc3\xa9"))
    assert (seen.correlation_id, seen.connection, seen.secret_header) == ("e-1", dialled, "authorization")
    assert (dialled.host, dialled.port, dialled.kind, dialled.closed) == ("api.mistral.ai", 443, "tls", False)
    assert dialled.tls
    assert (dialled.tls.sni, dialled.tls.completed, dialled.tls.failure) == ("api.mistral.ai", True, None)
    assert isinstance(dialled.tls.versions_offered, tuple)


async def test_entries_have_their_present_state(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral(behaviour=Behaviour(chunks=2, hold_after_chunks=1))])
    mark = await host.mark()
    async with connected(host, address) as connection:
        await connection.send(STREAM, exchange="e-1")
        assert await host.until(mark, lambda seen: any(one.chunks_sent == 1 for one in seen.requests), PATIENCE)
        [held] = (await host.since(mark)).requests
        await host.release("e-1")
        await connection.until(b"data: [DONE]\n\n")
        assert await host.until(mark, lambda seen: seen.requests[0].outcome == "answered", PATIENCE)
    assert await host.until(mark, lambda seen: seen.connections[0].closed, PATIENCE)
    [seen] = (await host.since(mark)).requests
    assert (seen.outcome, seen.chunks_sent, seen.connection.closed) == ("answered", 2, True)
    # What was read before is a record of its time.
    assert (held.outcome, held.chunks_sent, held.connection.closed) == ("open", 1, False)


async def test_a_mark_parts_old_entries_from_new_ones(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral()])
    async with connected(host, address) as connection:
        await connection.ask(BODY, exchange="before")
        mark = await host.mark()
        assert await host.since(mark) == Entries((), ())
        await connection.ask(BODY, exchange="after")
        entries = await host.since(mark)
    assert [one.correlation_id for one in entries.requests] == ["after"]
    # Its connection was there before, and is known all the same.
    assert entries.connections == ()
    assert entries.requests[0].connection.host == "api.mistral.ai"


async def test_a_failed_handshake_is_evidence(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral(identity="self-signed")])
    mark = await host.mark()
    with pytest.raises(ssl.SSLCertVerificationError):
        async with connected(host, address):
            pass
    assert await host.until(mark, lambda seen: any(one.closed for one in seen.connections), PATIENCE)
    [dialled] = (await host.since(mark)).connections
    assert dialled.tls
    assert (dialled.tls.completed, dialled.tls.failure) == (
        False,
        "the client closed the connection during the handshake",
    )


async def test_what_does_not_happen_is_told_at_the_deadline(host: NamedLookalikes) -> None:
    assert await host.until(0, lambda seen: bool(seen.requests), 0.05) is False
    assert await host.until(0, lambda seen: not seen.requests, 0) is True


async def test_plans_concern_their_exchange(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral()])
    await host.plan("e-1", Behaviour(status=503, json={"error": None}, headers=(("Retry-After", "1"),)))
    async with connected(host, address) as connection:
        assert await connection.ask(BODY, exchange="e-1") == (503, b'{"error":null}')
        assert (await connection.ask(BODY, exchange="e-2"))[0] == 200
    with pytest.raises(ValueError, match="belongs to an attachment"):
        await host.plan("e-1", Behaviour(reset="on-accept"))


async def test_detached_and_refused_places_refuse_and_have_their_address_again(host: NamedLookalikes) -> None:
    [address] = await host.attach([mistral()])
    await host.detach("api.mistral.ai", 443)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address)
    assert await host.attach([mistral(reach="refused")]) == [address]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address)
    assert await host.attach([mistral(behaviour=Behaviour(status=418))]) == [address]
    async with connected(host, address) as connection:
        assert (await connection.ask(BODY))[0] == 418


async def test_addresses_come_in_the_order_of_the_attachments(host: NamedLookalikes) -> None:
    deepseek = dataclasses.replace(mistral(), host="api.deepseek.com", provider=load_provider("deepseek"))
    guest = mistral(host="beside.test", address_of=("api.deepseek.com", 443))
    first, second, third = await host.attach([mistral(), deepseek, guest])
    assert first != second == third
    async with connected(host, third, name="beside.test") as connection:
        assert (await connection.ask(BODY, exchange="e-1"))[0] == 200
    [seen] = (await host.since(0)).requests
    assert seen.connection.host == "beside.test"


async def test_mistakes_are_told(host: NamedLookalikes) -> None:
    [(_, port)] = await host.attach([mistral()])
    with pytest.raises(SetupProblem, match="is in use - choose another port"):
        await host.attach([mistral(host="other.test", bind_port=port)])
    with pytest.raises(ValueError, match="both on TLS"):
        await host.attach([mistral(host="other.test", address_of=("nobody.test", 443))])
    with pytest.raises(ValueError, match="no parent domain"):
        await host.attach([mistral(host="localhost", identity="wildcard")])


async def test_both_authorities_are_known(host: NamedLookalikes) -> None:
    assert host.trusted_ca.startswith("-----BEGIN CERTIFICATE-----")
    assert host.other_ca.startswith("-----BEGIN CERTIFICATE-----")
    assert host.trusted_ca != host.other_ca


async def test_names_are_answered_beside_the_lookalikes(host: NamedLookalikes) -> None:
    await host.answer_names({"api.mistral.ai": "10.0.0.1"})
    ip, port = host.name_server
    response = await dns.asyncquery.tcp(dns.message.make_query("API.mistral.ai", "A"), ip, PATIENCE, port)
    assert [str(one) for one in response.answer[0]] == ["10.0.0.1"]
    with pytest.raises(ValueError, match="is not a host name"):
        await host.answer_names({"a..b": "10.0.0.1"})


async def test_a_second_stop_does_nothing(host: NamedLookalikes) -> None:
    await host.stop()
    await host.stop()
