"""The real agentgateway binary: a few whole runs, and that no change of its configuration is lost on it."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.core.problems import ExitCode
from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.standalone.binary import find_binary
from conformance.targets.standalone.process import AgentgatewayProcess
from tests.support.nimbus import Process
from tests.support.standalone import REAL, needs_binary
from tests.targets.standalone.test_process import CONFIG

pytestmark = needs_binary

RUN = ("run", "-v", "-p", "no:randomly", "--target", "standalone", "--provider", "mistral")
FEW = ("--case", "page/own-request-succeeds", "--case", "lifecycle/backend-model", "--case", "path/full-without-host")
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, dict[str, Any]]:
    """A whole run; its exit code, output and report."""
    binary = ("--agentgateway-bin", str(REAL), "--report", str(folder / "report"))
    code, printed = Process(folder, *RUN, *binary, *arguments, **environment).end()
    report = folder / "report" / "report.yaml"
    return code, printed, yaml.safe_load(report.read_text()) if report.exists() else {}


@pytest.mark.parametrize("network", ["", "none"], ids=["as the kernel allows", "remapped"])
def test_a_few_cases(tmp_path: Path, network: str) -> None:
    code, printed, report = run(tmp_path, *FEW, **({"AGW_CONFORMANCE_NETWORK": network} if network else {}))
    assert code == 0, printed
    assert report["implementation"]["project"] == "agentgateway"
    assert report["implementation"]["version"] == find_binary(REAL).version
    if network:
        assert "REMAPPED" in report["network"]
        assert "hosts are remapped here" in (tmp_path / "report" / "junit.xml").read_text()


def test_deviations_are_failures_when_there_is_no_list(tmp_path: Path) -> None:
    """Both lines send the client's path on when the Backend has none; see the lists."""
    chosen = ("--case", "path/default-with-host")
    code, printed, _ = run(tmp_path, *chosen, "--deviations", "none")
    assert code == 1, printed
    (tmp_path / "listed").mkdir()
    code, printed, report = run(tmp_path / "listed", *chosen)
    assert code == 0, printed
    assert report["profiles"][0]["statistics"].keys() == {"deviation"}
    junit = (tmp_path / "listed" / "report" / "junit.xml").read_text()
    assert re.search(r'skipped message="deviation: With host set .*crates/agentgateway/src/llm/mod.rs', junit)


def place(host: str, port: int) -> str:
    return f"{host}:{port}"


async def test_changes_at_the_worst_moment_arrive() -> None:
    """Each time it says that it has read its configuration there is a newer one at once."""
    read, armed = asyncio.Event(), False

    def log(line: str) -> None:
        nonlocal armed
        if "loaded config" in line and armed:
            armed = False
            one.configure(GatewayConfig())
            read.set()

    one = AgentgatewayProcess(find_binary(REAL), trusted=b"", place=place, remapped=False, log=log)
    await one.start()
    try:
        await one.launch()
        for _ in range(5):
            read.clear()
            armed = True
            one.configure(CONFIG)
            await read.wait()
            await one.loaded()
            assert "n.example" not in one.last.text
    finally:
        await one.stop()


def proxies(temporary: Path) -> list[int]:
    """The processes that were given a file below this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if words[1:2] == ["-f"] and words[2].startswith(str(temporary)):
            found.append(int(process.name))
    return found


def started(process: Process) -> int:
    """Wait for the first case to pass; the proxy's process."""
    assert process.popen.stdout is not None
    while "PASSED" not in (line := process.popen.stdout.readline()):
        assert line
    (proxy,) = proxies(process.temporary)
    return proxy


@linux_only
def test_a_proxy_that_ends_ends_the_run(tmp_path: Path) -> None:
    process = Process(tmp_path, *RUN, "-m", "body", "--agentgateway-bin", str(REAL))
    os.kill(started(process), signal.SIGKILL)
    code, printed = process.end()
    assert code == ExitCode.SETUP_FAILED
    assert "set-up failed: agentgateway ended with -9" in printed


@linux_only
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_ended_run_leaves_no_proxy_and_its_folder_to_the_next(tmp_path: Path, number: signal.Signals) -> None:
    process = Process(tmp_path, *RUN, "-m", "body", "--agentgateway-bin", str(REAL))
    proxy = started(process)
    assert process.popen.stdout is not None
    handle = os.pidfd_open(proxy)
    try:
        process.popen.send_signal(number)
        process.popen.stdout.read()
        process.popen.wait()
        assert select.select([handle], [], [], 60)[0]
    finally:
        os.close(handle)
        process.popen.communicate()
    if number is signal.SIGKILL:
        assert list(process.temporary.iterdir())
        (tmp_path / "next").mkdir()
        again = Process(tmp_path / "next", "run", "-q", *FEW[:2], TMPDIR=str(process.temporary))
        assert again.end()[0] == 0
    else:
        assert process.popen.returncode == ExitCode.INTERRUPTED
    assert list(process.temporary.iterdir()) == []
