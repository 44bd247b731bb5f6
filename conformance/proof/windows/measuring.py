"""Sends without a pause from several clients, changes objects meanwhile, and measures what goes otherwise."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.proof.stages import stages_of
from conformance.proof.windows.faults import Fault, fault_of
from conformance.proof.windows.kinds import Kind
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.settings import Settings
from conformance.stage.stage import Stage

__all__ = ["IN_A_ROW", "Window", "measured", "table"]

_CLIENTS = 4
IN_A_ROW = 12
"""Exchanges in order after which a change counts as followed: each client has had several."""
_LONGEST = 30.0
"""Seconds; what is not followed by then is not waited for any longer."""


@dataclass
class Window:
    """What was seen of one kind of change: requests by fault, and for how long after a change there were any."""

    kind: str
    changes: int = 0
    requests: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    longest: dict[Fault, float] = field(default_factory=dict)

    def see(self, fault: Fault | None, after: float) -> None:
        """Count one request that began so many seconds after a change."""
        self.requests += 1
        if fault is not None:
            self.faults[fault] += 1
            self.longest[fault] = max(after, self.longest.get(fault, 0.0))

    def as_data(self) -> dict[str, Any]:
        """Plain data; windows in milliseconds."""
        seen = [(one, self.faults[one]) for one in Fault if one in self.faults]
        faults = {one.value: {"requests": count, "longestMs": round(self.longest[one] * 1000)} for one, count in seen}
        return {"kind": self.kind, "changes": self.changes, "requests": self.requests, "faults": faults}


async def measured(settings: Settings, provider: str, kinds: tuple[Kind, ...], changes: int) -> list[Window]:
    """What becomes of so many changes of each kind. Raises SetupProblem when the target cannot be had."""
    keys = {kind.name: SceneKey(provider, kind.scenario, kind.name) for kind in kinds}
    async with stages_of(settings, list(keys.values())) as stages:
        there = [(kind, stages[keys[kind.name]]) for kind in kinds if keys[kind.name] in stages]
        return [await _Traffic(stage, kind).measured(changes) for kind, stage in there]


class _Traffic:
    """Clients that send the usual request over and over, and what they see."""

    def __init__(self, stage: Stage, kind: Kind) -> None:
        self._stage, self._kind = stage, kind
        self._window = Window(kind.name)
        self._request = stage.request()
        self._changed = 0.0
        self._changing = self._over = False
        self._in_order = 0
        self._settled = asyncio.Event()

    async def measured(self, changes: int) -> Window:
        """The window after so many changes."""
        clients = [asyncio.create_task(self._send()) for _ in range(_CLIENTS)]
        making = self._kind.changes(self._stage)
        try:
            await self._follow()
            self._window = Window(self._kind.name)
            for _ in range(changes):
                self._changed = time.monotonic()
                self._changing = not self._kind.in_steps
                await anext(making)
                if self._changing:
                    # Until the API has answered nobody has been told: from here on it is the gateway's time.
                    self._changed, self._changing = time.monotonic(), False
                self._window.changes += 1
                await self._follow()
        finally:
            # Not cancelled: the gateway would still be at work on what was asked when it is taken down.
            self._over = True
            await asyncio.gather(*clients)
            await making.aclose()
        return self._window

    async def _follow(self) -> None:
        """Wait until so many requests in a row are in order."""
        self._in_order = 0
        self._settled.clear()
        try:
            async with asyncio.timeout(_LONGEST):
                await self._settled.wait()
        except TimeoutError:
            return

    async def _send(self) -> None:
        while not self._over:
            began = time.monotonic()
            exchange = await self._stage.again(self._request)
            self._stage.exchanges.clear()
            fault = fault_of(self._stage, exchange)
            if began < self._changed or self._changing:
                continue  # begun before it was made: either way is right
            self._window.see(fault, began - self._changed)
            self._in_order = 0 if fault else self._in_order + 1
            if self._in_order >= IN_A_ROW:
                self._settled.set()


def table(windows: list[Window]) -> Iterator[str]:
    """The windows, a line for each fault."""
    for one in windows:
        yield f"{one.kind}: {one.changes} changes, {one.requests} requests"
        for fault in Fault:
            if count := one.faults[fault]:
                yield f"  {count} {fault.value}, the last {one.longest[fault] * 1000:.0f} ms after a change"
