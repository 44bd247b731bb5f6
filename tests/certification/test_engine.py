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

    monkeypatch.setattr(engine, "GatewayClient", Client)
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


def test_nobody_waits_for_libraries_that_certify_does_not_use() -> None:
    """Each takes a tenth of the time to a verdict, or more."""
    code = (
        "import sys\nfrom conformance.cli.commands.certify import run\nfrom conformance.stage.case import catalogue\n"
    )
    code += "from conformance.targets.embedded import target\ncatalogue()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=HANGS)
    assert {"kubernetes.client", "httpx"} <= set(done.stdout.split())
    assert not {"pytest", "dns", "jinja2", "pytest_kind", "hypothesis", "conformance.pages"} & set(done.stdout.split())
