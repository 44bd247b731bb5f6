"""How long a run waits: the named deadlines at the target's pace, and less where waiting has been in vain before."""

from __future__ import annotations

from collections import Counter

__all__ = ["Patience"]

# A change that has not been followed in this many seconds at full pace was never seen to be followed later.
_LEAST = 1.0


class Patience:
    """`pace` is how slow a target is, as a part of the deadlines: 1 for a cluster, less where all is in one process.

    A run against something broken would else wait out every deadline of every case. Each wait in vain halves the next
    one about the same thing.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self._pace = pace
        self._in_vain: Counter[str] = Counter()

    def seconds(self, about: str, deadline: float) -> float:
        """How long to wait for this, in seconds."""
        return self._pace * max(deadline * 0.5 ** self._in_vain[about], min(deadline, _LEAST))

    def lose(self, about: str) -> None:
        """A wait about this was in vain."""
        self._in_vain[about] += 1
