"""How long a run waits: the named deadlines at the target's pace, and less where waiting has been in vain before."""

from __future__ import annotations

from collections import Counter

__all__ = ["Patience"]

_HURRIED = 0.4
"""The part of the least wait that is left for what is known not to happen."""


class Patience:
    """`pace` is how slow a target is, as a part of the deadlines: 1 for a cluster, less where all is in one process.

    `least` is the shortest wait, in seconds: what was not seen by then was never seen to come later.
    A run against something broken would else wait out every deadline of every case. Each wait in vain halves the next
    one about the same thing.
    """

    def __init__(self, pace: float = 1.0, least: float = 1.0) -> None:
        self._pace = pace
        self._least = least
        self._in_vain: Counter[str] = Counter()
        self.hurried = False
        """Whether the present case is known to wait in vain, so that nothing is to be learnt from it."""

    def seconds(self, about: str, deadline: float) -> float:
        """How long to wait for this, in seconds."""
        full = self._pace * deadline
        if self.hurried:
            return min(full, self._least * _HURRIED)
        return max(full * 0.5 ** self._in_vain[about], min(full, self._least))

    def lose(self, about: str) -> None:
        """A wait about this was in vain."""
        if not self.hurried:
            self._in_vain[about] += 1
