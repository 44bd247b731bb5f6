"""`diff`: the same requests through two gateways, and what differs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.core.files import write_atomically
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say
from conformance.manifests.dialects import DIALECTS
from conformance.proof.asked import check_known, check_writable, target_at
from conformance.proof.differing.comparing import Difference, grouped, pair_of
from conformance.proof.differing.known import Known, explained, known_differences
from conformance.proof.differing.probes import all_probes
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings, TargetOptions
from conformance.stage.target import Implementation
from conformance.targets.registry import TARGETS
from conformance.targets.standalone.options import StandaloneOptions

__all__ = ["run"]

Told = tuple[Difference, int, Known | None]
_WIDTH = 100


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    check_known("--dialect", [options.dialect], DIALECTS)
    if options.probes < 0:
        raise InputProblem(f"--probes {options.probes}: must be 0 or more")
    profile = documented_profile(options.provider, options.dialect)
    left, right = (
        Settings((profile,), _target(side, given), dialect=options.dialect)
        for side, given in (("--left", options.left), ("--right", options.right))
    )
    report = Path(options.report) if options.report else None
    check_writable(report)
    known = known_differences()
    sides, told, sent = asyncio.run(_compared(left, right, known, options))
    for line in _lines(sides, told, sent):
        say(line)
    if report is not None:
        _write(report, sides, told)
    return ExitCode.FAILED if any(one is None for _, _, one in told) else ExitCode.CONFORMANT


def _target(side: str, given: str) -> TargetOptions:
    """`embedded`, `kind`, `standalone`, `standalone=PATH`. Raises InputProblem, and SetupProblem for no binary."""
    name, _, path = given.partition("=")
    if path and name in TARGETS and name != StandaloneOptions.target:
        raise InputProblem(f"{side} {given}: only standalone takes a path", remedy=f"write {name}")
    return target_at(side, name, path or None)


async def _compared(
    left: Settings, right: Settings, known: Sequence[Known], options: argparse.Namespace
) -> tuple[tuple[Implementation, Implementation], list[Told], int]:
    probes = all_probes(options.probes, options.seed)
    async with pair_of(left, right, options.provider) as pair:
        found = [difference for probe in probes for difference in await pair.differences(probe)]
        sides = pair.implementations
    return sides, [(one, count, explained(one, known, *sides)) for one, count in grouped(found)], len(probes)


def _lines(sides: Sequence[Implementation], told: Sequence[Told], sent: int) -> list[str]:
    left, right = (f"{one.project} {one.version}" for one in sides)
    lines = [f"left: {left}; right: {right}; {sent} probes"]
    for difference, count, known in sorted(told, key=lambda one: (one[2] is not None, one[0].fact)):
        lines.append(f"{known.kind if known else 'UNEXPLAINED'}: {difference.fact} ({count}), by {difference.probe}")
        lines += [f"  left   {difference.left[:_WIDTH]}", f"  right  {difference.right[:_WIDTH]}"]
        lines += [f"  {known.why} ({known.source})"] if known else []
    open_ = sum(known is None for _, _, known in told)
    return [*lines, f"{len(told)} kinds of differences, {open_} unexplained"]


def _write(file: Path, sides: Sequence[Implementation], told: Sequence[Told]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "fact": difference.fact,
            "left": difference.left,
            "right": difference.right,
            "probe": list(difference.probe.names),
            "seen": count,
            **({"kind": known.kind, "why": known.why, "source": known.source} if known else {}),
        }
        for difference, count, known in told
    ]
    left, right = ({"project": one.project, "version": one.version} for one in sides)
    data = {"left": left, "right": right, "differences": rows}
    write_atomically(file, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
