"""Failures by what caused them: one mistake often fails many cases, and people mend mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.core.problems import Place
from conformance.stage.case import CHECKS
from conformance.verdict.results import Outcome, Result

__all__ = ["Cause", "causes_of"]


@dataclass(frozen=True)
class Cause:
    """A cause with its remedy, the place in the manifests, and the results that it spoilt, the most binding first."""

    cause: str
    remedy: str
    where: Place | None
    results: tuple[Result, ...]

    @property
    def providers(self) -> list[str]:
        """Whom it is about."""
        return sorted({name for result in self.results for name in result.providers})

    @property
    def cases(self) -> list[str]:
        """The ids of the cases, each once."""
        return list(dict.fromkeys(result.case for result in self.results))


_FAILED = (Outcome.FAIL, Outcome.SETUP_ERROR)


def causes_of(results: Iterable[Result], outcomes: Sequence[Outcome] = _FAILED) -> list[Cause]:
    """The causes of failures and set-up errors, or of what ended in other `outcomes`.

    The most binding first, then what static checks found in the manifests, of which the rest may be a consequence, then
    those with the most results.
    """
    found: dict[tuple[str, str, Place | None], list[Result]] = {}
    for result in results:
        if result.outcome in outcomes:
            told = (result.cause or result.reason, result.remedy, result.where)
            found.setdefault(told, []).append(result)
    causes = [
        Cause(*told, tuple(sorted(spoilt, key=lambda one: (one.level.rank, one.case, one.test))))
        for told, spoilt in found.items()
    ]
    return sorted(causes, key=_rank)


def _rank(one: Cause) -> tuple[object, ...]:
    seen = any(result.area == CHECKS for result in one.results)
    return one.results[0].level.rank, not seen, -len(one.results), one.cause, str(one.where or "")
