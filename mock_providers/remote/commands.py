"""What lookalikes can be told from elsewhere: each command with its body, checked, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from conformance.core.startup.records import dataclass
from mock_providers.behaviour import Behaviour
from mock_providers.dns import NameServer, read_table
from mock_providers.identities import Authority
from mock_providers.lookalikes import Attachment, Lookalikes
from mock_providers.remote.changes import Changes
from mock_providers.remote.wire import Malformed, decoded, parsed

__all__ = ["PROTOCOL", "Commands"]

PROTOCOL = 1
"""Goes up when one side would no longer understand the other."""

_MOST_PORT = 65535


@dataclass(frozen=True)
class _Nothing:
    pass


@dataclass(frozen=True)
class _Attachments:
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class _Place:
    host: str
    port: int


@dataclass(frozen=True)
class _Plan:
    correlation_id: str
    behaviour: Behaviour


@dataclass(frozen=True)
class _Exchange:
    correlation_id: str


@dataclass(frozen=True)
class _Hosts:
    hosts: dict[str, str]


class Commands:
    """The lookalikes of one run at a time, on one event loop; `bind` is the IP they listen on."""

    def __init__(self, bind: str, authority: Authority, names: NameServer, shut_down: Callable[[], None]) -> None:
        self._bind = bind
        self._authority = authority
        self._names_server = names
        self._shut_down = shut_down
        self._commands: dict[str, tuple[str, Any, Callable[[Any], Awaitable[Any]]]] = {
            "/about": ("GET", _Nothing, self._about),
            "/mark": ("GET", _Nothing, self._mark),
            "/reset": ("POST", _Nothing, self._reset),
            "/attach": ("POST", _Attachments, self._attach),
            "/detach": ("POST", _Place, self._detach),
            "/plan": ("POST", _Plan, self._plan),
            "/release": ("POST", _Exchange, self._release),
            "/names": ("POST", _Hosts, self._names),
            "/shutdown": ("POST", _Nothing, self._shutdown),
        }
        self._begin()

    def _begin(self) -> None:
        self._lookalikes = Lookalikes(bind=self._bind, authority=self._authority, keeps_ports=True)
        self.changes = Changes(self._lookalikes.journal)

    async def stop(self) -> None:
        """Take all lookalikes away."""
        self.changes.close()
        await self._lookalikes.stop()

    def method_of(self, path: str) -> str | None:
        """The HTTP method of the command at this path; None when there is none."""
        return self._commands[path][0] if path in self._commands else None

    async def run(self, path: str, body: bytes) -> Any:
        """Do it; returns the answer as a JSON value.

        Raises Malformed for a body that is not as it should be, and what Lookalikes raises: ValueError, SetupProblem.
        """
        _, of, handler = self._commands[path]
        return await handler(decoded(of, parsed(body or b"{}")))

    async def _about(self, _: _Nothing) -> Any:
        pems = {"trusted_ca": self._authority.pem.decode(), "other_ca": self._authority.other_pem.decode()}
        return {"protocol": PROTOCOL, "name_server": list(self._names_server.address), **pems}

    async def _mark(self, _: _Nothing) -> Any:
        return {"mark": self._lookalikes.journal.mark()}

    async def _reset(self, _: _Nothing) -> Any:
        """As after the start: for a run that finds what another one left."""
        await self.stop()
        self._names_server.table = {}
        self._begin()
        return {}

    async def _attach(self, wanted: _Attachments) -> Any:
        for index, one in enumerate(wanted.attachments):
            if not 0 <= one.bind_port <= _MOST_PORT:
                raise Malformed(f"attachments[{index}].bind_port: expected a number from 0 to {_MOST_PORT}")
        return {"addresses": [list((await self._lookalikes.attach(one)).address) for one in wanted.attachments]}

    async def _detach(self, place: _Place) -> Any:
        await self._lookalikes.detach(place.host, place.port)
        return {}

    async def _plan(self, plan: _Plan) -> Any:
        self._lookalikes.plan(plan.correlation_id, plan.behaviour)
        return {}

    async def _release(self, exchange: _Exchange) -> Any:
        self._lookalikes.release(exchange.correlation_id)
        return {}

    async def _names(self, names: _Hosts) -> Any:
        self._names_server.table = read_table(names.hosts)
        return {}

    async def _shutdown(self, _: _Nothing) -> Any:
        self._shut_down()
        return {}
