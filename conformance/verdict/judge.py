"""Judges a finished test: its outcome, what is listed about it, and the explanation and evidence of a failure."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.core import host
from conformance.core.problems import Place, SetupProblem
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import MissingEvidence
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case, Level, catalogue
from conformance.stage.limits import unjudged_on
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.settings import Settings
from conformance.stage.target import Implementation
from conformance.verdict.blame import blamed
from conformance.verdict.deviations import Deviation, find, judge_listed, list_for, load
from conformance.verdict.evidence import ExchangeData, gather
from conformance.verdict.explanation import explain
from conformance.verdict.results import MismatchData, Outcome, Result, UnjudgedData

if TYPE_CHECKING:
    from conformance.stage.stage import Stage
    from conformance.verdict.diagnosis.rules import Diagnosis

__all__ = ["Ended", "Judge"]


@dataclass(frozen=True)
class Ended:
    """How a test ended: with an error, left out for a reason, or (neither) well. `trace` shows an error's place."""

    error: BaseException | None = None
    skipped: str = ""
    trace: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Concluded:
    """An outcome and its reason, with the evidence against the case; `listed`: so says a list of deviations."""

    outcome: Outcome
    reason: str = ""
    refuted: Refuted | None = None
    listed: bool = False


class Judge:
    """`implementation` is asked when it matters: before a target has started, it may not be known."""

    def __init__(self, settings: Settings, implementation: Callable[[], Implementation]) -> None:
        self._settings = settings
        self._implementation = implementation
        self._began = host.mark()
        self.setup_problem: SetupProblem | None = None
        """There is no gateway any more, or no more to be had of this machine: whatever followed would say the same."""

    def judge(self, test: str, case: Case, keys: Sequence[SceneKey], stages: Sequence[Stage], ended: Ended) -> Result:
        """The result of the test of this name in a case."""
        providers = tuple(dict.fromkeys(key.provider for key in keys))
        called = shlex.join(part for name in providers for part in ("--provider", self._settings.called(name)))
        again = f"{self._settings.again()} --case {case.id} {called}"
        unjudged = _unjudged(case, stages) if ended.skipped else ()
        concluded = self._our_own(_concluded(case, ended, unjudged), ended)
        concluded = self._listed(self._expressible(concluded, stages), case, test)
        outcome, refuted = concluded.outcome, concluded.refuted
        diagnosis = self._blaming(_diagnosis(refuted, stages)) if refuted and not concluded.listed else None
        exchanges, omitted = self._evidence(stages, refuted, outcome)
        return Result(
            test=test,
            case=case.id,
            area=case.area,
            level=case.level,
            statement=case.statement,
            source=case.source,
            providers=providers,
            outcome=outcome,
            reason=redact(concluded.reason),
            cause=_common(diagnosis.cause, keys) if diagnosis else "",
            cause_area=(diagnosis.area or case.area) if diagnosis else "",
            explanation=tuple(_explanation(concluded, diagnosis, case, providers, ended, again)),
            observations=tuple(text for stage in stages for text in stage.observations),
            seconds=round(ended.seconds, 4),
            remedy=diagnosis.remedy if diagnosis else "",
            where=_place(diagnosis, refuted) if outcome is Outcome.FAIL else None,
            again=again,
            differences=_differences(refuted),
            unjudged=unjudged,
            exchanges=tuple(exchanges),
            omitted=omitted,
        )

    def _blaming(self, diagnosis: Diagnosis | None) -> Diagnosis | None:
        """Nobody is blamed who was not there."""
        if diagnosis is None:
            return None
        return replace(diagnosis, remedy=blamed(diagnosis.remedy, self._implementation(), self._settings.on.defect))

    def _our_own(self, concluded: _Concluded, ended: Ended) -> _Concluded:
        """No result where this machine had no more to give: nobody knows what it would have been."""
        if (problem := host.noted_since(self._began) or host.host_problem(ended.error)) is None:
            return concluded
        self.setup_problem = problem
        return _Concluded(Outcome.SETUP_ERROR, str(problem))

    def _expressible(self, concluded: _Concluded, stages: Sequence[Stage]) -> _Concluded:
        """No failure where the target cannot be told what the case has made of its objects."""
        if concluded.outcome is not Outcome.FAIL:
            return concluded
        try:
            why = next((why for stage in stages if (why := stage.target.inexpressible(stage.route_names))), None)
        except SetupProblem as problem:
            self.setup_problem = problem
            return _Concluded(Outcome.SETUP_ERROR, str(problem))
        return _Concluded(Outcome.NOT_APPLICABLE, why) if why else concluded

    def _listed(self, concluded: _Concluded, case: Case, test: str) -> _Concluded:
        """What it comes to where a list of deviations has an entry for it."""
        known = find(self.deviations, case.id, test, concluded.outcome, concluded.refuted)
        judged = judge_listed(concluded.outcome, known, documented=self._settings.literal)
        if judged is None:
            return concluded
        # A deviation has the evidence of a failure, though it needs no explanation.
        return _Concluded(*judged, refuted=concluded.refuted, listed=True)

    def known_deviation(self, case: str, test: str) -> Deviation | None:
        """What the list says about a test of a case; None: nothing."""
        return find(self.deviations, case, test, None)

    @functools.cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What the list says about the gateway under test; asked for once the target is known."""
        tested = self._implementation()
        imitated = self._settings.on.imitated
        if not tested.product and imitated is None:
            return ()
        version, target = (imitated.version, imitated.target) if imitated else (tested.version, self._settings.target)
        name = self._settings.deviation_list or list_for(version)
        cases = [one.id for one in catalogue()]
        return load(name, cases, version=version, target=target)

    def _evidence(
        self, stages: Sequence[Stage], refuted: Refuted | None, outcome: Outcome
    ) -> tuple[list[ExchangeData], int]:
        """What reports show of a test's exchanges; nothing when nobody wants to see any."""
        if not self._settings.evidence:
            return [], 0
        exchanges = sorted((one for stage in stages for one in stage.exchanges), key=lambda one: one.began)
        full = outcome in (Outcome.FAIL, Outcome.DEVIATION, Outcome.SETUP_ERROR)
        return gather(exchanges, refuted.exchange if refuted else None, full=full)


