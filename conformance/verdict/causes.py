"""Failures by what caused them: one mistake often fails many cases, and people mend mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conformance.core.problems import Place
from conformance.core.startup.records import dataclass
from conformance.stage.case import CHECKS
from conformance.verdict.results import Outcome, Result

__all__ = ["Cause", "alike", "causes_of", "together"]


@dataclass(frozen=True)
class Cause:
    """A cause with its remedy, the place in the manifests, and the results that it spoilt.

    Of these the most binding stand first, and of them the check that sees it.
    """

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

    @property
    def id(self) -> str:
        """As `explain` and acceptances know it: the check that sees it, else the first case that it fails."""
        return self.cases[0].removeprefix(f"{CHECKS}/")


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
    causes = [Cause(*told, tuple(sorted(spoilt, key=_first))) for told, spoilt in found.items()]
    return sorted(causes, key=_rank)


def _first(one: Result) -> tuple[object, ...]:
    return one.level.rank, one.area != CHECKS, one.case, one.test


def _rank(one: Cause) -> tuple[object, ...]:
    seen = any(result.area == CHECKS for result in one.results)
    return one.results[0].level.rank, not seen, -len(one.results), one.cause, str(one.where or "")


_MOST_NAMES = 8
"""So many words may differ between two mistakes that are one: names of objects, hosts."""


def together(causes: Sequence[Cause]) -> list[list[Cause]]:
    """The causes, each with those that are the same mistake in other objects."""
    found: list[list[Cause]] = []
    for one in causes:
        same = next((group for group in found if _same(group[0], one)), None)
        if same is None:
            found.append([one])
        else:
            same.append(one)
    return found


def _same(one: Cause, other: Cause) -> bool:
    return _kind(one) == _kind(other) and alike(f"{one.cause} {one.remedy}", f"{other.cause} {other.remedy}")


def _kind(one: Cause) -> tuple[object, ...]:
    """What two causes must have in common: the check that sees it, its level, and the field."""
    check = next((result.case for result in one.results if result.area == CHECKS), "")
    field = re.sub(r"\[\d+\]", "", one.where.field) if one.where else ""
    # What no check sees may be anything: it stays by itself.
    return check or id(one), one.results[0].level, field


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same of different things: where words differ, each has one counterpart."""
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return False
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for word, counterpart in zip(words, others, strict=True):
        if there.setdefault(word, counterpart) != counterpart or back.setdefault(counterpart, word) != word:
            return False
    return sum(word != counterpart for word, counterpart in there.items()) <= _MOST_NAMES
