"""The remote control as its HTTP shows it, and what its client makes of trouble."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from conformance.core.problems import SetupProblem
from conformance.core.redaction import Key
from mock_providers import Behaviour, Entries
from mock_providers.remote import server as control_module
from mock_providers.remote.client import RemoteLookalikes
from mock_providers.remote.server import Control
from mock_providers.remote.wire import encoded
from tests.support.lookalikes import KEY, chat
from tests.support.remote import PATIENCE, TOKEN, connected, controlled, mistral, remote

BODY = json.dumps(chat()).encode()
HEAD = f"Host: x\r\nAuthorization: Bearer {TOKEN.reveal()}\r\n"
NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak no TLS: to read the system's roots takes them longer than their test."""


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    async with controlled() as one:
        yield one


@pytest.fixture
async def plain(control: Control) -> AsyncIterator[httpx.AsyncClient]:
    """A client that knows the token and nothing else."""
    url = "http://{}:{}".format(*control.address)
    allowed = {"Authorization": f"Bearer {TOKEN.reveal()}"}
    async with httpx.AsyncClient(
        base_url=url, headers=allowed, trust_env=False, timeout=PATIENCE, verify=NO_ROOTS
    ) as client:
        yield client


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer tök".encode()}])
@pytest.mark.parametrize("path", ["/about", "/journal", "/attach", "/nothing"])
async def test_without_the_token_only_its_health_is_told(control: Control, given: Any, path: str) -> None:
    url = "http://{}:{}".format(*control.address)
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=NO_ROOTS) as client:
        refused = await client.get(path, headers=given)
        health = await client.get("/health")
    assert (refused.status_code, refused.json()) == (401, {"error": "the bearer token is missing or wrong"})
    assert (health.status_code, health.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/nothing", "", 404, "there is no '/nothing'"),
        ("POST", "/about", "", 405, "/about takes GET"),
        ("GET", "/attach", "", 405, "/attach takes POST"),
        ("POST", "/attach", "{", 400, "the body is not JSON"),
        ("POST", "/attach", "[]", 400, "expected an object"),
        ("POST", "/attach", "", 400, "attachments: missing"),
        ("POST", "/attach", '{"attachments": [{"host": "a"}]}', 400, "attachments[0].port: missing"),
        ("POST", "/detach", '{"host": "a", "port": "443"}', 400, "port: expected a number"),
        ("POST", "/plan", '{"correlation_id": "e", "behaviour": {"x": 1}}', 400, "behaviour.x: unknown field"),
        ("POST", "/names", '{"hosts": {"a..b": "127.0.0.1"}}', 422, "'a..b' is not a host name"),
        ("GET", "/journal?mark=x", "", 400, "mark: expected a number"),
        ("GET", "/journal?wait=nan", "", 400, "wait: expected a number"),
    ],
)
async def test_a_wrong_command_is_one_message(
    plain: httpx.AsyncClient, method: str, path: str, body: str, status: int, error: str
) -> None:
    response = await plain.request(method, path, content=body)
    assert (response.status_code, response.json()) == (status, {"error": error})
    assert response.headers["content-type"] == "application/json"


async def test_a_port_that_is_none_is_refused(plain: httpx.AsyncClient) -> None:
    body = {"attachments": [encoded(mistral(bind_port=65536))]}
    response = await plain.post("/attach", json=body)
    assert response.json() == {"error": "attachments[0].bind_port: expected a number from 0 to 65535"}


async def test_a_command_has_an_end(plain: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "MOST_BODY", 100)
    response = await plain.post("/attach", content=b" " * 101)
    assert (response.status_code, response.json()) == (413, {"error": "a command has at most 100 bytes"})


async def test_a_question_waits_for_its_change_and_no_other(control: Control, plain: httpx.AsyncClient) -> None:
    async with remote(control) as host:
        [address] = await host.attach([mistral(behaviour=Behaviour(hold_after_chunks=1))])
        async with connected(host, address) as before:
            assert await host.until(0, lambda seen: any(one.tls and one.tls.completed for one in seen.connections), 10)
            mark = await host.mark()
            known = (await plain.get("/journal", params={"mark": mark})).json()["version"]
            query = {"mark": mark, "after": known, "wait": PATIENCE}
            asking = asyncio.ensure_future(plain.get("/journal", params=query))
            await before.send(json.dumps(chat(stream=True)).encode(), exchange="e-1")
            said = (await asking).json()
            assert said["version"] > known
            assert [one["target"] for one in said["requests"]] == ["/v1/chat/completions"]
            await host.release("e-1")


