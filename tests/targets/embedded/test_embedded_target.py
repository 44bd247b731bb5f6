"""The embedded target comes up whole or not at all, and goes without trace."""

from __future__ import annotations

import gc
import socket
import threading
from pathlib import Path

import httpx
import pytest
from kubernetes.client import VersionApi

from conformance.core.problems import SetupProblem
from conformance.core.providers.shipped import load_provider
from conformance.stage.lookalikes import Attachment
from conformance.targets.embedded.target import EmbeddedTarget
from conformance.targets.reference.controller import Controller
from conformance.targets.reference.gateway import ReferenceGateway
from conformance.targets.reference.kubeapi import KubeApiServer
from mock_providers.behaviour import Behaviour
from mock_providers.lookalikes import Door, Lookalikes

NAME = "agw-conformance-embedded"


def sockets() -> int:
    """How many sockets this process has open; 0 where there is no /proc to tell."""
    gc.collect()  # what waits for its collection is no leak
    # `socket:[4711]` is the one kind of link there that leads to no file.
    return sum(not one.exists() for one in Path("/proc/self/fd").glob("*"))


async def on_loop(target: EmbeddedTarget, door: Door) -> socket.socket:
    """A connection that is made where the gateway makes its own."""
    return await target._loop.do(door)


def threads() -> int:
    """How many targets run; the one of the cases may be among them."""
    return sum(thread.name == NAME for thread in threading.enumerate())


async def test_start_and_stop_twice() -> None:
    before, running = sockets(), threads()
    target = EmbeddedTarget()
    await target.stop()
    for _ in range(2):
        await target.start()
        assert threads() == running + 1
        assert VersionApi(target.kubernetes()).get_code().major == "1"
        assert target.kubernetes() is target.kubernetes()
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(target.gateway.url)).status_code == 404
        await target.stop()
        await target.stop()
        assert threads() == running
    assert sockets() <= before


@pytest.mark.parametrize("part", [Lookalikes, KubeApiServer, ReferenceGateway, Controller])
async def test_a_part_that_fails_takes_down_the_rest(part: type, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: object) -> None:
        raise LookupError("out of luck")

    before, running = sockets(), threads()
    monkeypatch.setattr(part, "start", fail)
    target = EmbeddedTarget()
    with pytest.raises(LookupError, match="out of luck"):
        await target.start()
    assert threads() == running
    assert sockets() <= before


async def test_a_port_that_is_taken() -> None:
    running = threads()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupProblem) as raised:
            await EmbeddedTarget(gateway_port=port).start()
    assert str(raised.value) == (
        f"the gateway cannot listen on 127.0.0.1:{port}: already in use - end who has it, or choose another with --port"
        " (0: any)"
    )
    assert threads() == running


async def test_hosts_lead_to_lookalikes_until_detached() -> None:
    target = EmbeddedTarget()
    lookalikes = target.lookalikes
    await target.start()
    try:
        mistral = load_provider("mistral")
        assert target._dial("api.mistral.ai", 443) is None
        await target.attach([Attachment("api.mistral.ai", 443, mistral)])
        door = target._dial("api.mistral.ai", 443)
        assert door is not None
        mark = await lookalikes.mark()
        with await on_loop(target, door):
            assert await lookalikes.until(mark, lambda seen: bool(seen.connections), 10)
            before = await lookalikes.since(mark)
        assert await lookalikes.until(mark, lambda seen: any(one.closed for one in seen.connections), 10)
        assert [one.closed for one in before.connections] == [False], "what was given out does not change"
        assert [one.host for one in (await lookalikes.since(mark)).connections] == ["api.mistral.ai"]
        assert await lookalikes.until(mark, lambda seen: bool(seen.requests), 0.01) is False
        await lookalikes.plan("id-1", Behaviour(status=500))
        await lookalikes.release("id-1")
        await lookalikes.detach("api.mistral.ai", 443)
        refusing = target._dial("api.mistral.ai", 443)
        assert refusing is not None
        for gone in (door, refusing):
            with pytest.raises(ConnectionRefusedError):
                await on_loop(target, gone)
        assert target.unsupported("pods") == "the embedded target has no pods"
        assert target.unsupported("anything else") is None
        assert target.gateway_log() == []
        assert "BEGIN CERTIFICATE" in lookalikes.trusted_ca
        assert lookalikes.trusted_ca != lookalikes.other_ca
    finally:
        await target.stop()
