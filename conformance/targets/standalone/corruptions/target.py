"""The standalone target with relays at one side of the real gateway."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from conformance.manifests.dialects import DIALECTS
from conformance.stage.lookalikes import Attachment
from conformance.targets.local import DataPlane
from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.corruptions.corruption import Corruption, Hooks
from conformance.targets.standalone.corruptions.relay import Address, Relay
from conformance.targets.standalone.process import AgentgatewayProcess
from conformance.targets.standalone.target import StandaloneTarget
from mock_providers.identities import WRONG_NAME

__all__ = ["CorruptedTarget"]


class CorruptedTarget(StandaloneTarget):
    """A gateway that is as it should be, before or behind relays that are not."""

    def __init__(self, binary: Binary, corruption: Corruption, *, dialect: str = DIALECTS[0]) -> None:
        super().__init__(binary, dialect=dialect)
        self._corruption = corruption
        self._relays: dict[tuple[str, int], Address] = {}
        self._onward: dict[tuple[str, int], Address] = {}
        self._attached: dict[str, Attachment] = {}

    def _make_gateway(self) -> DataPlane:
        proxy = super()._make_gateway()
        return _Before(self._proxy, self._corruption) if self._corruption.side == "clients" else proxy

    def _prepared(self, attachment: Attachment) -> Attachment:
        """Where the documented address would be the lookalike's own, a relay has it instead."""
        self._attached[attachment.host] = attachment
        found = super()._prepared(attachment)
        return found if self._corruption.side == "clients" else dataclasses.replace(found, bind="", bind_port=0)

    async def _lead(self, addresses: Mapping[tuple[str, int], Address]) -> None:
        if self._corruption.side == "providers":
            addresses = {place: await self._relayed(place, address) for place, address in addresses.items()}
        await super()._lead(addresses)

    async def _relayed(self, place: tuple[str, int], address: Address) -> Address:
        """Where the relay before a lookalike listens; hosts that share an address have one relay."""
        host, port = place
        key = place if self.remapped else (self._addresses[host], port)
        self._onward[key] = address
        if key not in self._relays:
            hooks = self._corruption.hooks()
            relay = Relay(hooks, lambda: self._onward[key], shown=self._certificate(host, hooks))
            self._relays[key] = await relay.start(("127.0.0.1", 0) if self.remapped else key)
            self._running.push_async_callback(relay.stop)
        return self._relays[key]

    def _certificate(self, host: str, hooks: Hooks) -> Callable[[str], ssl.SSLContext | None]:
        """By the name that is asked for: what the lookalike would show, or what is in order for anybody."""
        authority = self.lookalikes.authority

        def shown(name: str) -> ssl.SSLContext | None:
            there = next((one for one in self._attached.values() if one.host == name), self._attached[host])
            if hooks.vouches:
                return authority.context(there.host, "good", (*there.names, WRONG_NAME))
            return authority.context(there.host, there.identity, there.names)

        return shown


class _Before:
    """A data plane that clients reach by relays only."""

    def __init__(self, proxy: AgentgatewayProcess, corruption: Corruption) -> None:
        self._proxy, self._corruption = proxy, corruption
        self._relays: dict[str, tuple[Relay, str]] = {}

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return self._relays[self._proxy.url][1]

    async def start(self) -> None:
        """Start it, and the relay before it."""
        await self._proxy.start()
        await self._relayed(self._proxy.url)

    async def stop(self) -> None:
        """End all of it."""
        for relay, _ in self._relays.values():
            await relay.stop()
        await self._proxy.stop()

    async def open(self, gateway: str, port: int) -> str:
        """Where a port of a Gateway is reached."""
        return await self._relayed(await self._proxy.open(gateway, port))

    def configure(self, config: GatewayConfig) -> None:
        """Give it another configuration."""
        self._proxy.configure(config)

    async def _relayed(self, url: str) -> str:
        if url not in self._relays:
            there = urlsplit(url)
            onward = (there.hostname or "", there.port or 0)
            relay = Relay(self._corruption.hooks(), lambda: onward)
            self._relays[url] = relay, "http://{}:{}".format(*await relay.start())
        return self._relays[url][1]
