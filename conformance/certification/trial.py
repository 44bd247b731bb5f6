"""Tries manifests out on the embedded target: what would fail, if they were so."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.certification.certification import sheet_of
from conformance.certification.checked import attributed, results_of_checks, told_of
from conformance.certification.checks import Defect, Severity, check
from conformance.certification.checks.rules.acceptances import EXPIRED
from conformance.certification.config.accepting import accept, in_force, remaining
from conformance.certification.engine import run_tests
from conformance.certification.selection import further_ways, given_tests
from conformance.certification.source import profiles_of
from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.manifests.input.reading import Given
from conformance.stage.case import Level
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.run import conformance_run
from conformance.verdict.judge import Judge
from conformance.verdict.results import Outcome, Result, Verdict

__all__ = ["Trial", "try_out"]


@dataclass(frozen=True)
class Trial:
    """What a trial found, which ends with the first failure if not all are asked for: mistakes, failed results.

    `held` is what passed: a case that is not applicable did not.
    """

    defects: tuple[Defect, ...] = ()
    failures: tuple[Result, ...] = ()
    unusable: str = ""
    held: tuple[Result, ...] = ()

    @property
    def good(self) -> bool:
        """Whether all would be well."""
        return not (self.defects or self.failures or self.unusable)


async def try_out(
    given: Given,
    threshold: Level,
    first: Sequence[str] = (),
    *,
    wanted: Sequence[str] = (),
    every: bool = False,
    on: EmbeddedOptions | None = None,
) -> Trial:
    """Certify manifests on a target of their own, the cases `first` (those that failed before) before all others.

    `wanted` are the providers that were asked for, by name or by the file with their facts. `every`: tell all failures.
    `on`: with these options of the target, whatever dialect they are for.
    """
    errors = [one for one in check(sheet_of(given, None)) if one.severity is Severity.ERROR and one.check != EXPIRED]
    acceptances = in_force(given.acceptances)
    if defects := remaining(errors, acceptances):
        return Trial(defects=tuple(defects))
    try:
        profiles = tuple(profiles_of(given, wanted))
    except InputProblem as problem:
        return Trial(unusable=str(problem))
    settings = Settings(
        profiles,
        (on or EmbeddedOptions()).of(given.dialect),
        dialect=given.dialect,
        threshold=threshold,
        manifests=("-",),
        given=given.manifests,
    )
    ways = further_ways(given.manifests, profiles, given.dialect)
    tests = given_tests([profile.name for profile in profiles], given.dialect, ways)
    # What is wrong shows at once in exchanges, while statuses are waited for.
    tests.sort(key=lambda test: (test.case.id not in first, test.case.area == "status"))
    async with conformance_run(settings, [key for test in tests for key in test.keys]) as arrangement:
        judge, verdict = Judge(settings, lambda: arrangement.target.implementation), Verdict(settings.threshold)
        checked = results_of_checks(errors, profiles, "")
        told, failures, held = told_of(checked), list[Result](), list[Result]()
        async for one in run_tests(tests, arrangement, judge, in_vain=set(told)):
            # Of what is accepted follows more.
            *_, result = accept([*checked, attributed(one, told)], acceptances)
            if verdict.fails(result) or result.outcome is Outcome.SETUP_ERROR:
                failures.append(result)
                if not every:
                    break
            elif result.outcome is Outcome.PASS:
                held.append(result)
    return Trial(failures=tuple(failures), held=tuple(held))
