"""Watches: which changes a client hears of, and the stream that tells it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.jsontree import Json
from conformance.targets.reference.kubeapi.requests.selectors import Predicate
from conformance.targets.reference.kubeapi.store import Store, WatchEvent

__all__ = ["Watch", "watch_lines"]

# A client that reads so slowly is cut off and must list again.
_MOST_WAITING = 20_000


class Watch:
    """One watch: what it is about, and the queue of what it has yet to tell. To be closed."""

    def __init__(self, store: Store, kind: Kind, namespace: str | None, chosen: Predicate | None) -> None:
        self.kind = kind
        self._store = store
        self._namespace = namespace
        self._chosen = chosen
        self._queue: asyncio.Queue[tuple[str, Json] | None] = asyncio.Queue()
        self._unsubscribe: Callable[[], None] | None = store.subscribe(self._hear)

    def backlog(self, resource_version: int) -> None:
        """Tells what changed since then first. Raises ApiError 410 when that is too long ago."""
        for event in self._store.events_since(resource_version):
            self._hear(event)

    def existing(self) -> list[Json]:
        """The objects there are, for a watch that begins with them."""
        objects = self._store.peek_all(self.kind, self._namespace)
        return [obj for obj in objects if self._chosen is None or self._chosen(obj)]

    def _hear(self, event: WatchEvent) -> None:
        if event.kind is not self.kind:
            return
        if self._namespace is not None and event.object["metadata"].get("namespace") != self._namespace:
            return
        type_: str = event.type
        if self._chosen is not None:
            # An object that comes to be chosen, or ceases to, is added or deleted for this watch.
            is_chosen = self._chosen(event.object)
            was_chosen = event.old is not None and self._chosen(event.old)
            if event.type == "DELETED":
                is_chosen = False
            if not is_chosen and not was_chosen:
                return
            type_ = "DELETED" if not is_chosen else "MODIFIED" if was_chosen else "ADDED"
        if self._queue.qsize() >= _MOST_WAITING:
            self.end()
        else:
            self._queue.put_nowait((type_, event.object))

    async def next(self, seconds: float | None) -> tuple[str, Json] | None:
        """The next change; None when the watch ends or nothing happened for so long."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    def end(self) -> None:
        """Ends the stream: the server stops, or the client went away."""
        self._queue.put_nowait(None)

    def close(self) -> None:
        """Hears no more. May be called twice."""
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None


async def watch_lines(
    watch: Watch,
    initial: Iterable[Json],
    *,
    render: Callable[[Json], Json],
    seconds: float | None,
    bookmark: Callable[[bool], Json] | None,
    initial_end: bool,
) -> AsyncGenerator[bytes, None]:
    """The watch's stream, a JSON line an event. `bookmark(initial_end)` makes a bookmark's object, if wanted."""
    for obj in initial:
        yield _line("ADDED", render(obj))
    if initial_end and bookmark:
        yield _line("BOOKMARK", bookmark(True))
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None else loop.time() + seconds
    while True:
        event = await watch.next(None if deadline is None else max(0.0, deadline - loop.time()))
        if event is None:
            break
        yield _line(event[0], render(event[1]))
    if bookmark:
        yield _line("BOOKMARK", bookmark(False))


def _line(type_: str, obj: Any) -> bytes:
    return json.dumps({"type": type_, "object": obj}, separators=(",", ":")).encode() + b"\n"
