"""Plays one mutant to the cases: on a target of its own, until the first of them fails or, if asked for, to all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from conformance.certification.engine import run_tests
from conformance.certification.selection import GivenTest
from conformance.core.deadlines import Patience
from conformance.core.problems import SetupProblem
from conformance.core.records import dataclass
from conformance.proof.defects import Defect, with_defect
from conformance.proof.finding import Ended, Finding
from conformance.proof.sight import STEADY, areas_that_see
from conformance.proof.tests import is_among, rounds
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.run import conformance_run
from conformance.verdict.judge import Judge
from conformance.verdict.results import Outcome, Result

__all__ = ["Play"]

_PACE, _LEAST = 0.07, 0.3
"""The patience of a run on the embedded target: what it has not done two seconds after its controller has settled, it
does not do. A mutant is expected to fail, and each of them would wait."""


@dataclass(frozen=True)
class Play:
    """What is the same for all mutants of a run: settings without a mutant, the tests, whether each plays to all."""

    settings: Settings
    tests: Sequence[GivenTest]
    exhaustive: bool = False

    async def mutant(self, mutant: Defect, first: Sequence[str] = ()) -> Finding:
        """What becomes of one; the tests or cases `first` are known to notice it."""
        began, cpu = time.perf_counter(), time.process_time()
        try:
            found = await self._sought(mutant, first)
        except SetupProblem as problem:
            found = Finding(mutant.name, Ended.ERROR, cause=str(problem))
        seconds, spent = time.perf_counter() - began, time.process_time() - cpu
        return replace(found, seconds=round(seconds, 2), cpu=round(spent, 2))

    async def _sought(self, mutant: Defect, first: Sequence[str]) -> Finding:
        areas = areas_that_see(mutant)
        first = (*STEADY, *first) if mutant.share < 1 else first
        seeing = [one for one in self.tests if self.exhaustive or one.case.area in areas or is_among(one, first)]
        in_order = rounds(seeing, first, areas)
        if self.exhaustive:
            in_order = [[test for tests in in_order for test in tests]]
        found = Finding(mutant.name, Ended.SURVIVED)
        for tests in in_order:
            left = tests
            while left and found.ended is Ended.SURVIVED:
                played = await self._play(mutant, left)
                found = _with(found, mutant, await self._confirmed(mutant, played, left, first))
                # What follows a failure that was none is still to be played.
                left = [] if self.exhaustive else left[len(played) :]
            if found.ended is not Ended.SURVIVED:
                break
        return found

    async def _confirmed(
        self, mutant: Defect, results: Sequence[Result], tests: Sequence[GivenTest], first: Sequence[str]
    ) -> list[Result]:
        """The results without failures that do not fail again: on a busy machine a case may fail for want of time.

        Those that are known to notice the mutant need no confirmation, but of those that send much, which fail
        first; nor have rare faults any.
        """
        certain = set(first) - set(STEADY)
        doubtful = {one.test for one in results if one.outcome is Outcome.FAIL and not {one.test, one.case} & certain}
        if not doubtful or mutant.share < 1:
            return list(results)
        again = await self._play(mutant, [one for one in tests if one.name in doubtful])
        failed = {one.test for one in again if one.outcome is Outcome.FAIL}
        return [one for one in results if one.test not in doubtful or one.test in failed]

    async def _play(self, mutant: Defect, tests: Sequence[GivenTest]) -> list[Result]:
        """The results until the first failure; or of each case until its first."""
        settings = replace(self.settings, on=with_defect(self.settings.on, mutant.name))
        results: list[Result] = []
        failed: set[str] = set()
        patience = Patience(_PACE, _LEAST) if settings.target == EmbeddedOptions.target else None
        async with conformance_run(settings, _keys(tests), patience) as arrangement:
            judge = Judge(settings, lambda: arrangement.target.implementation)
            left = (one for one in tests if one.case.id not in failed)
            async for result in run_tests(left, arrangement, judge):
                results.append(result)
                if result.outcome in (Outcome.FAIL, Outcome.SETUP_ERROR):
                    failed.add(result.case)
                    if not self.exhaustive:
                        break
        return results


def _keys(tests: Sequence[GivenTest]) -> list[SceneKey]:
    return [key for test in tests for key in test.keys]


def _with(found: Finding, mutant: Defect, results: Sequence[Result]) -> Finding:
    """The finding with what was played since."""
    found = replace(found, tests=found.tests + len(results))
    broken = next((one for one in results if one.outcome is Outcome.SETUP_ERROR), None)
    if broken is not None:
        told = "\n".join([f"{broken.case} is broken by it: {broken.reason}", *broken.explanation])
        return replace(found, ended=Ended.ERROR, case=broken.case, cause=told)
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    if not failed:
        return found
    return replace(
        found,
        ended=Ended.CAUGHT,
        case=failed[0].case,
        test=failed[0].test,
        cause=failed[0].cause or failed[0].reason,
        right_area=failed[0].cause_area == mutant.area,
        exact=mutant.told.lower() in failed[0].cause.lower(),
        kills=tuple(dict.fromkeys(one.case for one in failed)),
    )
