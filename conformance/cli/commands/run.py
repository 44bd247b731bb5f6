"""`run`: pytest with the suite's cases, and its outcome as our exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import conformance
from conformance.cli.help import did_you_mean
from conformance.cli.options import for_pytest, our_words
from conformance.cli.selecting import Sharing
from conformance.core.files import ScratchFolder
from conformance.core.problems import ExitCode
from conformance.core.terminal import say
from conformance.report.recorder import RECORDER, Recorder
from conformance.targets.registry import TARGETS
from conformance.verdict.results import Outcome

__all__ = ["ISOLATED", "run", "run_cases"]

_ROOT = str(Path(conformance.__file__).resolve().parent.parent)
# Else pytest takes the folder of the manifests for its root, and obeys whatever configuration lies there, and whatever
# conftest.py where the command happens to run. A cache folder would be left behind in the same place, so there is none.
ISOLATED = (
    *("-c", os.devnull, "--rootdir", _ROOT, "--noconftest", "-p", "conformance.plugin"),
    # pytest-asyncio warns where nobody says so; our fixtures say it themselves.
    *("-o", "asyncio_default_fixture_loop_scope=session"),
    # The command has imported the package before pytest could rewrite its assertions, which cases do not use.
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return run_cases(rest)


class _Watch:
    """Remembers what pytest's exit code does not tell."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.interrupted = False

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self.recorder = config.stash.get(RECORDER, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # What ends a run by -x, pytest's or xdist's, is derived from it, and no interruption by anybody.
        self.interrupted = type(excinfo.value) is KeyboardInterrupt


def run_cases(arguments: Sequence[str]) -> int:
    """Run the cases; `arguments` are pytest's and ours. Returns an ExitCode."""
    passed, target = for_pytest(arguments)
    # Before there is anything to clean up.
    if target in TARGETS and (enter := TARGETS[target].own_network()):
        enter()
    watch = _Watch()
    fixed = [*ISOLATED, "-p", "no:cacheprovider", "--pyargs", "conformance.cases"]
    # pytest keeps the temporary folders of its last three runs; with xdist it makes some even if no test asks.
    with ScratchFolder() as folder:
        fixed += ["--basetemp", str(folder / "pytest")]
        try:
            code = pytest.main([*fixed, *passed], plugins=[watch, Sharing()])
        except TypeError:
            # pytest cannot show an interruption in code that has no line number, as CPython 3.11 makes for `with`.
            if not watch.interrupted:
                raise
            code = pytest.ExitCode.INTERRUPTED
    if code == pytest.ExitCode.USAGE_ERROR:
        _say_what_was_meant(arguments)
    return _exit_code(code, watch)


def _say_what_was_meant(arguments: Sequence[str]) -> None:
    """pytest, which has told what it does not know, knows nothing of our options as a person spells them."""
    for word in for_pytest(arguments)[0]:
        if not word.startswith("--agw-") and (meant := did_you_mean(word, our_words())):
            say(f"agw-conformance: {word}{meant}", sys.stderr)


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
    ended = code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    if ended and watch.recorder and any(map(watch.recorder.verdict.fails, results)):
        return ExitCode.FAILED
    return ExitCode.SETUP_FAILED
