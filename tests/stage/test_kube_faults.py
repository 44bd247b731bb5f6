"""A Kubernetes API endpoint on a bad day: overloaded, restarting, losing watches. No gateway is to blame for it."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.targets.reference.kubeapi.app import KubeApi
from tests.support.kube import NAMESPACE, config_map, endpoint
from tests.support.nightly import BY_NIGHT
from tests.support.nimbus import command

REASONS = {429: "TooManyRequests", 500: "InternalError", 502: "", 503: "ServiceUnavailable", 504: "Timeout"}
CUT = 0
"""In place of a status: the connection ends in the middle of the answer."""


async def fail(send: Send, status: int) -> None:
    """Answer as an overloaded API server does, or as a proxy before one that is gone (502)."""
    said = {"kind": "Status", "code": status, "reason": REASONS.get(status, ""), "message": "not now"}
    body = json.dumps(said).encode() if REASONS.get(status) else b"<html>Bad Gateway</html>"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status or 200, "headers": headers})
    if status == CUT:
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError("cut by the test")
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """What the next answers are instead; None for the true one."""
    waiting: list[int | None] = []
    answer = KubeApi.__call__

    async def or_fail(self: KubeApi, scope: Scope, receive: Receive, send: Send) -> None:
        fault = waiting.pop(0) if waiting else None
        await (answer(self, scope, receive, send) if fault is None else fail(send, fault))

    monkeypatch.setattr(KubeApi, "__call__", or_fail)
    return waiting


@pytest.mark.parametrize("status", [*REASONS, CUT])
async def test_what_passes_is_asked_again(status: int, faults: list[int | None]) -> None:
    async with endpoint() as (kubernetes, _, _):
        faults[:] = [status, status]
        assert (await kubernetes.apply(config_map(a="1")))["data"] == {"a": "1"}
        faults[:] = [status]
        assert await kubernetes.get("v1", "ConfigMap", "opal", "one") is not None
        faults[:] = [status]
        assert [one["data"] for one in await kubernetes.list("v1", "ConfigMap", "opal")] == [{"a": "1"}]
        faults[:] = [status]
        await kubernetes.delete(config_map())
        assert await kubernetes.get("v1", "ConfigMap", "opal", "one") is None
        assert faults == []


@pytest.mark.parametrize("lost", [[None, 503], [None, 410], [None, CUT], [503, None, 500]])
async def test_a_lost_watch_is_begun_again(lost: list[int | None], faults: list[int | None]) -> None:
    async with endpoint() as (kubernetes, _, _):
        await kubernetes.apply(config_map("one"))
        looked = threading.Event()

        def both(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            looked.set()
            return len(objects) == 2

        faults[:] = lost  # of a list and a watch by turns
        waiting = asyncio.ensure_future(kubernetes.wait("v1", "ConfigMap", both, 20))
        await asyncio.to_thread(looked.wait, 20)
        await kubernetes.apply(config_map("two"))
        assert await waiting is True


async def test_an_endpoint_that_restarts() -> None:
    async with endpoint() as (kubernetes, loop, server):
        looked, port = threading.Event(), int(server.url.rpartition(":")[2])

        def made(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            looked.set()
            return bool(objects)

        # The time that it is away is not the controller's: the deadline is one second.
        waiting = asyncio.ensure_future(kubernetes.wait("v1", "ConfigMap", made, 1.0))
        await asyncio.to_thread(looked.wait, 20)
        await loop.call(server.stop())
        applied = asyncio.ensure_future(kubernetes.apply(config_map()))
        server._port = port
        await loop.call(server.start())
        assert (await applied)["metadata"]["name"] == "one"
        assert await waiting is True


async def test_who_does_not_come_back_is_a_set_up_that_failed(
    faults: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "ENDPOINT", 0.3)
    async with endpoint() as (kubernetes, _, _):
        faults[:] = [503] * 50
        with pytest.raises(SetupProblem, match="the Kubernetes API endpoint answers 503: not now"):
            await kubernetes.apply(config_map())
        assert len(faults) > 30  # left alone between attempts


async def test_who_has_never_answered_is_not_waited_for(faults: list[int | None]) -> None:
    async with endpoint(asked=False) as (kubernetes, _, _):
        faults[:] = [503] * 50
        with pytest.raises(SetupProblem, match="answers 503"):
            await kubernetes.apply(NAMESPACE)
        assert len(faults) >= 48


def sometimes(chosen: Iterable[int | None], number: int) -> Iterator[int | None]:
    """One answer in eight is another."""
    dice, kinds = random.Random(number), list(chosen)
    while True:
        yield dice.choice(kinds) if dice.random() < 1 / 8 else None


@pytest.mark.slow
def test_verdicts_are_those_of_a_good_day(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, faults: list[int | None]
) -> None:
    answer, dice = KubeApi.__call__, sometimes([*REASONS, CUT], 20261130)

    async def or_fail(self: KubeApi, scope: Scope, receive: Receive, send: Send) -> None:
        # The first is how the endpoint is found at all.
        faults[:] = [next(dice)] if scope["path"].startswith("/api") and "namespaces" in scope["path"] else []
        await answer(self, scope, receive, send)

    monkeypatch.setattr(KubeApi, "__call__", or_fail)
    chosen = ("-p", "no:randomly", "--provider", "mistral", "-m", "path or secrets" if BY_NIGHT else "path")
    code, printed = command(capsys, "run", "-q", *chosen)
    assert code == 0, printed[-4000:]
    code, printed = command(capsys, "run", "-q", *chosen, "--mutant", "path-not-replaced")
    assert code == 1, printed[-4000:]
    assert "setup error" not in printed
