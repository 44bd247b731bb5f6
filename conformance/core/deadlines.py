"""Every wait of the suite, by name, in seconds, with the reason for its length."""

from __future__ import annotations

import time
from collections import Counter

__all__ = [
    "ANSWER",
    "BEHIND",
    "CONNECT",
    "ENDPOINT",
    "FIRST_CHUNK",
    "FIX",
    "ORDER",
    "PROPAGATION",
    "QUIET_AFTER_HANGUP",
    "RENDERING",
    "ROLLOUT",
    "STATUS",
    "UNAFFECTED",
    "Patience",
    "now",
]

CONNECT = 5.0
"""A gateway on the same network accepts a connection at once; more than this means that there is none."""

ANSWER = 30.0
"""One request with its response. Real gateways wait up to 10 s for a DNS server that does not answer."""

FIRST_CHUNK = 10.0
"""The first piece of a stream whose rest the lookalike holds back; a gateway that buffers never sends it."""

FIX = 60.0
"""The search for a change that mends manifests: dozens of candidates, half a second each."""

RENDERING = 30.0
"""What kustomize or Helm makes of one folder: a fraction of a second, unless somebody wants us to wait."""

STATUS = 30.0
"""Conditions on objects after they were applied: controllers answer in about 3 s, after a change of leader in 20."""

PROPAGATION = 15.0
"""A changed object until the data plane follows it: measured 0.04 to 0.2 s, and stale first reads after it."""

BEHIND = 120.0
"""A change made only after another was not followed: kgateway 2.1, with hundreds of objects, was 30 s behind."""

ORDER = 2.0
"""A change that was made before one that is followed already: control planes translate kinds side by side."""

QUIET_AFTER_HANGUP = 10.0
"""A client's disconnection until the gateway lets go of the upstream request: measured at once."""

ENDPOINT = 60.0
"""A Kubernetes API endpoint that has answered before: to restart takes it half a minute on a busy machine."""

ROLLOUT = 180.0
"""A Deployment until its pods run: seconds with images at hand; pulling them over a slow line takes minutes."""

UNAFFECTED = 5.0
"""An answer by one provider while another holds its own back: nothing should connect the two."""


def now() -> float:
    """The clock that deadlines are measured with, in seconds."""
    return time.monotonic()


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
