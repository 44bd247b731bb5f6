"""What a person sees while mutants are played and when all have been: a live table on a terminal, else a line each."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from conformance.core.redaction import redact
from conformance.core.terminal import is_live, one_line, say
from conformance.proof.finding import Ended, Finding, Matrix
from conformance.targets.embedded.mutations import MUTANTS

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

__all__ = ["Watch", "summary", "watch_for"]


class Watch(Protocol):
    """Hears of each mutant that is taken up, and of what became of it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def begun(self, mutant: str) -> None:
        """It is being played."""
        ...

    def found(self, finding: Finding) -> None:
        """It has been."""
        ...


def watch_for(stream: TextIO, mutants: Sequence[str], environment: Mapping[str, str] = os.environ) -> Watch:
    """A table that changes where a person looks on, else lines."""
    return _LiveTable(stream, mutants, environment) if is_live(stream, environment) else _Lines(stream)


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

    def begun(self, mutant: str) -> None:
        """Not told."""

    def found(self, finding: Finding) -> None:
        """One line."""
        say(line_of(finding), self._stream, flush=True)


class _LiveTable:
    """Area by area how many are done and how they ended, and what is being played; gone when all is done."""

    def __init__(self, stream: TextIO, mutants: Sequence[str], environment: Mapping[str, str]) -> None:
        self._stream = stream
        self._environment = environment
        self._of_area = Counter(MUTANTS[name].area for name in mutants)
        self._ended: dict[str, Counter[Ended]] = {area: Counter() for area in self._of_area}
        self._playing: dict[str, float] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, force_terminal=True, _environ=self._environment)
        self._live = Live(
            console=console,
            get_renderable=self._table,
            transient=True,
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def begun(self, mutant: str) -> None:
        """Its name stands below the table."""
        self._playing[mutant] = time.monotonic()

    def found(self, finding: Finding) -> None:
        """The line of its area changes."""
        self._playing.pop(finding.mutant, None)
        self._ended[MUTANTS[finding.mutant].area][finding.ended] += 1

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for name in ("area", "mutants", *(one.value for one in Ended)):
            table.add_column(name, justify="left" if name == "area" else "right", no_wrap=True)
        for area, total in list(self._of_area.items()):
            ended = self._ended[area]
            done = ended.total()
            counts = [str(ended[one] or "") for one in Ended]
            style = "red" if done > ended[Ended.CAUGHT] else "green" if done == total else ""
            table.add_row(Text(area, style), f"{done}/{total}", *counts)
        for name, since in list(self._playing.items()):
            table.add_row(Text(one_line(redact(name)), "dim"), f"{time.monotonic() - since:.0f} s")
        return table


def summary(matrix: Matrix) -> Iterator[str]:
    """The lines at the end: what was not caught, whose cause was told wrongly, and the figures."""
    for one in matrix.findings:
        if one.ended is not Ended.CAUGHT:
            yield f"{one.ended.value}: {one.mutant} ({MUTANTS[one.mutant].area}): {MUTANTS[one.mutant].defect}"
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
