"""How many results of each area and provider ended well; what tables and matrices show."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.startup.records import dataclass
from conformance.stage.case import AREAS, CHECKS
from conformance.verdict.results import WARNING, Outcome, Result, Verdict

__all__ = ["Cell", "cell", "matrix"]

_APART = (Outcome.NOT_APPLICABLE, Outcome.NOT_JUDGED, Outcome.ACCEPTED)
_GOOD = (Outcome.PASS, Outcome.OBSERVED, Outcome.DEVIATION)


@dataclass(frozen=True)
class Cell:
    """One area for one provider: `good` of `applicable` ended well, `deviations` of them as listed.

    Of the others `warnings` fail nothing.
    """

    results: int = 0
    applicable: int = 0
    good: int = 0
    deviations: int = 0
    warnings: int = 0

    def __str__(self) -> str:
        if not self.results:
            return ""
        return f"{self.good}/{self.applicable}" if self.applicable else "-"

    @property
    def failed(self) -> int:
        """How many did not end well, and are no warnings."""
        return self.applicable - self.good - self.warnings


def cell(results: Sequence[Result], verdict: Verdict) -> Cell:
    """What these results of a verdict come to."""
    applicable = [one for one in results if one.outcome not in _APART]
    return Cell(
        results=len(results),
        applicable=len(applicable),
        good=sum(one.outcome in _GOOD for one in applicable),
        warnings=sum(verdict.word(one) == WARNING for one in applicable),
        deviations=sum(one.outcome is Outcome.DEVIATION for one in applicable),
    )


def matrix(verdict: Verdict) -> dict[str, list[Cell]]:
    """By area, last by `all`: a cell for each of `verdict.providers`. Static checks come first, then the catalogue."""
    found: dict[str, list[Cell]] = {}
    for area in (CHECKS, *AREAS):
        cells = [cell([one for one in verdict.of(name) if one.area == area], verdict) for name in verdict.providers]
        if any(one.results for one in cells):
            found[area] = cells
    found["all"] = [cell(verdict.of(name), verdict) for name in verdict.providers]
    return found
