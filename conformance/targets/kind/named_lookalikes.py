"""Lookalikes in this process, for a cluster: with a name server beside them."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.targets.lookalikes import LocalLookalikes
from mock_providers.dns import NameServer, read_table
from mock_providers.identities import Authority

__all__ = ["LocalNamedLookalikes"]


class LocalNamedLookalikes(LocalLookalikes):
    """Lookalikes in this process for a cluster, which is told each address once, and asks a name server for names."""

    def __init__(self, *, bind: str = "127.0.0.1", authority: Authority | None = None) -> None:
        super().__init__(bind=bind, authority=authority, keeps_ports=True)
        self._names = NameServer(bind=bind)

    @property
    def name_server(self) -> tuple[str, int]:
        """The (ip, port) of the name server."""
        return self._names.address

    async def answer_names(self, hosts: Mapping[str, str]) -> None:
        """Let the name server answer for these hosts, and no others."""
        table = read_table(hosts)

        def replace() -> None:
            self._names.table = table

        await self._loop.do(replace)

    async def start(self) -> None:
        """Make ready. Raises SetupProblem when the name server cannot listen."""
        await super().start()
        try:
            await self._loop.call(self._names.start())
        except BaseException:
            await super().stop()
            raise

    async def stop(self) -> None:
        """Take all lookalikes away, and the name server; harmless when repeated."""
        if self._loop.running:
            await self._loop.call(self._names.stop())
        await super().stop()
