"""`python -m mock_providers`: what a person sees and types."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_providers import cli
from tests.support.hangs import HANGS
from tests.support.paths import ROOT

KEY = "sk-typed-by-a-person"
ENVIRONMENT = {**os.environ, "MISTRAL_API_KEY": KEY, "EMPTY": " ", "PYTHONPATH": str(ROOT)}


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command in a process of its own, and the lines of its introduction."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "mock_providers",
        "--provider",
        "mistral",
        "--port",
        "0",
        *arguments,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        lines: list[str] = []
        while not lines or lines[-1].strip() or not any("curl" in line for line in lines):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines.append(line.rstrip("\n"))
        try:
            yield process, lines
        finally:
            if process.poll() is None:
                process.kill()


def typed(lines: list[str]) -> list[str]:
    """The ready-made curl line as a shell would read it."""
    [line] = [line for line in lines if line.startswith("  curl")]
    return shlex.split(line.replace("$MISTRAL_API_KEY", KEY))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_printed_curl_line_works_and_the_key_is_not_logged() -> None:
    with running("--key-env", "MISTRAL_API_KEY") as (process, lines):
        curl = typed(lines)
        answer = subprocess.run([*curl, "-sS", "--fail"], capture_output=True, text=True, check=True, timeout=HANGS)
        refused = subprocess.run(
            [*curl, "-sS", "-H", "Authorization: x"], capture_output=True, text=True, timeout=HANGS
        )
        query = subprocess.run([*curl[:-1], curl[-1] + "?key=secret", "-s"], capture_output=True, timeout=HANGS)
        plain = subprocess.run([*curl[:-1], curl[-1].replace("https", "http")], capture_output=True, timeout=HANGS)
        distrust = subprocess.run([curl[0], *curl[3:], "-s"], capture_output=True, timeout=HANGS)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=HANGS)
    assert "answers exchange without id" in answer.stdout
    assert "Unauthorized" in refused.stdout
    assert (query.returncode, plain.returncode, distrust.returncode) == (0, 52, 60)
    log = out.splitlines()
    assert [line.split()[0] for line in log] == [
        "200",
        "401",
        "200",
        "closed-without-answer",
        "plaintext-on-tls-port",
        "TLS",
    ]
    assert "TLS failed: tlsv1 alert unknown ca (SNI 'api.mistral.ai')" in log[-1]
    assert KEY not in out
    assert "secret" not in out
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_ends_cleanly_and_takes_its_ca_file_along(number: signal.Signals, code: int) -> None:
    with running() as (process, lines):
        [file] = [Path(line.partition(": ")[2]) for line in lines if line.startswith("CA file")]
        assert file.read_text().startswith("-----BEGIN CERTIFICATE-----")
        process.send_signal(number)
        out, err = process.communicate(timeout=HANGS)
    assert (process.returncode, out, err) == (code, "", "")
    assert not file.exists()
    assert not file.parent.exists()


@pytest.mark.slow
def test_plaintext_needs_no_ca_file() -> None:
    with running("--identity", "plaintext") as (_, lines):
        text = "\n".join(lines)
    assert re.search(r"^URL: http://api\.mistral\.ai:\d+/v1/chat/completions$", text, re.MULTILINE)
    assert "CA file" not in text
    assert "any-key" in text


@pytest.mark.slow
def test_a_port_in_use_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as (_, lines):
        found = re.search(r":(\d+), certificate", lines[0])
        assert found
        assert in_process("--provider", "mistral", "--port", found[1]) == 3
    output = capsys.readouterr()
    assert output.err == f"error: 127.0.0.1:{found[1]} is in use - choose another port, or end who has it\n"
    assert output.out == ""


def in_process(*arguments: str) -> int:
    """The exit code, also when argparse ends the command."""
    try:
        return cli.main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--provider"),
        (("--provider", "nope"), "unknown provider 'nope'"),
        (("--provider", "mistral", "--port", "70000"), "not a number from 0 to 65535"),
        (("--provider", "mistral", "--port", "x"), "not a number from 0 to 65535"),
        (("--provider", "mistral", "--identity", "odd"), "invalid choice"),
        (("--provider", "mistral", "--key-env", "LOOKALIKE_NO_SUCH_VARIABLE"), "is empty"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(*arguments) == 2
    assert message in capsys.readouterr().err


def test_an_identity_that_the_host_cannot_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "local.yaml"
    file.write_text("{name: local, host: localhost, port: 443, path: /v1, models: [m]}")
    assert in_process("--provider", str(file), "--identity", "wildcard", "--port", "0") == 2
    assert "no parent domain" in capsys.readouterr().err
