"""The standalone target: the embedded control plane with the real agentgateway binary as data plane."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from conformance.core.addresses import is_address
from conformance.manifests.dialects import DIALECTS
from conformance.stage.lookalikes import Attachment
from conformance.targets.local import DataPlane, LocalTarget
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.namespace import HostsFile, inside, open_loopback, take_address
from conformance.targets.standalone.process import AgentgatewayProcess

__all__ = ["StandaloneTarget"]

_NOWHERE = "nowhere.invalid"
"""A name that leads nowhere for sure (RFC 2606)."""


class StandaloneTarget(LocalTarget):
    """In a private network each documented host has a loopback address of its own, and documented ports are literal.

    Elsewhere (`remapped`) the gateway dials the lookalike's real address in place of the documented one.
    """

    # It follows a changed file after a pause of 0.25 s, and on a busy machine everything takes longer.
    pace = 1.0
    least_wait = 1.0

    def __init__(self, binary: Binary, *, dialect: str = DIALECTS[0]) -> None:
        super().__init__("standalone", dialect=dialect)
        self.implementation = binary.implementation
        self._binary = binary
        self.remapped = not inside()
        self._hosts: HostsFile | None = None
        self._addresses: dict[str, str] = {}
        self._places: dict[tuple[str, int], str] = {}

    async def start(self) -> None:
        """Bring everything up. Raises SetupProblem when the private network cannot be set up."""
        if not self.remapped:
            open_loopback()
        await super().start()

    def _make_gateway(self) -> DataPlane:
        self._proxy = AgentgatewayProcess(
            self._binary,
            trusted=self.lookalikes.trusted_ca.encode(),
            place=self._place,
            remapped=self.remapped,
            log=self._log.add,
        )
        return self._proxy

    def _place(self, host: str, port: int) -> str:
        if not self.remapped:
            return f"{host}:{port}"
        return self._places.get((host, port), f"{_NOWHERE}:{port}")

    async def _lead(self, addresses: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        places = {place: f"{ip}:{port}" for place, (ip, port) in addresses.items()}
        moved = any(self._places.get(place, new) != new for place, new in places.items())
        self._places |= places
        if self.remapped:
            self._proxy.reconfigure()
        news = self._is_news()
        if news or not self._proxy.running:
            await self._proxy.launch()
        elif moved and self.remapped:
            # Whoever comes right after this would be sent to where nobody is any more.
            await self._proxy.loaded()

    def _prepared(self, attachment: Attachment) -> Attachment:
        if self.remapped:
            return attachment
        host, shared = attachment.host, attachment.address_of
        if host not in self._addresses:
            literal = is_address(host) and ":" not in host  # an IPv6 address cannot be said: Writer
            address = host if literal else self._addresses[shared[0]] if shared else self._next_address()
            if literal:
                take_address(host)
            self._addresses[host] = address
        return dataclasses.replace(attachment, bind=self._addresses[host], bind_port=attachment.port)

    def _next_address(self) -> str:
        number = len(self._addresses)
        return f"127.64.{number // 250}.{number % 250 + 1}"

    def _is_news(self) -> bool:
        """Write the hosts file; returns whether it holds a name that it did not before."""
        if self.remapped:
            return False
        if self._hosts is None:
            self._hosts = HostsFile(self._proxy.folder)
            self._running.callback(self._hosts.close)
        return self._hosts.add_all({host: ip for host, ip in self._addresses.items() if not is_address(host)})

    async def settle(self) -> None:
        """Wait until the proxy answers by what the control plane gave it last."""
        await super().settle()
        await self._loop.call(self._proxy.loaded())

    def inexpressible(self, routes: Iterable[str]) -> str | None:
        """Why the local configuration has no way to say one of these routes; None when it has.

        Raises SetupProblem when agentgateway has ended.
        """
        self._proxy.check_alive()
        return next((reason for name in routes if (reason := self._proxy.last.left_out.get(name))), None)

    def unsupported(self, need: str) -> str | None:
        """Why this target cannot offer what a case needs; None when it can."""
        if need == "host names" and self.remapped:
            return "hosts are remapped here, so that the gateway does not know their names"
        return super().unsupported(need)
