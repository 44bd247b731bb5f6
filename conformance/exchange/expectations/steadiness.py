"""Statements about many exchanges that are alike: what fails now and then is told as such."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.facet import Facet

__all__ = ["Share", "chance_of", "verify_each"]


@dataclass(frozen=True)
class Share:
    """How many of so many exchanges were not as expected, and whether all of these failed alike."""

    failed: int
    of: int
    alike: bool


def chance_of(share: float, exchanges: int) -> float:
    """The probability that a fault which shows in this share of all exchanges shows in at least one of so many."""
    return 1 - (1 - share) ** exchanges


def verify_each(exchanges: Iterable[Exchange], check: Callable[[Exchange], None]) -> None:
    """Raise Refuted with the first exchange that `check` refutes; where others are in order, with how many are not."""
    seen = list(exchanges)
    failed: list[Refuted] = []
    for one in seen:
        try:
            check(one)
        except Refuted as refuted:
            failed.append(refuted)
    if not failed:
        return
    if len(failed) == len(seen):
        raise failed[0]
    alike = len({frozenset(mismatch.about for mismatch in one.mismatches) for one in failed}) == 1
    share = Share(len(failed), len(seen), alike)
    told = Mismatch(
        Facet.INTERMITTENT,
        f"all of {share.of} exchanges as expected",
        f"{share.failed} of them not",
        detail=share,
    )
    raise Refuted(failed[0].exchange, [*failed[0].mismatches, told])
