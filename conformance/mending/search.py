"""The search for the smallest single change with which everything passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from conformance.mending.candidate import Candidate
from conformance.mending.candidates import candidates
from conformance.mending.difference import changed_lines
from conformance.mending.edits import Unmendable, apply_edits
from conformance.mending.fix import Fix, make_fix
from conformance.mending.foresight import troubles
from conformance.mending.view import Surroundings, View, look
from conformance.mending.weakening import weakens_tls
from conformance.problems import InputProblem

__all__ = ["Evaluate", "Score", "Search", "find_fix", "ranked"]

_MOST = 60


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

    `note` says so in a sentence.
    """

    fix: Fix | None
    tried: int
    candidates: int
    cut_short: bool

    @property
    def note(self) -> str:
        """What the search came to."""
        if self.fix is not None:
            return f"found after {self.tried} of {self.candidates} candidates"
        if self.cut_short:
            return f"the search was cut short: {self.tried} of {self.candidates} single changes were tried, none helps"
        return f"no single change helps ({self.tried} tried): there may be more than one mistake"


@dataclass(frozen=True)
class Ranked:
    """A candidate that can be made, and how soon it is tried: the smallest `rank` first."""

    candidate: Candidate
    view: View
    rank: tuple[int, ...]


def ranked(texts: Mapping[str, str], around: Surroundings) -> list[Ranked]:
    """All candidates that can be made, in the order in which they are tried.

    What weakens TLS comes last, whatever else speaks for it. Then what should work by all that is known, what changes
    a line at which a fault was found, and the smallest.
    """
    before = look(texts, around)
    faults = {(one.file, one.line) for one in around.faults}
    found = [one for candidate in candidates(before) for one in _ranked(candidate, before, around, faults)]
    return sorted(found, key=lambda one: one.rank)


def _ranked(candidate: Candidate, before: View, around: Surroundings, faults: set[tuple[str, int]]) -> Iterator[Ranked]:
    try:
        after = look(apply_edits(before.texts, candidate.edits), around)
    except (Unmendable, InputProblem):
        return
    size, lines = changed_lines(before.texts, after.texts)
    rank = (
        weakens_tls(before, after),
        len(troubles(after)),
        not lines & faults,
        candidate.doubt,
        size,
    )
    yield Ranked(candidate, after, rank)


async def find_fix(
    texts: Mapping[str, str], evaluate: Evaluate, around: Surroundings, *, seconds: float, most: int = _MOST
) -> Search:
    """The first candidate with which everything passes; `texts` are the manifests by the names of their files.

    Ends after `seconds` and `most` evaluations, whatever comes first; an evaluation under way is cancelled.
    What is no YAML in them is left alone.
    """
    tried, order = 0, list[Ranked]()
    try:
        async with asyncio.timeout(seconds):
            order = await asyncio.to_thread(ranked, texts, around)
            for one in order[:most]:
                tried += 1
                if await _passes(evaluate, one.view.texts):
                    fix = make_fix(one.candidate, look(texts, around), one.view)
                    return Search(fix, tried, len(order), cut_short=False)
    except TimeoutError:
        return Search(None, tried, len(order), cut_short=True)
    return Search(None, tried, len(order), cut_short=len(order) > most)


async def _passes(evaluate: Evaluate, texts: Mapping[str, str]) -> bool:
    try:
        return (await evaluate(texts)).passes
    except InputProblem:
        return False
