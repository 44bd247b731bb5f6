"""The command as a process of its own, outside the checkout: whichever way it ends, nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from kubernetes.config import new_client_from_config

from conformance.core import deadlines
from conformance.stage.arrangement.kube import Kubernetes
from tests.support.hangs import HANGS
from tests.support.nightly import share
from tests.support.nimbus import KEY, Process, edited, nimbus

pytestmark = pytest.mark.slow

FEW = ("-p", "no:randomly", "--provider", "mistral", "--case", "path/full-replaces-path")


def gone(group: int) -> bool:
    """Whether no process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def shown_until(process: Process, text: str) -> str:
    """What a process prints, as far as the line with this text."""
    assert process.popen.stdout is not None
    shown = ""
    while text not in shown:
        line = process.popen.stdout.readline()
        assert line, shown
        shown += line
    return shown


SetHandler = Callable[[signal.Handlers], object]


@pytest.fixture
def ctrl_c() -> Iterator[SetHandler]:
    """Sets how processes started from now on find SIGINT, as the shell that starts them decides."""
    previous = signal.getsignal(signal.SIGINT)
    # What is ignored is inherited; a handler of ours becomes the default.
    yield lambda handler: signal.signal(signal.SIGINT, previous if handler is signal.SIG_DFL else handler)
    signal.signal(signal.SIGINT, previous)


INTERRUPTED = {
    "sigterm with a worker": (signal.SIGTERM, ("-n", "1"), signal.SIG_DFL),
    "sigterm": (signal.SIGTERM, (), signal.SIG_DFL),
    "ctrl-c": (signal.SIGINT, (), signal.SIG_DFL),
    "sigterm in the background": (signal.SIGTERM, (), signal.SIG_IGN),
}


@pytest.mark.parametrize("how", share(INTERRUPTED, 0, 4))
def test_interrupted_in_the_middle(tmp_path: Path, how: str, ctrl_c: SetHandler) -> None:
    number, workers, before = INTERRUPTED[how]
    ctrl_c(before)
    process = Process(tmp_path, "run", "-v", "-m", "body", "--provider", "mistral", *workers)
    shown_until(process, "PASSED")
    if number is signal.SIGINT:  # a terminal sends it to the whole group
        os.killpg(process.popen.pid, number)
    else:
        process.popen.send_signal(number)
    code, printed = process.end()
    assert code == 130, printed
    assert gone(process.popen.pid)
    assert "Traceback" not in printed


def test_workers_come_to_one_verdict_also_on_standard_input(tmp_path: Path) -> None:
    chosen = ("--case", "tls/good-certificate-accepted", "--case", "model/overrides-other")
    report = ("--report", str(tmp_path / "report"))
    process = Process(tmp_path, "certify", "--full", "-", "-v", "-n", "2", *report, *chosen)
    code, printed = process.end(edited(("    hostname: llm", "    hostname: lm")))
    assert code == 1, printed
    played = re.findall(r"^\[gw(\d)\] \[ *(\d+)%\] (?:PASSED|FAILED) (\S+)", printed, re.MULTILINE)
    assert {worker for worker, _, _ in played} == {"0", "1"}
    assert len({test for _, _, test in played}) == len(played)
    assert max(int(percent) for _, percent, _ in played) == 100
    counted = re.search(r"(\d+) failed, (\d+) passed", printed) or re.search(r"(\d+) failed()", printed)
    assert counted
    number = int(counted[1]) + int(counted[2] or 0)
    assert number == len(played)
    assert (tmp_path / "report" / "junit.xml").read_text().count("<testcase") == number
    assert "'lm.nimbus.example' differs from the Backend's host 'llm.nimbus.example'" in printed
    assert "Run it again    agw-conformance run --manifests - --case" in printed
    # What a worker saw is in the report, but for the key.
    assert "&lt;nimbus-key&gt;" in (tmp_path / "report" / "report.html").read_text()
    assert all(KEY not in text for text in (printed, *(one.read_text() for one in (tmp_path / "report").iterdir())))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "tmp"]


