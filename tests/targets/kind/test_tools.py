"""Running programs: what they say, and that they end with who waits for them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from conformance.core.problems import SetupProblem
from conformance.core.redaction import register_key
from conformance.targets.kind.tools import run

SHELL = ("/bin/sh", "-c")


async def test_a_programs_output() -> None:
    assert await run([*SHELL, "cat; echo $WHO"], "it", remedy="", env={"WHO": "me"}, stdin=b"in,") == "in,me\n"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo out; echo why >&2; echo >&2; exit 3", "it failed: why - mend it"),
        ("echo only out; exit 3", "it failed: only out - mend it"),
        ("exit 3", "it failed: it said nothing - mend it"),
        ("echo no sk-tools-4711 here >&2; exit 1", "it failed: no <tools-key> here - mend it"),
        ("exec sleep 60", "it did not end within 0 s - mend it"),
    ],
)
async def test_a_program_that_fails(script: str, message: str) -> None:
    register_key("tools-key", "sk-tools-4711")
    with pytest.raises(SetupProblem) as raised:
        await run([*SHELL, script], "it", remedy="mend it", seconds=0.2 if "sleep" in script else 60)
    assert str(raised.value) == message


async def test_a_program_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")
    running = asyncio.create_task(run([*SHELL, f"echo $$ > {tmp_path}/pid; exec sleep 60"], "it", remedy=""))
    number = int(await asyncio.to_thread((tmp_path / "pid").read_text))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIGCONT)
