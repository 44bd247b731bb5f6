"""How `certify` runs cases without pytest: an interrupted case ends before what it works with is gone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.certification import engine
from conformance.certification.selection import GivenTest
from conformance.stage import opening
from conformance.stage.case import catalogue
from tests.support.hangs import HANGS


async def test_an_interrupted_case_ends_before_its_client_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    begun = asyncio.Event()

    class Client:
        def __init__(self, *address: str) -> None:
            pass

        async def close(self) -> None:
            happened.append("client closed")

    async def function(stage: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            happened.append("case ended")

    async def run() -> None:
        async for _ in engine.run_tests([GivenTest("test", catalogue()[0], function, ())], arrangement, judge):
            pass

    monkeypatch.setattr(opening, "GatewayClient", Client)
    monkeypatch.setattr(engine, "make_stages", lambda *given, **_: given[5].append(object()))
    gateway = SimpleNamespace(url="http://127.0.0.1", authority="")
    arrangement: Any = SimpleNamespace(target=SimpleNamespace(gateway=gateway), patience=SimpleNamespace(hurried=False))
    judge: Any = SimpleNamespace(known_deviation=lambda *given: None)
    running = asyncio.create_task(run())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert happened == ["case ended", "client closed"]


def test_nobody_waits_for_what_certify_does_not_use() -> None:
    """Each takes a hundredth of the time to a verdict, or more.

    Not named is what an older version of a library imports by itself: click in uvicorn's, requests in kubernetes'.
    """
    code = "import sys; from conformance.cli import main; main(['certify', '--provider', 'mistral', '-q'])"
    code += "; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=HANGS)
    imported = set(done.stdout.splitlines()[-1].split())
    assert {"kubernetes.client", "httpcore", "uvicorn.config", "conformance.cases.test_path"} <= imported
    assert not imported & {"pytest", "hypothesis", "jinja2", "dns", "httpx", "rich", "rstr"}
    assert not imported & {"pydantic", "dateutil.parser", "importlib.metadata", "ctypes", "kubernetes.utils.quantity"}
    assert not imported & {"oauthlib", "websocket", "kubernetes.config", "watchfiles", "pytest_kind"}
    assert not imported & {"conformance.pages", "conformance.proof", "conformance.verdict.diagnosis.rules"}
