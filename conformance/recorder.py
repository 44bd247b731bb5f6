"""Judges each finished case, gathers the verdict (also from xdist's workers), and has it shown and written."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from conformance.arrange import SceneKey
from conformance.case import Case, Level, catalogue
from conformance.deviations import Deviation, find, judge_listed, list_for, load
from conformance.diagnosis import Diagnosis, Finding, diagnose
from conformance.evidence import ExchangeData, gather
from conformance.exchange import MissingEvidence
from conformance.expect import Mismatch, Refuted
from conformance.explain import explain
from conformance.options import Settings
from conformance.problems import ExitCode, SetupProblem
from conformance.redaction import redact
from conformance.report.annotations import on_github, workflow_commands
from conformance.report.facts import run_facts
from conformance.report.summary import header_lines, summary_lines
from conformance.report.write import write_reports
from conformance.scenario import DOCUMENTED
from conformance.statuses import explain_status
from conformance.targets.base import UNSEEN, Implementation, Target
from conformance.verdict import Difference, Outcome, Result, Verdict

if TYPE_CHECKING:
    from conformance.stage import Stage

__all__ = ["RECORDER", "Recorder"]

_PROPERTY = "conformance-result"


class Recorder:
    """A pytest plugin object; one per process, of which the controller's holds the whole verdict."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self.verdict = Verdict(settings.threshold)
        self.target: Target | None = None
        self.setup_problem: SetupProblem | None = None

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
        providers = tuple(dict.fromkeys(key.provider for key in keys))
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, MissingEvidence):
            error = Refuted(error.exchange, [Mismatch("arrival", "exactly one request upstream", str(error))])
        outcome, reason = _outcome(case, report, error, stages)
        test = _test_of(item)
        try:
            if outcome is Outcome.FAIL and (why := _inexpressible(stages)):
                # It became so while the case changed its objects.
                outcome, reason, error = Outcome.NOT_APPLICABLE, why, None
        except SetupProblem as problem:
            outcome, reason, error = Outcome.SETUP_ERROR, str(problem), None
            self.give_up(item.session, problem)
        known = find(self.deviations, case.id, test, outcome, error)
        judged = judge_listed(outcome, known, documented=self._settings.literal)
        # A deviation has the evidence of a failure, though it needs no explanation.
        refuted = error if isinstance(error, Refuted) else None
        if judged is not None:
            outcome, reason = judged
            error = None
        again = f"{self._settings.again} --case {case.id} --provider {' --provider '.join(providers)}"
        lines: list[str] = []
        diagnosis: Diagnosis | None = None
        if isinstance(error, Refuted):
            diagnosis = _diagnosis(error, stages)
            lines = explain(case, providers, error.mismatches, diagnosis, error.exchange, again)
        elif outcome is Outcome.FAIL:
            lines = [f"{case.id}: {reason}", "remedy: take the entry out of the list, or narrow its versions"]
        elif outcome is Outcome.SETUP_ERROR:
            lines = redact(report.longreprtext).splitlines()
        exchanges, omitted = self._evidence(stages, refuted, outcome)
        result = Result(
            test=test,
            case=case.id,
            area=case.area,
            level=case.level,
            statement=case.statement,
            source=case.source,
            providers=providers,
            outcome=outcome,
            reason=redact(reason),
            cause=_common(diagnosis.cause, keys) if diagnosis else "",
            explanation=tuple(lines),
            observations=tuple(text for stage in stages for text in stage.observations),
            seconds=round(report.duration, 4),
            remedy=diagnosis.remedy if diagnosis else "",
            where=_place(diagnosis, refuted) if outcome is Outcome.FAIL else "",
            again=again,
            differences=_differences(refuted),
            exchanges=tuple(exchanges),
            omitted=omitted,
        )
        report.user_properties.append((_PROPERTY, result.as_data()))
        self._shape(item, report, result)

    def _evidence(
        self, stages: Sequence[Stage], refuted: Refuted | None, outcome: Outcome
    ) -> tuple[list[ExchangeData], int]:
        """What reports show of a test's exchanges; nothing when none is to be written."""
        if self._settings.report is None:
            return [], 0
        exchanges = sorted((one for stage in stages for one in stage.exchanges), key=lambda one: one.began)
        full = outcome in (Outcome.FAIL, Outcome.DEVIATION, Outcome.SETUP_ERROR)
        return gather(exchanges, refuted.exchange if refuted else None, full=full)

    def give_up(self, session: pytest.Session, problem: SetupProblem) -> None:
        """End the run: whatever followed would say the same."""
        self.setup_problem = problem
        session.shouldfail = f"set-up failed: {problem}"

    def _shape(self, item: pytest.Item, report: pytest.TestReport, result: Result) -> None:
        """What pytest shows: our explanation instead of a traceback; a failure that counts for nothing as xfailed."""
        if result.explanation:
            report.longrepr = "\n".join(result.explanation)
        if result.outcome is Outcome.FAIL and report.passed:
            report.outcome = "failed"
        if result.outcome is Outcome.OBSERVED and report.failed and report.when == "call":
            report.outcome = "passed"
        elif report.failed and result.outcome in (Outcome.DEVIATION, Outcome.NOT_APPLICABLE):
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
        return header_lines(self._settings, self.implementation)

    @property
    def implementation(self) -> Implementation:
        """What is under test."""
        from conformance.targets.embedded import EmbeddedTarget

        if self.target is not None:
            return self.target.implementation
        if self._settings.kind is not None or self._settings.cluster is not None:
            return UNSEEN
        return self._settings.binary.implementation if self._settings.binary else EmbeddedTarget.implementation

    def known_deviation(self, case: str, item: pytest.Item) -> Deviation | None:
        """What the list says about a test of a case; None: nothing."""
        return find(self.deviations, case, _test_of(item), None)

    @functools.cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What the list says about the gateway under test; asked for once the target is known."""
        tested = self.implementation
        if not tested.product:
            return ()
        name = self._settings.deviation_list or list_for(tested.version)
        cases = [one.id for one in catalogue()]
        return load(name, cases, version=tested.version, target=self._settings.target)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table by area and provider, and where the report lies."""
        if not self.verdict.results:
            return
        terminalreporter.section("conformance")
        settings = self._settings if self.setup_problem is None else replace(self._settings, report=None)
        for line in summary_lines(self.verdict, settings, self.implementation):
            terminalreporter.write_line(redact(line))

        if on_github():
            for line in workflow_commands(self.verdict):
                terminalreporter.write_line(line)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Say at the very end, below all that pytest has to say, why there is no verdict."""
        reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        if self.setup_problem is not None and reporter is not None:
            reporter.write_line(redact(f"agw-conformance: set-up failed: {self.setup_problem}"))

    def _selection(self) -> list[str]:
        """pytest's own arguments that chose the cases."""
        option = self._config.option
        chosen = (("-k", option.keyword), ("-m", option.markexpr))
        return [part for name, value in chosen if value for part in (name, value)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports; workers leave it to the controller."""
        if self._settings.report is None or hasattr(self._config, "workerinput"):
            return
        if not self.verdict.results and self.setup_problem is None:
            return
        try:
            facts = run_facts(self._settings, self.implementation, self.setup_problem, self._selection())
            write_reports(self._settings.report, self.verdict, facts)
        except SetupProblem as problem:
            # The summary is still to come; what it says must not depend on a full disk.
            self.setup_problem = problem
            session.exitstatus = ExitCode.SETUP_FAILED


def _outcome(
    case: Case, report: pytest.TestReport, error: BaseException | None, stages: Sequence[Stage]
) -> tuple[Outcome, str]:
    if report.skipped:
        return Outcome.NOT_APPLICABLE, _skip_reason(report)
    if isinstance(error, Refuted):
        if case.level is Level.INFO:
            return Outcome.OBSERVED, str(error)
        return Outcome.FAIL, str(error)
    if report.failed:
        return Outcome.SETUP_ERROR, str(error)
    observed = case.level is Level.INFO or any(stage.observations for stage in stages)
    return (Outcome.OBSERVED if observed and case.level is Level.INFO else Outcome.PASS), ""


def _test_of(item: pytest.Item) -> str:
    return redact(item.nodeid.rpartition("::")[2])


def _inexpressible(stages: Sequence[Stage]) -> str | None:
    return next((why for stage in stages if (why := stage.target.inexpressible(stage.route_names))), None)


def _common(cause: str, keys: Sequence[SceneKey]) -> str:
    """The cause without the names of variations, so that one mistake counts as one in all of them."""
    for key in keys:
        cause = cause.replace(f"-{key.name}", "") if key.name != DOCUMENTED.name else cause
    return cause


def _skip_reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def _diagnosis(error: Refuted, stages: Sequence[Stage]) -> Diagnosis | None:
    if error.exchange is None or not stages:
        return explain_status(error.mismatches)
    exchange = error.exchange
    owner = next((stage for stage in stages if any(one is exchange for one in stage.exchanges)), stages[0])
    return diagnose(Finding(exchange, error.mismatches, owner.configuration, owner.scenario))


def _place(diagnosis: Diagnosis | None, refuted: Refuted | None) -> str:
    """Where in the manifests it is decided, as far as anybody knows."""
    told = diagnosis.where if diagnosis else ""
    return told or next((one.where for one in (refuted.mismatches if refuted else ()) if one.where), "")


def _differences(refuted: Refuted | None) -> tuple[Difference, ...]:
    mismatches = refuted.mismatches if refuted else ()
    return tuple({"about": one.about, "expected": one.expected, "observed": one.observed} for one in mismatches)


RECORDER = pytest.StashKey[Recorder]()
"""Where a pytest configuration keeps its recorder."""