def test_a_hostile_environment(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), nowhere)
    process = Process(
        tmp_path, "run", "-q", *FEW, HOME="/proc/nobody", LC_ALL="C", KUBECONFIG="/nonexistent", **proxies
    )
    code, printed = process.end()
    assert code == 0, printed


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(("cases",), 0), (("run", "-q", "--mutant", "sni-empty", "--case", "tls/policy-makes-tls"), 3)],
    ids=["a list", "a verdict"],
)
def test_nobody_reads_the_output(tmp_path: Path, arguments: tuple[str, ...], expected: int) -> None:
    process = Process(tmp_path, *arguments)
    assert process.popen.stdout is not None
    process.popen.stdout.close()
    process.popen.stdout = None
    assert process.end()[0] == expected
    assert gone(process.popen.pid)


def test_the_first_failure_with_workers_is_no_interruption(tmp_path: Path) -> None:
    case = ("--case", "auth/key-as-bearer", "--provider", "mistral", "--mutant", "key-not-sent")
    code, printed = Process(tmp_path, "run", "-q", "-x", "-n", "2", *case).end()
    assert (code, "stopping after 1 failures" in printed) == (1, True), printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_serve_until_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    case = ("--case", "path/full-replaces-path", "--provider", "mistral")
    process = Process(tmp_path, "serve", "--port", "0", "--kubeconfig", str(kubeconfig), *case)
    shown = shown_until(process, "Ctrl-C ends it")
    address = re.search(r"http://127\.0\.0\.1:(\d+)", shown)
    assert address
    assert kubeconfig.stat().st_mode & 0o077 == 0
    with socket.create_connection(("127.0.0.1", int(address[1]))) as client:
        request = b'{"model":"","messages":[{"role":"user","content":"hi"}]}'
        head = f"POST /mistral HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(request)}\r\n\r\n"
        client.sendall(head.encode() + request)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200"), answer
    process.popen.send_signal(number)
    code, printed = process.end()
    assert (code, printed.splitlines()[-1]) == (0, "stopped")
    assert "api.mistral.ai:443  POST /v1/chat/completions -> 200" in printed
    assert "no gateway product was certified" in shown
    assert not kubeconfig.exists()
    assert gone(process.popen.pid)


async def test_serve_tells_once_of_a_host_without_a_lookalike(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    process = Process(tmp_path, "serve", "--port", "0", "--kubeconfig", str(file))
    address = re.search(r"http://\S+", shown_until(process, "Ctrl-C ends it"))
    assert address
    kubernetes = Kubernetes(new_client_from_config(str(file)), run_id="test")
    await kubernetes.ensure_namespaces(["llm"])
    assert not await kubernetes.apply_all(one.data for one in nimbus())
    body = {"model": "", "messages": [{"role": "user", "content": "hi"}]}
    async with (
        httpx.AsyncClient(base_url=address[0], trust_env=False) as client,
        asyncio.timeout(deadlines.PROPAGATION),
    ):
        while (await client.post("/nimbus", json=body)).status_code != 503:
            pass  # the route has just been applied
        answers = [await client.post("/nimbus", json=body) for _ in range(2)]
    kubernetes.close()
    process.popen.send_signal(signal.SIGINT)
    code, printed = process.end()
    assert [one.status_code for one in answers] == [503, 503]
    assert (code, printed.count("has no lookalike here")) == (0, 1), printed
    assert printed.splitlines()[:3] == [
        "  llm.nimbus.example:8443  has no lookalike here, so that the gateway answers 503. Ctrl-C, then:",
        "    agw-conformance provider new NAME --host llm.nimbus.example --port 8443 --path PATH",
        "    agw-conformance serve --provider ./NAME.yaml",
    ]


def test_serve_overwrites_nobodys_kubeconfig(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("mine")
    code, printed = Process(tmp_path, "serve", "--port", "0", "--kubeconfig", str(kubeconfig)).end()
    assert code == 3
    assert f"{kubeconfig}: File exists - name a file that does not exist yet" in printed
    assert kubeconfig.read_text() == "mine"


def test_the_command_of_a_checkout_finds_its_package() -> None:
    command = [str(Path(sys.executable).with_name("agw-conformance")), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    assert done.stdout.startswith("agw-conformance "), done.stderr