def _unjudged(case: Case, stages: Sequence[Stage]) -> tuple[UnjudgedData, ...]:
    """Why a case that was not played cannot be judged; empty where another reason kept it from being played."""
    found = dict.fromkeys(one for stage in stages for one in unjudged_on(stage, case))
    return tuple(
        {"aspect": one.aspect.value, "field": one.field, "where": f"{at.file}:{at.line}", "why": one.why}
        for one in found
        if (at := one.where.position)
    )


def _concluded(case: Case, ended: Ended, unjudged: Sequence[UnjudgedData]) -> _Concluded:
    error = ended.error
    if isinstance(error, MissingEvidence):
        error = Refuted(error.exchange, [Mismatch(Facet.ARRIVAL, "exactly one request upstream", str(error))])
    observed = case.level is Level.INFO
    if unjudged:
        return _Concluded(Outcome.NOT_JUDGED, ended.skipped)
    if ended.skipped:
        return _Concluded(Outcome.NOT_APPLICABLE, ended.skipped)
    if isinstance(error, Refuted):
        return _Concluded(Outcome.OBSERVED if observed else Outcome.FAIL, str(error), error)
    if error is not None or ended.trace:
        return _Concluded(Outcome.SETUP_ERROR, str(error))
    return _Concluded(Outcome.OBSERVED if observed else Outcome.PASS)


def _explanation(
    concluded: _Concluded,
    diagnosis: Diagnosis | None,
    case: Case,
    providers: Sequence[str],
    ended: Ended,
    again: str,
) -> list[str]:
    """What is told of it, line by line; of a deviation nothing."""
    if (refuted := concluded.refuted) is not None and not concluded.listed:
        return explain(case, providers, refuted.mismatches, diagnosis, refuted.exchange, again)
    if concluded.outcome is Outcome.FAIL:
        return [f"{case.id}: {concluded.reason}", "remedy: take the entry out of the list, or narrow its versions"]
    return redact(ended.trace).splitlines() if concluded.outcome is Outcome.SETUP_ERROR else []


def _common(cause: str, keys: Sequence[SceneKey]) -> str:
    """The cause without the names of variations, so that one mistake counts as one in all of them."""
    for key in keys:
        cause = cause.replace(f"-{key.name}", "") if key.name != DOCUMENTED.name else cause
    return cause


def _diagnosis(error: Refuted, stages: Sequence[Stage]) -> Diagnosis | None:
    # All that is known of failures is imported by the first one.
    from conformance.verdict.diagnosis.refuted import diagnosis_of

    return diagnosis_of(error, stages)


def _place(diagnosis: Diagnosis | None, refuted: Refuted | None) -> Place | None:
    """Where in the manifests it is decided, as far as anybody knows."""
    told = diagnosis.where if diagnosis else None
    return told or next((one.where for one in (refuted.mismatches if refuted else ()) if one.where), None)


def _differences(refuted: Refuted | None) -> tuple[MismatchData, ...]:
    mismatches = refuted.mismatches if refuted else ()
    return tuple({"about": one.about.value, "expected": one.expected, "observed": one.observed} for one in mismatches)
