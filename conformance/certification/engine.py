"""Runs the chosen tests on an arrangement, without pytest: the same functions, stages and verdicts."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Container, Iterable

from conformance.certification.selection import GivenTest
from conformance.core.problems import SetupProblem
from conformance.exchange.client import GatewayClient
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.case import NotApplicable
from conformance.stage.opening import client_of, make_stages
from conformance.stage.stage import Stage
from conformance.verdict.judge import Ended, Judge
from conformance.verdict.results import Result

__all__ = ["run_tests"]


async def run_tests(
    tests: Iterable[GivenTest], arrangement: Arrangement, judge: Judge, *, in_vain: Container[str] = ()
) -> AsyncIterator[Result]:
    """Results in the order of the tests, as they come. Raises SetupProblem when there is no gateway any more.

    `in_vain` are providers whose manifests are known to have a mistake: nobody waits long for what it prevents.
    """
    async with client_of(arrangement.target.gateway) as client:
        for test in tests:
            stages: list[Stage] = []
            ended = await _run(test, arrangement, client, judge, stages, in_vain)
            yield judge.judge(test.name, test.case, test.keys, stages, ended)
            if judge.setup_problem is not None:
                raise judge.setup_problem


async def _run(
    test: GivenTest,
    arrangement: Arrangement,
    client: GatewayClient,
    judge: Judge,
    stages: list[Stage],
    in_vain: Container[str],
) -> Ended:
    began = time.perf_counter()
    # As a task: whatever a case raises is for the judge, but an interruption of ours goes on its way.
    playing = asyncio.create_task(_play(test, arrangement, client, judge, stages, in_vain))
    try:
        await asyncio.wait([playing])
    finally:
        playing.cancel()
        # Whatever a case does at its end, it does before its client is closed.
        await asyncio.gather(playing, return_exceptions=True)
    error, seconds = playing.exception(), time.perf_counter() - began
    if isinstance(error, SetupProblem):
        raise error
    if isinstance(error, NotApplicable):
        return Ended(skipped=str(error), seconds=seconds)
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    return Ended(error=error, trace=trace, seconds=seconds)


async def _play(
    test: GivenTest,
    arrangement: Arrangement,
    client: GatewayClient,
    judge: Judge,
    stages: list[Stage],
    in_vain: Container[str],
) -> None:
    known = judge.known_deviation(test.case.id, test.name)
    make_stages(arrangement, client, test.case, test.keys, known is not None and not known.sign, stages, only=test.way)
    arrangement.patience.hurried |= any(key.provider in in_vain for key in test.keys)
    if test.together:
        await test.function(
            {key.provider: stage for key, stage in zip(test.keys, stages, strict=True)}, **test.arguments
        )
    else:
        await test.function(stages[0], **test.arguments)
