"""What a person sees while mutants are played and when all have been: live lines on a terminal, else a line each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self, TextIO

from conformance.core.progress import LiveProgress
from conformance.core.terminal import is_live, say
from conformance.proof.defects import DEFECTS
from conformance.proof.finding import Ended, Finding, Matrix

__all__ = ["Watch", "summary", "watch_for"]


class Watch(Protocol):
    """Hears what became of each mutant."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def found(self, finding: Finding) -> None:
        """A mutant has been played."""
        ...


def watch_for(stream: TextIO, mutants: Sequence[str], environment: Mapping[str, str] = os.environ) -> Watch:
    """Lines that change where a person looks on, else a line each."""
    return _Live(stream, mutants, environment) if is_live(stream, environment) else _Lines(stream)


def line_of(one: Finding) -> str:
    """A finding in one line."""
    told = f"{one.case}: {one.cause}" if one.case else one.cause or "no case noticed it"
    marks = "" if one.ended is not Ended.CAUGHT else _marks(one)
    return f"{one.ended.value.ljust(8)} {one.mutant} ({one.seconds:.1f} s){marks} {told}"


def _marks(one: Finding) -> str:
    if one.exact and one.right_area:
        return ""
    return " [other step]" if one.right_area else " [other area]"


class _Lines:
    """A line for each mutant when it is done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Every line is written already."""

    def found(self, finding: Finding) -> None:
        """One line."""
        say(line_of(finding), self._stream, flush=True)


class _Live:
    """Area by area how many are done and how many of these were not caught; gone when all is done."""

    def __init__(self, stream: TextIO, mutants: Sequence[str], environment: Mapping[str, str]) -> None:
        self._progress = LiveProgress(stream, environment, of="mutants")
        self._of_area = Counter(DEFECTS[name].area for name in mutants)
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._progress.__enter__()
        self._progress.begin("mutants")
        for area in self._of_area:
            self._tell(area)
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.__exit__(*raised)

    def found(self, finding: Finding) -> None:
        """The line of its area changes."""
        area = DEFECTS[finding.mutant].area
        self._done[area] += 1
        self._failed[area] += finding.ended is not Ended.CAUGHT
        self._tell(area)

    def _tell(self, area: str) -> None:
        self._progress.provider(area, self._done[area], self._of_area[area], self._failed[area])


def summary(matrix: Matrix) -> Iterator[str]:
    """The lines at the end: what was not caught, whose cause was told wrongly, and the figures."""
    for one in matrix.findings:
        if one.ended is not Ended.CAUGHT:
            yield f"{one.ended.value}: {one.mutant} ({DEFECTS[one.mutant].area}): {DEFECTS[one.mutant].defect}"
            if one.cause:
                yield f"  {one.cause}"
    for case in matrix.idle:
        yield f"no mutant fails it: {case}"
    for one in matrix.caught:
        if not (one.right_area and one.exact):
            yield f"told otherwise{_marks(one)}: {one.mutant} by {one.case}: {one.cause}"
    survived, broken = matrix.of(Ended.SURVIVED), matrix.of(Ended.ERROR)
    errors = f", {len(broken)} set-up errors" if broken else ""
    counted = f"{len(matrix.caught)} caught, {len(survived)} survived{errors}"
    yield f"{len(matrix.findings)} mutants in {matrix.dialect}: {counted}"
    if matrix.caught:
        yield f"diagnosis: right area {matrix.right_area:.1f} %, exact step {matrix.exact:.1f} % of those caught"
    if matrix.cases is not None:
        busy = len(matrix.cases) - len(matrix.idle)
        yield f"cases: {busy} of {len(matrix.cases)} MUST and SHOULD cases catch a mutant"
    yield f"took {matrix.seconds:.0f} s with {matrix.jobs} at a time; {matrix.cpu:.0f} s of one core"
