"""Judges each finished case, gathers the verdict (also from xdist's workers), and has it shown and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.core.problems import ExitCode, SetupProblem
from conformance.core.redaction import redact
from conformance.core.terminal import one_line
from conformance.report.annotations import on_github, workflow_commands
from conformance.report.facts import run_facts
from conformance.report.kept.shards import FILE as SHARD_FILE
from conformance.report.kept.shards import shard_record
from conformance.report.summary import header_lines, summary_lines
from conformance.report.write import write_reports
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case
from conformance.stage.settings import Settings
from conformance.stage.target import Implementation, Target
from conformance.verdict.deviations import Deviation
from conformance.verdict.extent import extents_of, whole_catalogue
from conformance.verdict.judge import Ended, Judge
from conformance.verdict.results import Outcome, Result, Verdict

if TYPE_CHECKING:
    from conformance.stage.stage import Stage

__all__ = ["RECORDER", "Recorder"]

_PROPERTY = "conformance-result"


class Recorder:
    """A pytest plugin object; one per process, of which the controller's holds the whole verdict."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self.verdict = Verdict(settings.threshold, unknown=settings.unknown)
        self.target: Target | None = None
        self.setup_problem: SetupProblem | None = None
        self._judge = Judge(settings, lambda: self.implementation)

    def judge(
        self,
        item: pytest.Item,
        case: Case,
        keys: Sequence[SceneKey],
        stages: Sequence[Stage],
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
    ) -> None:
        """Attach the result to the report of the phase that decides it, and explain a failure."""
        if report.when == "teardown" or (report.when == "setup" and report.passed):
            return
        ended = Ended(
            error=call.excinfo.value if call.excinfo and report.failed else None,
            skipped=_skip_reason(report) if report.skipped else "",
            trace=report.longreprtext if report.failed else "",
            seconds=report.duration,
        )
        result = self._judge.judge(_test_of(item), case, keys, stages, ended)
        if self._judge.setup_problem is not None:
            self.give_up(item.session, self._judge.setup_problem)
        report.user_properties.append((_PROPERTY, result.as_data()))
        self._shape(item, report, result)

    def give_up(self, session: pytest.Session, problem: SetupProblem) -> None:
        """End the run: whatever followed would say the same."""
        self.setup_problem = problem
        session.shouldfail = f"set-up failed: {problem}"

    def _shape(self, item: pytest.Item, report: pytest.TestReport, result: Result) -> None:
        """What pytest shows: our explanation instead of a traceback; a failure that counts for nothing as xfailed."""
        if result.explanation:
            # pytest prints it as it is.
            told = (line for part in result.explanation for line in part.split("\n"))
            report.longrepr = "\n".join(map(one_line, told))
        if result.outcome is Outcome.FAIL and report.passed:
            report.outcome = "failed"
        if result.outcome is Outcome.OBSERVED and report.failed and report.when == "call":
            report.outcome = "passed"
        elif report.failed and result.outcome in (Outcome.DEVIATION, Outcome.NOT_APPLICABLE, Outcome.NOT_JUDGED):
            report.outcome = "skipped"
            report.longrepr = (item.location[0], item.location[1] or 0, f"Skipped: {result.outcome}: {result.reason}")
        elif report.failed and result.outcome is not Outcome.SETUP_ERROR and not self.verdict.fails(result):
            # Also where set-up found it: were that "passed", pytest would go on and call the test.
            report.outcome = "skipped"
            report.wasxfail = (
                f"a failed {result.level} case does not fail this run (--level {self.verdict.threshold.lower()})"
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather results; with xdist they come from the workers through the report."""
        for name, data in report.user_properties:
            if name == _PROPERTY and isinstance(data, dict):
                self.verdict.results.append(Result.from_data(data))

    def pytest_report_header(self) -> list[str]:
        """Say from the first line on what a run can and cannot certify."""
        return [one_line(line) for line in header_lines(self._settings, self.implementation)]

    @property
    def implementation(self) -> Implementation:
        """What is under test."""
        if self.target is not None:
            return self.target.implementation
        return self._settings.on.implementation

    def known_deviation(self, case: str, item: pytest.Item) -> Deviation | None:
        """What the list says about a test of a case; None: nothing."""
        return self._judge.known_deviation(case, _test_of(item))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table by area and provider, and where the report lies."""
        if not self.verdict.results:
            return
        terminalreporter.section("conformance")
        settings = self._settings if self.setup_problem is None else replace(self._settings, report=None)
        for line in summary_lines(self.verdict, settings, self.implementation):
            terminalreporter.write_line(one_line(redact(line)))

        if on_github():
            for line in workflow_commands(self.verdict):
                terminalreporter.write_line(line)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Say at the very end, below all that pytest has to say, why there is no verdict."""
        reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        if self.setup_problem is not None and reporter is not None:
            reporter.write_line(one_line(redact(f"agw-conformance: set-up failed: {self.setup_problem}")))

    def _selection(self) -> list[str]:
        """pytest's own arguments that chose the cases."""
        option = self._config.option
        chosen = (("-k", option.keyword), ("-m", option.markexpr))
        return [part for name, value in chosen if value for part in (name, value)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """See how much was run, and write the reports; workers leave it to the controller."""
        if hasattr(self._config, "workerinput") or not (self.verdict.results or self.setup_problem):
            return
        tests = whole_catalogue(self._settings.dialect)
        self.verdict.extents = extents_of(self.verdict, dict.fromkeys(self.verdict.providers, tests))
        if self._settings.report is None:
            return
        try:
            facts = run_facts(self._settings, self.implementation, self.setup_problem, self._selection())
            shard = self._settings.shard
            record = {SHARD_FILE: shard_record(shard, self.verdict, facts)} if shard else {}
            write_reports(self._settings.report, self.verdict, facts.of_shard(shard), record)
        except SetupProblem as problem:
            # The summary is still to come; what it says must not depend on a full disk.
            self.setup_problem = problem
            session.exitstatus = ExitCode.SETUP_FAILED


def _test_of(item: pytest.Item) -> str:
    # Not the end of its nodeid, to which xdist may append a group.
    return redact(item.name)


def _skip_reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


RECORDER = pytest.StashKey[Recorder]()
"""Where a pytest configuration keeps its recorder."""
