"""The lookalikes of a run as all see them, whether they are in this process or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from mock_providers.behaviour import Behaviour
from mock_providers.journal import Entries
from mock_providers.lookalikes import Attachment

__all__ = ["Attachment", "Entries", "LookalikeHost"]


class LookalikeHost(Protocol):
    """All lookalikes of a run, with their journal. All methods are called on one event loop, whichever it is."""

    @property
    def trusted_ca(self) -> str:
        """PEM of the authority that gateways are to trust; known once started."""

    @property
    def other_ca(self) -> str:
        """PEM of the authority behind `other-authority`, which nobody trusts; known once started."""

    async def start(self) -> None:
        """Make ready. Raises SetupProblem when that cannot be done."""

    async def stop(self) -> None:
        """Take all lookalikes away; harmless when repeated."""

    async def attach(self, attachments: Iterable[Attachment]) -> list[tuple[str, int]]:
        """Put up lookalikes; returns the (ip, port) that each is really bound to, in the same order.

        What was attached under the same host and port is replaced, at the same address where that can be had.
        Raises SetupProblem when a port cannot be had, ValueError when there is no such certificate or no address to
        share; what stood before it in the list is attached then.
        """

    async def detach(self, host: str, port: int) -> None:
        """Let a host and port refuse connections from now on; nothing happens when nothing is attached."""

    async def plan(self, correlation_id: str, behaviour: Behaviour) -> None:
        """How the request with this id is answered. Raises ValueError for `reset="on-accept"`."""

    async def release(self, correlation_id: str) -> None:
        """Let a stream that is held back go on."""

    async def mark(self) -> int:
        """The journal's present end."""

    async def since(self, mark: int) -> Entries:
        """What was seen since a mark, as it is now; later changes do not show in it."""

    async def until(self, mark: int, done: Callable[[Entries], bool], deadline: float) -> bool:
        """Wait until what was seen since a mark is as wanted; False when it was not within `deadline` seconds."""
