"""What is planned for single exchanges: how they are answered, and when their held streams go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from mock_providers.behaviour import Behaviour

__all__ = ["Plans"]


@dataclass
class Plans:
    """What is planned for the requests of single exchanges, and which held streams may go on."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _released: set[str] = field(default_factory=set)
    _held: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)

    def hold(self, exchange: str) -> asyncio.Future[None]:
        """A future that is done once the exchange is released."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if exchange in self._released:
            future.set_result(None)
        else:
            self._held.setdefault(exchange, []).append(future)
        return future

    def release(self, exchange: str) -> None:
        """Let this exchange's streams go on, those held now and those that come to their hold later."""
        self._released.add(exchange)
        for future in self._held.pop(exchange, ()):
            future.set_result(None)
