"""Copies of requests, by HTTPRoute's RequestMirror: sent beside the request, and never waited for.

Source: Gateway API, HTTPRequestMirrorFilter: responses from the mirrored backend are ignored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from conformance.targets.reference.gateway.config import Filter, Mirror

__all__ = ["Mirroring", "mirrors_of"]


def mirrors_of(filters: Iterable[Filter]) -> tuple[Mirror, ...]:
    """Where copies go; a rule may have several."""
    return tuple(one for one in filters if isinstance(one, Mirror))


class Mirroring:
    """The copies that are under way, and whose turn it is where only a share is copied."""

    def __init__(self) -> None:
        self._work: set[asyncio.Task[None]] = set()
        self._owed: dict[int, float] = {}

    def is_due(self, mirror: Mirror) -> bool:
        """Whether this request is among those to be copied: as weights do, shares hold for small numbers too."""
        owed = self._owed.get(id(mirror), 0.0) + mirror.share
        due = owed >= 1.0
        self._owed[id(mirror)] = owed - due
        return due

    def send(self, copy: Coroutine[Any, Any, None]) -> None:
        """Let a copy go on by itself."""
        task = asyncio.ensure_future(copy)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def aclose(self) -> None:
        """Abandon what is under way."""
        for task in self._work:
            task.cancel()
        while self._work:
            await asyncio.wait(self._work)
