"""Several mistakes at once: changes that each take something off what is found, composed and proven as a whole."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.fix import Fix, make_fix
from conformance.certification.mending.policy import refused_by
from conformance.certification.mending.search import Ranked, in_order, ranked
from conformance.certification.mending.text.edits import Unmendable, apply_edits
from conformance.certification.mending.view import Around, View, look
from conformance.core.problems import Position
from conformance.core.startup.records import dataclass
from conformance.verdict.causes import alike

__all__ = ["Composition", "Measure", "State", "compose"]

_MOST_STEPS = 12
_MOST_TRIED = 40
_MOST_TOLD = 5


@dataclass(frozen=True)
class State:
    """How far manifests come: 0 they cannot be read, 1 checks find mistakes, 2 cases fail, 3 all is well.

    `found` is what stands in the way there, without places, which changes move; `told` is it for people. `held` are the
    cases that pass: one that failed and is not applicable any more is no success.
    """

    level: int
    found: frozenset[str] = frozenset()
    faults: tuple[Position, ...] = ()
    told: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()

    @property
    def well(self) -> bool:
        """Whether there is nothing left to mend."""
        return self.level == 3

    def better_than(self, other: State) -> bool:
        """Whether it comes further, or as far with less in the way and nothing new; of what cannot be read at all only
        the first mistake is known, so there the next one must come later. Of the cases that failed one holds now.
        """
        if other.level == 2 and not (other.found - self.found) & self.held:
            return False
        if self.level != other.level:
            return self.level > other.level
        if self.level == 0:
            return self.found != other.found and self.faults > other.faults
        return self.found < other.found


Measure = Callable[[Mapping[str, str]], Awaitable[State]]
"""Judges texts by file name, as a whole."""


@dataclass(frozen=True)
class Composition:
    """What came of it: one fix of several changes, and what remains after it; nothing where it mends all."""

    fix: Fix
    changes: int
    remaining: tuple[str, ...] = ()


async def compose(texts: Mapping[str, str], measure: Measure, around: Around, *, seconds: float) -> Composition | None:
    """The changes that mend most, each found as a single one would be; None where none takes anything off.

    Same mistakes are mended at once. None of the changes weakens TLS, and the whole keeps the rules for all fixes.
    """
    until, original = time.monotonic() + seconds, look(texts, around)
    current, titles = dict(texts), list[str]()
    state = await measure(texts)
    while not state.well and len(titles) < _MOST_STEPS and time.monotonic() < until:
        try:
            async with asyncio.timeout(until - time.monotonic()):
                step = await _step(current, state, original, measure, around, until)
        except TimeoutError:
            break
        if step is None:
            break
        title, current, state = step
        titles.append(title)
    if not titles:
        return None
    fix = make_fix(Candidate(_title(titles), ()), original, look(current, around))
    return Composition(dataclasses.replace(fix, remaining=state.told), len(titles), state.told)


Step = tuple[str, dict[str, str], State]


async def _step(
    texts: Mapping[str, str], state: State, original: View, measure: Measure, around: Around, until: float
) -> Step | None:
    """The first change that takes something off, with the same one wherever else it does."""
    around = dataclasses.replace(around, faults=state.faults)
    view = look(texts, around)
    found = await asyncio.to_thread(ranked, view, state.faults, until=until)
    admitted = [one for one in found if one.refused is None and not one.rank[0]]
    for one, made in itertools.islice(in_order(view, admitted), _MOST_TRIED):
        after = await measure(made)
        if after.better_than(state) and refused_by(original, look(made, around)) is None:
            return await _everywhere(one, admitted, (one.candidate.title, made, after), original, measure, around)
        await asyncio.sleep(0)
    return None


async def _everywhere(
    one: Ranked, admitted: Sequence[Ranked], single: Step, original: View, measure: Measure, around: Around
) -> Step:
    """The same change in all places where it should help as much, if together they do."""
    title, made, after = single
    count = 1
    for other in admitted:
        if other is not one and other.rank[:2] == one.rank[:2] and _same(one.candidate, other.candidate):
            try:
                made = apply_edits(made, other.candidate.edits)
            except Unmendable:
                continue
            count += 1
    if count == 1:
        return single
    together = await measure(made)
    if together.better_than(after) and refused_by(original, look(made, around)) is None:
        return f"{title}, and likewise in {count - 1} more place{'s' if count > 2 else ''}", made, together
    return single


def _same(one: Candidate, other: Candidate) -> bool:
    """Whether two changes are one and the same, but for the objects' names."""
    return _kinds(one) == _kinds(other) and alike(one.title, other.title)


def _kinds(one: Candidate) -> list[tuple[str, object]]:
    spots = [getattr(edit, "spot", None) for edit in one.edits]
    return [(type(edit).__name__, spot and spot.path) for edit, spot in zip(one.edits, spots, strict=True)]


def _title(titles: Sequence[str]) -> str:
    if len(titles) == 1:
        return titles[0]
    more = [f"and {len(titles) - _MOST_TOLD} more"] if len(titles) > _MOST_TOLD else []
    told = [f"{number}. {title}" for number, title in enumerate(titles[:_MOST_TOLD], 1)]
    return f"{len(titles)} changes: {'; '.join([*told, *more])}"
