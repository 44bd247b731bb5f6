"""How few open files each command does with, and that fewer are our own problem: never a verdict, never a hang."""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from conformance.core.problems import ExitCode
from tests.support.hangs import HANGS
from tests.support.nightly import share
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

MISTRAL = str(ROOT / "fixtures" / "manifests" / "kgateway-2.1" / "mistral.yaml")
TOO_FEW = "agw-conformance: this process may have "
NO_MORE = "agw-conformance: set-up failed: this machine has no more to give: Too many open files"


def run(files: int, *arguments: str, soft: int | None = None, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code and output of the command, which may have so many files open."""
    limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (soft or files, files))
    command = [sys.executable, "-m", "conformance", *arguments]
    # Deadlines are 30 s: whatever hangs is ended after a few of them.
    ended = subprocess.run(
        command, stdout=-1, stderr=subprocess.STDOUT, text=True, timeout=HANGS, check=False, preexec_fn=limit, cwd=cwd
    )
    return ended.returncode, ended.stdout


def test_certify_with_64() -> None:
    code, said = run(64, "certify", MISTRAL)
    assert code == ExitCode.CONFORMANT, said
    assert "mistral: conformant" in said


@pytest.mark.parametrize("files", share([12, 20, 32], 1, 3))
def test_certify_with_fewer_is_no_verdict(files: int) -> None:
    code, said = run(files, "certify", MISTRAL)
    assert code == ExitCode.SETUP_FAILED, said
    assert "onformant (" not in said
    assert said.count("agw-conformance: ") == 1
    assert "Traceback" not in said


def test_a_soft_limit_is_none() -> None:
    code, said = run(256, "certify", MISTRAL, soft=20)
    assert code == ExitCode.CONFORMANT, said


BUSY = ("run", "-q", "-p", "no:randomly", "--case", "isolation/no-cross-talk", "--case", "isolation/slow-provider")


def test_the_busiest_cases_with_256() -> None:
    code, said = run(256, *BUSY)
    assert code == ExitCode.CONFORMANT, said


def test_the_busiest_cases_with_fewer_are_no_verdict() -> None:
    code, said = run(64, *BUSY)
    assert code == ExitCode.SETUP_FAILED, said
    assert NO_MORE in said
    assert "NOT conformant" not in said
