"""What changed in a journal after a version of it, for readers that are elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from mock_providers.journal import ConnectionSeen, Journal, RequestSeen
from mock_providers.remote.wire import encoded, request_to

__all__ = ["ALL", "Changes"]

ALL = -1
"""The version before every entry: a reader who knows nothing yet names it."""


class Changes:
    """Counts a journal's changes, and keeps for each entry the count at its latest one."""

    def __init__(self, journal: Journal) -> None:
        self.version = 0
        self._journal = journal
        self._latest: dict[int, int] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._unwatch = journal.watch(self._changed)

    def close(self) -> None:
        """Watch no longer; those who wait are told that there is nothing."""
        self._unwatch()
        self._wake()

    def _changed(self, entry: ConnectionSeen | RequestSeen) -> None:
        self.version += 1
        self._latest[entry.sequence] = self.version
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def change(self) -> asyncio.Future[None]:
        """Done at the next change, or at the close."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    def after(self, version: int, mark: int) -> dict[str, Any]:
        """The entries made after the mark that changed after the version, as JSON, and the version that this makes.

        With a request comes its connection, also when that was made before the mark.
        """
        entries = self._journal.since(mark)
        fresh = [one for one in entries.requests if self._is_fresh(one, version)]
        connections = {one.sequence: one for one in entries.connections if self._is_fresh(one, version)}
        connections |= {one.connection.sequence: one.connection for one in fresh}
        connections |= self._older(entries.requests, version)
        return {
            "version": self.version,
            "connections": [encoded(one) for one in connections.values()],
            "requests": [request_to(one) for one in fresh],
        }

    def _older(self, requests: Iterable[RequestSeen], version: int) -> dict[int, ConnectionSeen]:
        """The connections of these requests that changed by themselves."""
        used = (one.connection for one in requests)
        return {one.sequence: one for one in used if self._is_fresh(one, version)}

    def _is_fresh(self, entry: ConnectionSeen | RequestSeen, version: int) -> bool:
        return self._latest.get(entry.sequence, 0) > version
