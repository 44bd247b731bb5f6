"""What is tried by day, of sweeps whose parts say nearly the same; by night all of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

__all__ = ["BY_NIGHT", "EXAMPLES", "each_kind", "share"]

T = TypeVar("T")

BY_NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
"""Set by the scheduled workflow properties.yaml."""

EXAMPLES = 2_000 if BY_NIGHT else 50
"""Of a property that verdicts stand on: what is sent where, and what a fix may change."""


def share(items: Iterable[T], number: int, of: int) -> list[T]:
    """By day those whose place is `number` modulo `of`; by night all.

    A sweep of things tried in places takes, for the thing `number` of `of`, this share of the places: then each place
    has one thing in it by day, and each thing stands in many places.
    """
    every = list(items)
    return every if BY_NIGHT else every[number % of :: of]


def each_kind(items: Iterable[T], kinds: Callable[[T], Iterable[Hashable]]) -> list[T]:
    """By day those that are the first of a kind, of which an item may have several; by night all."""
    if BY_NIGHT:
        return list(items)
    chosen, seen = [], set[Hashable]()
    for one in items:
        of_it = set(kinds(one))
        if not of_it <= seen:
            chosen.append(one)
            seen |= of_it
    return chosen
