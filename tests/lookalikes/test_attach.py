"""Attaching and detaching: addresses, refused ports, plans."""

from __future__ import annotations

import asyncio
import dataclasses
import socket

import pytest

from conformance.core.problems import SetupProblem
from conformance.core.providers.shipped import load_provider
from mock_providers import Attachment, Behaviour, Lookalikes
from mock_providers.behaviour import Identity
from tests.support.lookalikes import KEY, chat, serving

MISTRAL = load_provider("mistral")


async def dial(address: tuple[str, int]) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.close()
    await writer.wait_closed()


async def test_a_refused_attachment_holds_its_port_and_refuses() -> None:
    async with serving(reach="refused") as served:
        with pytest.raises(ConnectionRefusedError):
            await dial(served.listener.address)
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(served.listener.address)
        assert served.lookalikes.journal.connections == []


async def test_after_a_detach_every_dial_is_refused_and_old_connections_are_closed() -> None:
    async with serving() as served:
        reader, writer = await served.open(served.trusting())
        await served.lookalikes.detach("api.mistral.ai", 443)
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await dial(served.listener.address)
        assert served.lookalikes.listener("api.mistral.ai", 443) is None
        await served.lookalikes.detach("api.mistral.ai", 443)  # a second time does nothing


async def test_attaching_again_replaces_what_was_there() -> None:
    async with serving() as served:
        again = await served.lookalikes.attach(
            dataclasses.replace(served.listener.attachment, behaviour=Behaviour(status=418))
        )
        assert served.lookalikes.listener("api.mistral.ai", 443) is again
        with pytest.raises(ConnectionRefusedError):
            await dial(served.listener.address)
        served.listener = again
        assert (await served.ask(chat())).status_code == 418
        await served.lookalikes.detach("api.mistral.ai", 443)
        served.listener = await served.lookalikes.attach(served.listener.attachment)
        assert served.listener.behaviour == Behaviour(status=418)


async def test_two_lookalikes_tell_their_requests_apart() -> None:
    deepseek = load_provider("deepseek")
    async with serving() as served:
        await served.lookalikes.attach(Attachment(deepseek.host, deepseek.port, deepseek, keys=frozenset({KEY})))
        await served.ask(chat(), exchange="e-1")
        served.listener = served.lookalikes.listener("api.deepseek.com", 443) or served.listener
        response = await served.ask(chat(model="deepseek-chat"), exchange="e-2")
        journal = served.lookalikes.journal
        hosts = [journal.for_exchange(exchange)[0].connection.host for exchange in ("e-1", "e-2")]
    assert hosts == ["api.mistral.ai", "api.deepseek.com"]
    assert "DeepSeek at api.deepseek.com:443 answers exchange e-2" in response.text


async def test_a_plan_concerns_its_exchange_only() -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", Behaviour(status=503))
        assert (await served.ask(chat(), exchange="e-1")).status_code == 503
        assert (await served.ask(chat(), exchange="e-2")).status_code == 200
        assert (await served.ask(chat())).status_code == 200


async def test_a_connection_cannot_be_planned_by_exchange() -> None:
    with pytest.raises(ValueError, match="belongs to an attachment"):
        Lookalikes().plan("e-1", Behaviour(reset="on-accept"))


@pytest.mark.parametrize("reach", ["listening", "refused"])
async def test_a_port_in_use_is_a_set_up_problem(reach: str) -> None:
    async with serving() as served:
        taken = dataclasses.replace(served.listener.attachment, host="b.test", bind_port=served.listener.address[1])
        with pytest.raises(SetupProblem, match="is in use - choose another port"):
            await served.lookalikes.attach(dataclasses.replace(taken, reach=reach))  # type: ignore[arg-type]


async def test_a_port_asked_for_is_free_again_after_the_detach() -> None:
    async with serving() as served:
        port = served.listener.address[1]
        await served.lookalikes.stop()
        asked = dataclasses.replace(served.listener.attachment, bind_port=port)
        for _ in range(2):
            served.listener = await served.lookalikes.attach(asked)
            assert served.listener.address == ("127.0.0.1", port)
            await served.lookalikes.detach(asked.host, asked.port)


async def test_an_address_that_cannot_be_bound() -> None:
    with pytest.raises(SetupProblem, match="cannot be bound"):
        await Lookalikes(bind="192.0.2.1").attach(Attachment("a.test", 443, MISTRAL))  # RFC 5737: nobody's address


