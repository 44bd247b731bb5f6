"""Lookalikes in this process; what those have besides that serve clusters, their protocol says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from conformance.core.loop_thread import LoopThread
from conformance.stage.lookalikes import LookalikeHost
from mock_providers.behaviour import Behaviour
from mock_providers.identities import Authority
from mock_providers.journal import ConnectionSeen, Entries, JournalTimeout, RequestSeen
from mock_providers.lookalikes import Attachment, Door, Lookalikes

__all__ = ["LocalLookalikes", "NamedLookalikes"]


class NamedLookalikes(LookalikeHost, Protocol):
    """Lookalikes with a name server beside them."""

    @property
    def name_server(self) -> tuple[str, int]:
        """The (ip, port) of a name server beside the lookalikes, over TCP and UDP; known once started."""

    async def answer_names(self, hosts: Mapping[str, str]) -> None:
        """Let the name server answer for these hosts (to IPv4), and no others. Raises ValueError for others."""


class LocalLookalikes:
    """Lookalikes in this process, on a loop of their own, or on `loop`, which somebody else starts and stops.

    `bind` is the IP they listen on; for `keeps_ports` and `inside` see `Lookalikes`.
    """

    def __init__(
        self,
        *,
        bind: str = "127.0.0.1",
        authority: Authority | None = None,
        keeps_ports: bool = False,
        inside: bool = False,
        loop: LoopThread | None = None,
        on_arrival: Callable[[ConnectionSeen | RequestSeen], None] | None = None,
    ) -> None:
        self._shares_loop = loop is not None
        self._loop = loop or LoopThread("agw-conformance-lookalikes")
        self._lookalikes = Lookalikes(bind=bind, authority=authority, keeps_ports=keeps_ports, inside=inside)
        if on_arrival is not None:
            self._lookalikes.journal.watch(on_arrival)

    @property
    def authority(self) -> Authority:
        """The one that signs their certificates."""
        return self._lookalikes.authority

    @property
    def trusted_ca(self) -> str:
        """PEM of the authority that gateways are to trust."""
        return self._lookalikes.authority.pem.decode()

    @property
    def other_ca(self) -> str:
        """PEM of the authority behind `other-authority`, which nobody trusts."""
        return self._lookalikes.authority.other_pem.decode()

    async def start(self) -> None:
        """Make ready."""
        if not self._shares_loop:
            self._loop.start()
        await self._loop.call(self._lookalikes.start())

    async def stop(self) -> None:
        """Take all lookalikes away; harmless when repeated."""
        if self._loop.running:
            await self._loop.call(self._lookalikes.stop())
            if not self._shares_loop:
                self._loop.stop()

    async def attach(self, attachments: Iterable[Attachment]) -> list[tuple[str, int]]:
        """Put up lookalikes, as LookalikeHost says."""
        wanted = list(attachments)

        async def attach_all() -> list[tuple[str, int]]:
            return [(await self._lookalikes.attach(one)).address for one in wanted]

        return await self._loop.call(attach_all())

    def door(self, host: str, port: int) -> Door | None:
        """How to dial a host and port on the loop of the lookalikes; None where nothing ever was."""
        return self._lookalikes.door(host, port)

    async def detach(self, host: str, port: int) -> None:
        """Let a host and port refuse connections from now on."""
        await self._loop.call(self._lookalikes.detach(host, port))

    async def plan(self, correlation_id: str, behaviour: Behaviour) -> None:
        """How the request with this id is answered."""
        await self._loop.do(lambda: self._lookalikes.plan(correlation_id, behaviour))

    async def release(self, correlation_id: str) -> None:
        """Let a stream that is held back go on."""
        await self._loop.do(lambda: self._lookalikes.release(correlation_id))

    async def mark(self) -> int:
        """The journal's present end."""
        return await self._loop.do(self._lookalikes.journal.mark)

    async def since(self, mark: int) -> Entries:
        """What was seen since a mark."""
        # A copy: what the caller has does not change under its hands while connections go on.
        return await self._loop.do(lambda: self._lookalikes.journal.since(mark).copied())

    async def until(self, mark: int, done: Callable[[Entries], bool], deadline: float) -> bool:
        """Wait until what was seen since a mark is as wanted; False when it was not within `deadline` seconds."""
        journal = self._lookalikes.journal
        try:
            await self._loop.call(journal.wait_for(lambda _: done(journal.since(mark)) or None, deadline))
        except JournalTimeout:
            return False
        return True
