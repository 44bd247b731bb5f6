"""Plays one mutant to the cases: on a target of its own, until the first of them fails or, if asked for, to all."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace

from conformance.certification.engine import run_tests
from conformance.certification.selection import GivenTest
from conformance.core.deadlines import Patience
from conformance.core.problems import SetupProblem
from conformance.core.startup.records import dataclass
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
    """What is the same for all mutants of a run: settings without a mutant, the tests, whether each plays to all.

    `others` are the tests with further providers, by the name of that with the first: they are played where nothing
    fails with the first, and first of all where they are known to notice the mutant.
    """

    settings: Settings
    tests: Sequence[GivenTest]
    exhaustive: bool = False
    others: Mapping[str, Sequence[GivenTest]] = field(default_factory=dict)

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
        further = [one for alike in self.others.values() for one in alike if one.name in first]
        seeing = [one for one in self.tests if self.exhaustive or one.case.area in areas or is_among(one, first)]
        in_order = rounds([*further, *seeing], first, areas)
        if self.exhaustive:
            in_order = [[test for tests in in_order for test in tests]]
        found, idle = Finding(mutant.name, Ended.SURVIVED), set[str]()
        for tests in in_order:
            async for results in self._results(mutant, tests, first):
                idle |= {one.test for one in results if one.outcome is Outcome.NOT_APPLICABLE}
                found = _with(found, mutant, results)
            if found.ended is not Ended.SURVIVED:
                break
        for instead in self._instead(seeing, idle, first):
            if found.ended is Ended.SURVIVED or (self.exhaustive and found.ended is Ended.CAUGHT):
                async for results in self._results(mutant, instead, first):
                    found = _with(found, mutant, results)
        return found

    async def _results(
        self, mutant: Defect, tests: Sequence[GivenTest], first: Sequence[str]
    ) -> AsyncIterator[list[Result]]:
        """What becomes of the tests of a round, up to the first that fails for sure: where one does so by chance, those
        behind it are played as well.
        """
        left = list(tests)
        while left:
            played = await self._play(mutant, left)
            confirmed = await self._confirmed(mutant, played, left, first)
            yield confirmed
            if len(confirmed) == len(played) or self.exhaustive:
                return
            left = left[len(played) :]

    def _instead(self, seen: Sequence[GivenTest], idle: Set[str], first: Sequence[str]) -> Iterator[list[GivenTest]]:
        """The tests with other providers: of the cases that are known, those that do not apply to the first one's
        manifests, and then, as these may say by other fields what a test is about, all the others; but for an
        exhaustive run, which would take twice as long.
        """
        ranks = {
            one.name: 0 if is_among(one, first) and not self.exhaustive else 1 if one.name in idle else 2
            for one in seen
        }
        for rank in (1,) if self.exhaustive else (0, 1, 2):
            names = [name for name, its in ranks.items() if its == rank]
            if tests := [one for name in names for one in self.others.get(name, ())]:
                yield tests

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
    kills = tuple(dict.fromkeys([*found.kills, *(one.case for one in failed)]))
    if not failed or found.ended is Ended.CAUGHT:
        return replace(found, kills=kills)
    return replace(
        found,
        ended=Ended.CAUGHT,
        case=failed[0].case,
        test=failed[0].test,
        cause=failed[0].cause or failed[0].reason,
        right_area=failed[0].cause_area == mutant.area,
        exact=mutant.told.lower() in failed[0].cause.lower(),
        kills=kills,
    )