async def test_a_forbidden_port_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mock_providers.connection.listening.new_socket", refuse)
    with pytest.raises(SetupProblem, match="above 1023"):
        await Lookalikes().attach(Attachment("a.test", 443, MISTRAL, bind_port=443))


def test_keys_are_not_shown() -> None:
    assert "sk-hidden" not in repr(Attachment("a.test", 443, MISTRAL, keys=frozenset({"sk-hidden"})))


async def test_two_hosts_at_one_address_are_told_apart_by_the_name_in_the_hello() -> None:
    deepseek = load_provider("deepseek")
    async with serving() as served:
        owner, lookalikes = served.listener, served.lookalikes
        place = owner.attachment.host, owner.attachment.port
        beside = Attachment(deepseek.host, 8443, deepseek, keys=frozenset({KEY}), address_of=place)
        guest = await lookalikes.attach(beside)
        assert guest.address == owner.address
        assert (await served.ask(chat(), exchange="first", headers={"Connection": "close"})).status_code == 200
        served.listener = guest
        answer = await served.ask(chat(model="deepseek-chat"), exchange="second")
        assert answer.json()["model"] == "deepseek-chat"
        seen = [lookalikes.journal.for_exchange(one)[0].connection for one in ("first", "second")]
        assert [(one.host, one.port) for one in seen] == [place, (deepseek.host, 8443)]


async def test_a_guest_leaves_alone_the_host_whose_address_it_shares() -> None:
    deepseek = load_provider("deepseek")
    async with serving() as served:
        owner, lookalikes = served.listener, served.lookalikes
        place = owner.attachment.host, owner.attachment.port
        served.listener = await lookalikes.attach(Attachment(deepseek.host, 443, deepseek, address_of=place))
        reader, writer = await served.open(served.trusting())
        await lookalikes.detach(deepseek.host, 443)
        assert await reader.read() == b""
        writer.close()
        assert lookalikes.listener(deepseek.host, 443) is None
        served.listener = owner
        assert (await served.ask(chat())).status_code == 200


@pytest.mark.parametrize("identity", ["good", "plaintext"])
async def test_an_address_can_only_be_shared_on_tls(identity: Identity) -> None:
    async with serving(identity="plaintext") as served:
        place = served.listener.attachment.host, served.listener.attachment.port
        with pytest.raises(ValueError, match="both on TLS"):
            await served.lookalikes.attach(Attachment("a.test", 443, MISTRAL, identity, address_of=place))


async def test_a_place_keeps_its_port_where_that_is_wanted() -> None:
    deepseek = load_provider("deepseek")
    lookalikes = Lookalikes(keeps_ports=True)
    attachment = Attachment("a.test", 443, MISTRAL)
    owner = await lookalikes.attach(Attachment(deepseek.host, 443, deepseek))
    try:
        first = await lookalikes.attach(attachment)
        refused = await lookalikes.attach(dataclasses.replace(attachment, reach="refused"))
        with pytest.raises(ConnectionRefusedError):
            await dial(first.address)
        guest = await lookalikes.attach(dataclasses.replace(attachment, address_of=(deepseek.host, 443)))
        await lookalikes.detach("a.test", 443)
        again = await lookalikes.attach(attachment)
        await dial(again.address)
        assert [one.address for one in (refused, guest, again)] == [first.address, owner.address, first.address]
    finally:
        await lookalikes.stop()


async def test_a_place_whose_port_was_taken_has_another() -> None:
    lookalikes = Lookalikes(keeps_ports=True)
    attachment = Attachment("a.test", 443, MISTRAL)
    try:
        first = (await lookalikes.attach(attachment)).address
        await lookalikes.detach("a.test", 443)
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(first)
            stranger.listen()
            again = (await lookalikes.attach(attachment)).address
        assert again != first
        await dial(again)
    finally:
        await lookalikes.stop()


async def test_accepting_survives_a_lack_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    accept = loop.sock_accept
    problems = [OSError(24, "Too many open files"), ConnectionAbortedError(103, "aborted")]

    async def short_of_descriptors(sock: socket.socket) -> tuple[socket.socket, object]:
        if problems:
            raise problems.pop(0)
        return await accept(sock)

    monkeypatch.setattr(loop, "sock_accept", short_of_descriptors)
    async with serving() as served:
        assert (await served.ask(chat())).status_code == 200
    assert problems == []
