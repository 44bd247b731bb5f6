"""`run` and `certify`: pytest with the suite's cases, and its outcome as our exit code."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.problems import ExitCode
from conformance.recorder import RECORDER, Recorder
from conformance.verdict import Outcome

__all__ = ["certify", "run_cases"]

# What a checkout has in pyproject.toml; outside of it, pytest knows nothing of asyncio modes.
_INI = (
    "asyncio_mode=auto",
    "asyncio_default_fixture_loop_scope=session",
    "asyncio_default_test_loop_scope=session",
)


class _Watch:
    """Remembers what pytest's exit code does not tell."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.interrupted = False

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self.recorder = config.stash.get(RECORDER, None)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = isinstance(excinfo.value, KeyboardInterrupt)


def run_cases(arguments: Sequence[str]) -> int:
    """Run the cases; `arguments` are pytest's and ours. Returns an ExitCode."""
    watch = _Watch()
    settings = [part for line in _INI for part in ("-o", line)]
    # A cache folder would be left behind wherever the command happens to run.
    fixed = [*settings, "-p", "no:cacheprovider", "--pyargs", "conformance.cases"]
    code = pytest.main([*fixed, *arguments], plugins=[watch])
    return _exit_code(code, watch)


def _exit_code(code: int | pytest.ExitCode, watch: _Watch) -> ExitCode:
    results = watch.recorder.verdict.results if watch.recorder else []
    if watch.interrupted:
        return ExitCode.INTERRUPTED
    if watch.recorder is not None and watch.recorder.setup_problem is not None:
        return ExitCode.SETUP_FAILED
    if any(result.outcome is Outcome.SETUP_ERROR for result in results):
        return ExitCode.SETUP_FAILED
    if code == pytest.ExitCode.OK:
        return ExitCode.CONFORMANT
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        return ExitCode.BAD_INPUT
    if code == pytest.ExitCode.TESTS_FAILED and watch.recorder and any(map(watch.recorder.verdict.fails, results)):
        return ExitCode.FAILED
    return ExitCode.SETUP_FAILED


def certify(paths: Sequence[str], arguments: Sequence[str]) -> int:
    """Run the cases for the manifests of these paths instead of the documented ones. Returns an ExitCode."""
    with tempfile.TemporaryDirectory(prefix="agw-conformance-") as folder:
        # Standard input can be read once, but every worker needs the manifests.
        given = []
        for path in paths:
            if path == "-":
                path = str(Path(folder, "stdin.yaml"))
                Path(path).write_text(sys.stdin.read(), encoding="utf-8")
            given += ["--manifests", path]
        return run_cases([*given, *arguments])
