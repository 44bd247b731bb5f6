"""The agentgateway process: launched, configured anew, and ended, with a stand-in for the binary."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conformance.core.files import ScratchFolder
from conformance.core.problems import SetupProblem
from conformance.core.redaction import register_key
from conformance.targets.common import GatewayLog
from conformance.targets.reference.gateway.config import BackendRef as Ref
from conformance.targets.reference.gateway.config import GatewayConfig, Listener, LlmBackend, LlmProvider, Route, Rule
from conformance.targets.standalone import process as process_module
from conformance.targets.standalone.binary import Binary, find_binary
from conformance.targets.standalone.process import AgentgatewayProcess
from tests.support.standalone import fake

ROUTE = Route("llm/n", (Rule(backends=(Ref(LlmBackend("llm/n", ((LlmProvider("a", "n.example", 443),),))),)),))
CONFIG = GatewayConfig((Listener("http", 80, (ROUTE,)),))


@contextlib.asynccontextmanager
async def process(path: str, log: GatewayLog) -> AsyncIterator[AgentgatewayProcess]:
    one = AgentgatewayProcess(
        find_binary(path), trusted=b"pem", place=lambda host, port: f"{host}:{port}", remapped=False, log=log.add
    )
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
        assert not one.running


@pytest.mark.parametrize("mode", ["reads", "dozes"])
async def test_configured_and_configured_anew(tmp_path: Path, mode: str) -> None:
    register_key("fake-key", "sk-fake-Zirrus-4711")
    log = GatewayLog()
    async with process(fake(tmp_path, mode=mode), log) as one:
        assert not one.running
        await one.launch()
        one.configure(CONFIG)
        await one.loaded()
        assert "n.example:443" in one.last.text
        assert oct(one.folder.stat().st_mode)[-3:] == "700"
    assert log.leaks == ["key <fake-key>, listening"]


async def test_what_its_own_probe_asks_is_no_news(tmp_path: Path) -> None:
    log = GatewayLog()
    async with process(fake(tmp_path, mode="chatters"), log) as one:
        await one.launch()
        one.configure(CONFIG)
        await one.loaded()
    # It says a line for each probe: neither may it be kept, nor ask for another probe.
    assert len(log.lines) == 2
    assert log.lines[1] == "loaded config"


async def test_launched_again(tmp_path: Path) -> None:
    log = GatewayLog()
    async with process(fake(tmp_path), log) as one:
        await one.launch()
        await one.launch()
        await one.loaded()
    assert len(log.lines) == 2


async def test_it_ends_at_once(tmp_path: Path) -> None:
    async with process(fake(tmp_path, mode="dies"), GatewayLog()) as one:
        with pytest.raises(SetupProblem, match=r"agentgateway ended with 3 - it said: Error: it is not my day"):
            await one.launch()


async def test_it_refuses_its_configuration(tmp_path: Path) -> None:
    async with process(fake(tmp_path, mode="refuses"), GatewayLog()) as one:
        await one.launch()
        one.configure(CONFIG)
        with pytest.raises(SetupProblem, match=r"refuses its configuration - it said: .*unknown field"):
            await one.loaded()


SURVIVOR = """\
import asyncio, sys
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.process import AgentgatewayProcess

async def main():
    binary = Binary(sys.argv[1], "1.4.1")
    one = AgentgatewayProcess(binary, trusted=b"", place=str, remapped=False, log=lambda line: None)
    await one.start()
    await one.launch()
    print(one._probe_port, one.folder, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
def test_it_does_not_outlive_us(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SURVIVOR, fake(tmp_path)], stdout=subprocess.PIPE, text=True) as us:
        assert us.stdout is not None
        port, folder = us.stdout.readline().split()
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as held:
            us.send_signal(signal.SIGKILL)
            us.wait()
            with contextlib.suppress(ConnectionResetError):
                assert held.recv(1) == b""
    with ScratchFolder():
        assert not Path(folder).exists()


def test_it_gets_no_key_of_ours_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MISTRAL_API_KEY", "AWS_SECRET_ACCESS_KEY", "https_proxy", "RUST_LOG", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, "sk-anything")
    monkeypatch.setenv("LC_ALL", "C")
    given = process_module._environment()
    assert "sk-anything" not in given.values()
    assert {"PATH", "LC_ALL"} <= given.keys()


def test_binary(tmp_path: Path) -> None:
    found = find_binary(fake(tmp_path))
    assert (found.version, found.line) == ("1.4.1", (1, 4))
    assert (found.implementation.project, found.implementation.version) == ("agentgateway", "1.4.1")
    assert found.implementation.product


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("0.9.3", "agentgateway 0.9.3: its configuration is not known here - take 0.10, 1.x or a build of main"),
        ("2.0.0", "agentgateway 2.0.0: its configuration is not known here"),
        ("", "does not tell a version"),
        ("one", "does not tell a version"),
    ],
)
def test_unusable_binary(tmp_path: Path, version: str, message: str) -> None:
    with pytest.raises(SetupProblem, match=message):
        find_binary(fake(tmp_path, version=version))


def test_no_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupProblem, match=r"agentgateway is not on PATH - give it with --agentgateway-bin PATH"):
        find_binary(None)
    with pytest.raises(SetupProblem, match="no such file"):
        find_binary(str(tmp_path))
    broken = tmp_path / "agentgateway"
    broken.write_bytes(b"\x7fELF")
    with pytest.raises(SetupProblem, match=r"not executable - chmod \+x"):
        find_binary(str(broken))
    broken.chmod(0o755)
    with pytest.raises(SetupProblem, match="cannot be run"):
        find_binary(None)


@pytest.mark.parametrize("version", ["1.5.0-rc.1", "0.0.0-alpha.75b4e6ce6", "75b4e6ce6e0e1ac7959d5548ebe8dbeaede4f180"])
def test_what_comes_after_the_last_release(version: str) -> None:
    assert Binary("x", version).line == (1, 5)