async def test_a_wait_ends_with_the_control_and_when_it_begins_again(
    control: Control, plain: httpx.AsyncClient
) -> None:
    for end in (lambda: plain.post("/reset"), control.stop):
        asking = asyncio.ensure_future(plain.get("/journal", params={"wait": PATIENCE}))
        await asked(control)
        await end()
        assert (await asking).json()["requests"] == []


async def turns(until: Callable[[], Any]) -> None:
    """Let the loop turn until something is so that only the server's inside tells."""
    async with asyncio.timeout(PATIENCE):
        while not until():  # noqa: ASYNC110 - there is no event for what no user needs
            await asyncio.sleep(0)


async def asked(control: Control) -> None:
    """Returns once a question waits in the control."""
    await turns(lambda: control._commands.changes._waiting)


async def test_a_client_that_goes_away_is_not_waited_for(control: Control) -> None:
    reader, writer = await asyncio.open_connection(*control.address)
    writer.write(f"GET /journal?wait=30 HTTP/1.1\r\n{HEAD}\r\n".encode())
    await asked(control)
    writer.close()
    await writer.wait_closed()
    await turns(lambda: not control._state.tasks)
    assert await reader.read() == b""


async def test_stopping_does_not_wait_for_half_a_command(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "_STOP_SECONDS", 0.01)
    reader, writer = await asyncio.open_connection(*control.address)
    writer.write(f"POST /plan HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\n{{".encode())
    await turns(lambda: control._state.tasks)
    await control.stop()
    assert await reader.read() == b""
    writer.close()


async def test_a_new_run_finds_nothing_of_the_old_one(control: Control) -> None:
    async with remote(control) as first:
        [address] = await first.attach([mistral()])
        await first.answer_names({"api.mistral.ai": "127.0.0.1"})
        async with connected(first, address) as connection:
            await connection.ask(BODY)
        async with remote(control) as second:
            assert await second.since(0) == Entries((), ())
            assert control.names.table == {}
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*address)
            assert (second.trusted_ca, second.name_server) == (first.trusted_ca, control.names.address)


async def test_it_is_shut_down_on_request(control: Control) -> None:
    async with remote(control) as host:
        await host.shut_down()
    await asyncio.wait_for(control.ended.wait(), PATIENCE)


@pytest.mark.parametrize("what", ["control", "name server"])
async def test_an_address_in_use_is_a_set_up_problem(what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broken = Control(TOKEN, port=port) if what == "control" else Control(TOKEN, dns_port=port)
        with pytest.raises(SetupProblem, match=f"the {what} cannot listen on .* - choose another address or port"):
            await broken.start()


async def test_a_wrong_token_is_a_set_up_problem(control: Control) -> None:
    host = RemoteLookalikes("http://{}:{}".format(*control.address), Key("other", "quite-another-token"))
    with pytest.raises(SetupProblem, match="refuse the token - give the token") as problem:
        await host.start()
    assert "quite-another-token" not in str(problem.value) + repr(host)


async def test_whoever_is_gone_is_a_set_up_problem(control: Control) -> None:
    async with remote(control) as host:
        waiting = asyncio.ensure_future(host.until(0, lambda seen: bool(seen.requests), PATIENCE))
        await asked(control)
        await control.stop()
        for doing in (waiting, host.mark(), host.attach([mistral()]), host.stop(), host.mark()):
            with pytest.raises(SetupProblem, match="is its pod still running, and its port-forward") as problem:
                await doing
            assert KEY not in str(problem.value)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"/about": httpx.Response(200, json={"protocol": 99})}, "are of another version - build its image"),
        ({"/about": httpx.Response(200, text="<html>")}, r"not as expected \(200: no JSON\)"),
        ({"/about": httpx.Response(502, json={"error": "bad gateway"})}, r"not as expected \(502: bad gateway\)"),
        ({"/about": httpx.Response(500, json=["x"])}, r"not as expected \(500: no JSON\)"),
    ],
)
async def test_an_answer_by_somebody_else_is_a_set_up_problem(
    answers: dict[str, httpx.Response], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(self: httpx.AsyncClient, method: str, path: str, **_: Any) -> httpx.Response:
        return answers[path]

    monkeypatch.setattr(httpx.AsyncClient, "request", answer)
    with pytest.raises(SetupProblem, match=message):
        await RemoteLookalikes("http://127.0.0.1:1", TOKEN).start()


async def test_a_journal_of_another_version_is_a_set_up_problem(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remote(control) as host:
        broken = {"version": 1, "connections": [{"sequence": 1}], "requests": []}
        monkeypatch.setattr(type(control._commands.changes), "after", lambda *_: broken)
        with pytest.raises(SetupProblem, match="journal cannot be read: host: missing - run the same version"):
            await host.since(0)
