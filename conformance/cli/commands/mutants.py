"""`mutants`: the reference gateway with one defect at a time, each to be noticed by a case."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say
from conformance.manifests.dialects import DIALECTS
from conformance.proof.asked import check_known, check_writable, target_at
from conformance.proof.defects import Defect, defects_on
from conformance.proof.finding import Ended, Finding, Matrix
from conformance.proof.record import known_tests, write
from conformance.proof.telling import summary, watch_for
from conformance.proof.tests import binds
from conformance.proof.workers import Order, findings
from conformance.stage.settings import DOCUMENTED_PROVIDERS
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.standalone.options import StandaloneOptions

__all__ = ["exit_code", "run"]

_JOBS_PER_CORE = 3
"""On the embedded target, where a mutant waits four times as long as it works: until a deadline shows that what it
withholds does not come. A real binary wants its core for itself when it starts."""

_WITH_DEFECTS = (EmbeddedOptions.target, StandaloneOptions.target)


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    on = target_at("--target", options.target, options.agentgateway_bin, _WITH_DEFECTS)
    mutants = _chosen(defects_on(on.target), options.mutant, options.area, options.dialect)
    embedded = on.target == EmbeddedOptions.target
    jobs = options.jobs if options.jobs is not None else cores() * (_JOBS_PER_CORE if embedded else 1)
    if jobs < 1:
        raise InputProblem(f"--jobs {jobs}: must be 1 or more")
    providers = options.provider or DOCUMENTED_PROVIDERS
    known = known_tests(options.dialect) if embedded else {}
    order = Order(mutants, options.dialect, providers, options.exhaustive, known, on)
    report = Path(options.report) if options.report else None
    _check_report(report)
    matrix = _played(order, jobs)
    if report is not None:
        write(matrix, report)
    for line in summary(matrix):
        say(line)
    return exit_code(matrix)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _played(order: Order, jobs: int) -> Matrix:
    play = order.play()  # what cannot be used is told before any process is started
    found: list[Finding] = []
    began = time.monotonic()
    with watch_for(sys.stdout, order.mutants) as watch:
        for one in findings(order, jobs):
            watch.found(one)
            found.append(one)
    cases = list(dict.fromkeys(one.case.id for one in play.tests if binds(one.case))) if order.exhaustive else None
    in_order = sorted(found, key=lambda one: order.mutants.index(one.mutant))
    return Matrix(order.dialect, in_order, time.monotonic() - began, jobs, cases)


def exit_code(matrix: Matrix) -> ExitCode:
    """0 when all is caught; what survived, or a case that catches none, is 1; errors of our own outrank it."""
    if matrix.of(Ended.ERROR):
        return ExitCode.SETUP_FAILED
    return ExitCode.FAILED if matrix.of(Ended.SURVIVED) or matrix.idle else ExitCode.CONFORMANT


def _chosen(defects: Mapping[str, Defect], names: Sequence[str], areas: Sequence[str], dialect: str) -> list[str]:
    """The mutants that are asked for. Raises InputProblem for what there is not, and where nothing is left."""
    check_known("--dialect", [dialect], DIALECTS)
    check_known("--mutant", names, list(defects))
    check_known("--area", areas, sorted({one.area for one in defects.values()}))
    fits: Callable[[Defect], bool] = lambda one: (not names or one.name in names) and (not areas or one.area in areas)  # noqa: E731
    chosen = [one for one in defects.values() if fits(one)]
    found = [one.name for one in chosen if one.is_of(dialect)]
    if not found:
        why = f"none of these {len(chosen)} is of the dialect {dialect}" if chosen else "no mutant is both"
        raise InputProblem(f"nothing to play: {why}", remedy="leave out --mutant, --area or --dialect")
    return found


def _check_report(report: Path | None) -> None:
    """Raise InputProblem for a file that cannot be, or whose name does not say what it is to be."""
    if report is not None and report.suffix not in (".yaml", ".yml", ".json"):
        raise InputProblem(f"--report {report}: expected a name that ends in .yaml or .json")
    check_writable(report)
