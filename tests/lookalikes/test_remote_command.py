"""`python -m mock_providers control`: a process that another one tells what to be."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.core.problems import ExitCode
from conformance.core.redaction import Key
from mock_providers import Authority, cli
from mock_providers.remote.client import RemoteLookalikes
from tests.support.hangs import HANGS
from tests.support.lookalikes import KEY, chat
from tests.support.paths import ROOT
from tests.support.remote import TOKEN, connected, mistral

VARIABLES = {
    "LOOKALIKES_TOKEN": TOKEN.reveal(),
    "EMPTY": " ",
    "PYTHONPATH": str(ROOT),
}


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the URL of its control."""
    command = [sys.executable, "-W", "error", "-m", "mock_providers", "control", "--control-port", "0", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **VARIABLES}
    ) as process:
        try:
            assert process.stdout
            said = re.match(
                r"control on (127\.0\.0\.1:\d+), name server on 127\.0\.0\.1:\d+\n", process.stdout.readline()
            )
            assert said, process.communicate()[1]
            yield process, f"http://{said[1]}"
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.slow
async def test_a_run_in_another_process(tmp_path: Path) -> None:
    authority, token = Authority(), tmp_path / "token"
    stored = tmp_path / "authority"
    stored.write_text(authority.store())
    token.write_text(TOKEN.reveal() + "\n")
    with running("--token-file", str(token), "--authority-file", str(stored)) as (process, url):
        host = RemoteLookalikes(url, TOKEN)
        await host.start()
        [address] = await host.attach([mistral()])
        async with connected(host, address) as connection:
            assert (await connection.ask(json.dumps(chat()).encode(), exchange="e-1"))[0] == 200
        assert [one.correlation_id for one in (await host.since(0)).requests] == ["e-1"]
        await host.shut_down()
        out, err = process.communicate(timeout=HANGS)
    assert host.trusted_ca == authority.pem.decode()
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_ends_cleanly(number: signal.Signals, code: int) -> None:
    with running("--token-env", "LOOKALIKES_TOKEN") as (process, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=HANGS)
    assert (process.returncode, out, err) == (code, "", "")


def in_process(*arguments: str) -> int:
    """The exit code, also when argparse ends the command."""
    try:
        return cli.main(["control", *arguments])
    except SystemExit as left:
        return int(left.code or 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "one of the arguments --token-env --token-file is required"),
        (("--token-env", "EMPTY", "--token-file", "x"), "not allowed with"),
        (("--token-env", "EMPTY"), "EMPTY is empty - export EMPTY=..."),
        (("--token-file", "/nowhere"), "the token cannot be read"),
        (("--token-file", "{folder}/empty"), "the token is empty"),
        (("--token-file", "{folder}/token", "--authority-file", "{folder}/token"), "not what a lookalikes' authority"),
        (("--token-file", "{folder}/token", "--control-port", "x"), "not a number from 0 to 65535"),
    ],
)
def test_bad_input(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "token").write_text("{a secret of the tests}")
    monkeypatch.setenv("EMPTY", " ")
    assert in_process(*(one.replace("{folder}", str(tmp_path)) for one in arguments)) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert message in said
    assert "a secret" not in said


def test_an_address_that_cannot_be_had(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKES_TOKEN", TOKEN.reveal())
    # RFC 5737: nobody's address.
    arguments = ("--token-env", "LOOKALIKES_TOKEN", "--control-port", "0", "--bind", "192.0.2.1")
    assert in_process(*arguments) == ExitCode.SETUP_FAILED
    assert "the name server cannot listen on 192.0.2.1:0" in capsys.readouterr().err


def test_the_token_is_not_shown() -> None:
    host = RemoteLookalikes("http://127.0.0.1:1", Key("control-token", "another-token-of-the-tests"))
    assert repr(host) == "<RemoteLookalikes http://127.0.0.1:1>"
    assert KEY not in repr(mistral())
