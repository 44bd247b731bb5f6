"""The search for the smallest single change with which everything passes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import field

from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.candidates import candidates
from conformance.certification.mending.difference import size_of
from conformance.certification.mending.fix import Fix, make_fix
from conformance.certification.mending.foresight import Foresight
from conformance.certification.mending.policy import Rule, refused_by
from conformance.certification.mending.preview import lines_of, preview
from conformance.certification.mending.text.edits import Unmendable, apply_edits
from conformance.certification.mending.view import Around, View, look
from conformance.certification.mending.weakening import strength_of
from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass

__all__ = ["Evaluate", "Score", "Search", "find_fix", "ranked"]

_MOST = 60
# They are tried only to tell why no fix is proposed.
_MOST_REFUSED = 5


@dataclass(frozen=True)
class Score:
    """How manifests do: how many cases fail, objects are refused, and static checks find an error."""

    failed: int = 0
    refused: int = 0
    defects: int = 0

    @property
    def passes(self) -> bool:
        """Whether there is nothing left to mend."""
        return not (self.failed or self.refused or self.defects)


Evaluate = Callable[[Mapping[str, str]], Awaitable[Score]]
"""Judges texts by file name; may stop at the first failure. May raise InputProblem, which counts as a failure."""


@dataclass(frozen=True)
class Search:
    """What came of a search: a fix or none, after how many of how many candidates, and whether time or number ended it.

    `unreadable`: why nothing was tried: what could be read once could not be read again. `refused`: which change would
    help, and why none is proposed that does so. `mistakes`: how many are told, where that is known. `changes`: of how
    many the fix consists. `before`: what the files held that were looked at. `note` says what came of it in a sentence.
    """

    fix: Fix | None
    tried: int
    candidates: int
    cut_short: bool
    unreadable: str = ""
    refused: str = ""
    mistakes: int | None = None
    changes: int = 1
    before: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def note(self) -> str:
        """What the search came to."""
        if self.unreadable:
            return f"not sought, by a fault of agw-conformance: what was read cannot be read again: {self.unreadable}"
        if self.fix is not None and self.fix.remaining:
            return "it mends a part of what is found"
        if self.fix is not None and self.changes > 1:
            return "tried together: with all of them everything passes"
        if self.fix is not None:
            return f"found after {self.tried} of {self.candidates} candidates"
        if self.refused:
            return f"no fix is proposed: {self.refused}"
        if self.cut_short:
            return f"the search was cut short: {self.tried} of {self.candidates} single changes were tried, none helps"
        if not self.candidates:
            return "no single change is known that might help"
        if self.mistakes == 1:
            said = "the remedy leaves something for you to decide"
            return f"no fix is proposed: {said}, and no other single change helps ({self.tried} tried)"
        return f"no single change helps ({self.tried} tried): there may be more than one mistake"


@dataclass(frozen=True)
class Ranked:
    """A candidate, what it would come to, and how soon it is tried: the smallest `rank` first."""

    candidate: Candidate
    view: View
    rank: tuple[int, ...]
    refused: Rule | None = None


def ranked(before: View, faults: Iterable[Position] = (), *, until: float = math.inf) -> list[Ranked]:
    """All candidates that fit, in the order in which they are tried, but for their size; also those that are refused.

    What weakens TLS comes last, whatever else speaks for it. Then what should work by all that is known, and what
    changes a line at which a fault was found. Stops `until` that time of `time.monotonic`.
    """
    foresight, strength = Foresight(before), strength_of(before)
    lines = {(one.file, one.line) for one in faults}
    found: list[Ranked] = []
    for candidate in candidates(before):
        if time.monotonic() > until:
            break
        with contextlib.suppress(Unmendable):
            after = preview(before, candidate.edits)
            weaker, doubt = strength_of(after).weaker_than(strength), candidate.doubt
            away = not lines & lines_of(before, candidate.edits)
            rank = (weaker, len(foresight.troubles(after)), away, doubt)
            found.append(Ranked(candidate, after, rank, refused_by(before, after)))
    return sorted(found, key=lambda one: one.rank)


def in_order(before: View, found: Iterable[Ranked]) -> Iterator[tuple[Ranked, dict[str, str]]]:
    """Each with the texts that it makes; of those with the same rank the smallest change first."""
    for _, group in itertools.groupby(found, key=lambda one: one.rank):
        made: list[tuple[int, Ranked, dict[str, str]]] = []
        for one in group:
            with contextlib.suppress(Unmendable):
                texts = apply_edits(before.texts, one.candidate.edits)
                made.append((size_of(before.texts, texts), one, texts))
        for _, one, texts in sorted(made, key=lambda entry: entry[0]):
            yield one, texts


async def find_fix(
    texts: Mapping[str, str], evaluate: Evaluate, around: Around, *, seconds: float, most: int = _MOST
) -> Search:
    """The first candidate with which everything passes; `texts` are the manifests by the names of their files.

    Ends after `seconds` and `most` evaluations, whatever comes first; an evaluation under way is cancelled.
    What is no YAML in them is left alone.
    """
    tried, found, refused = 0, list[Ranked](), list[Ranked]()
    before, until = look(texts, around), time.monotonic() + seconds
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.to_thread(ranked, before, around.faults, until=until)
            found, refused = _admitted(found)
            for one, made in itertools.islice(in_order(before, found), most):
                tried += 1
                if await _passes(evaluate, made):
                    fix = make_fix(one.candidate, before, look(made, around))
                    return Search(fix, tried, len(found), cut_short=False)
                # An evaluation that never waits would not notice that time is up.
                await asyncio.sleep(0)
    except TimeoutError:
        return Search(None, tried, len(found), cut_short=True)
    why = await _why_refused(before, refused, evaluate, until)
    return Search(None, tried, len(found), cut_short=tried == most < len(found), refused=why)


def _admitted(found: Iterable[Ranked]) -> tuple[list[Ranked], list[Ranked]]:
    """Those that may be tried, for they may be proposed; and of the others those that would probably help."""
    every = list(found)
    refused = [one for one in every if one.refused and not one.rank[1]]
    return [one for one in every if one.refused is None], refused


async def _why_refused(before: View, refused: Iterable[Ranked], evaluate: Evaluate, until: float) -> str:
    """Which of the refused changes really helps, and why it is refused; empty where none of the likeliest does."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0, until - time.monotonic())):
            for one, made in itertools.islice(in_order(before, refused), _MOST_REFUSED):
                if one.refused and await _passes(evaluate, made):
                    return f"{one.candidate.title}: this {one.refused.reason}"
    return ""


async def _passes(evaluate: Evaluate, texts: Mapping[str, str]) -> bool:
    try:
        return (await evaluate(texts)).passes
    except InputProblem:
        return False
