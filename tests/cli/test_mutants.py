"""The command `mutants`: its figures, exit codes, and mistakes in its options."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.cli.commands import mutants
from conformance.core.problems import ExitCode
from conformance.proof.finding import Ended, Finding, Matrix
from conformance.proof.record import as_data, write
from conformance.proof.telling import summary

CAUGHT = Finding(
    "key-not-sent", Ended.CAUGHT, "auth/key-as-bearer", "test", "no key", True, True, ("auth/key-as-bearer",)
)
ELSEWHERE = Finding("sni-empty", Ended.CAUGHT, "tls/policy-makes-tls", "test", "another", False, False)
SURVIVED = Finding("query-kept", Ended.SURVIVED)
BROKEN = Finding("query-kept", Ended.ERROR, cause="no gateway")


def matrix(*findings: Finding, cases: list[str] | None = None) -> Matrix:
    return Matrix("kgateway-2.1", findings, 12.3, 2, cases)


def test_figures_and_exit_codes() -> None:
    good = matrix(CAUGHT)
    assert mutants.exit_code(good) is ExitCode.CONFORMANT
    assert mutants.exit_code(matrix(CAUGHT, SURVIVED)) is ExitCode.FAILED
    assert mutants.exit_code(matrix(SURVIVED, BROKEN)) is ExitCode.SETUP_FAILED
    exhaustive = matrix(CAUGHT, ELSEWHERE, cases=["auth/key-as-bearer", "path/query-replaced-too"])
    assert mutants.exit_code(exhaustive) is ExitCode.FAILED
    told = list(summary(exhaustive))
    assert "no mutant fails it: path/query-replaced-too" in told
    assert "diagnosis: right area 50.0 %, exact step 50.0 % of those caught" in told
    assert any("told otherwise [other area]: sni-empty" in line for line in told)
    assert "survived: query-kept (path): The client's query goes up although path.full is set." in list(
        summary(matrix(SURVIVED))
    )


def test_the_matrix_as_data(tmp_path: Path) -> None:
    found = matrix(SURVIVED, CAUGHT, cases=["path/query-replaced-too"])
    data = as_data(found)
    # In the order of the mutants, whatever came first.
    assert [one["id"] for one in data["mutants"]] == ["query-kept", "key-not-sent"]
    assert data["idle"] == ["path/query-replaced-too"]
    assert data["mutants"][1]["kills"] == ["auth/key-as-bearer"]
    write(found, tmp_path / "matrix.json")
    assert json.loads((tmp_path / "matrix.json").read_text(encoding="utf-8")) == data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mutant", "key-not-send"], "--mutant key-not-send: unknown - did you mean key-not-sent?"),
        (["--area", "tsl"], "--area tsl: unknown - did you mean tls?"),
        (["--dialect", "kgateway"], "--dialect kgateway: unknown"),
        (["--jobs", "0"], "--jobs 0: must be 1 or more"),
        (["--area", "tls", "--mutant", "key-not-sent"], "nothing to play: no mutant is both"),
        (["--mutant", "aliases-ignored"], "nothing to play: none of these 1 is of the dialect kgateway-2.1"),
        (["--mutant", "key-not-sent", "--report", "matrix.txt"], "expected a name that ends in .yaml or .json"),
        (["--mutant", "key-not-sent", "--report", "no/such/folder.yaml"], "cannot be written"),
        (["--mutant", "key-not-sent", "--provider", "nobody"], "nobody"),
        (["--target", "kind"], "--target kind: unknown"),
        (["--agentgateway-bin", "agentgateway"], "only --target standalone runs it"),
    ],
)
def test_mistakes_in_options(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutants", *options]) == ExitCode.BAD_INPUT
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_one_is_played_and_an_interruption_ends_all() -> None:
    command = [sys.executable, "-m", "conformance", "mutants", "--jobs", "1", "--mutant"]
    done = subprocess.run([*command, "key-not-sent"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "1 mutants in kgateway-2.1: 1 caught, 0 survived" in done.stdout

    running = subprocess.Popen(
        [*command, "key-not-sent", "--mutant", "query-kept", "--mutant", "sni-empty"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith("caught")
    running.send_signal(signal.SIGINT)
    # Returns when nobody has the pipes open any more: no process is left behind.
    _, said = running.communicate()
    assert (running.returncode, said) == (ExitCode.INTERRUPTED, "")
