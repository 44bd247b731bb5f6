"""The lookalikes of one run: attached under the documented host names, sharing an authority and a journal."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import field
from typing import Literal

from uvicorn.server import ServerState

from conformance.core.providers.provider import Provider
from conformance.core.redaction import register_key
from conformance.core.startup.records import dataclass
from mock_providers.behaviour import VENDOR, Behaviour, Identity
from mock_providers.connection.doorstep import Doorstep
from mock_providers.connection.in_process import http_config
from mock_providers.connection.listening import bound, listens, new_socket
from mock_providers.connection.protocol import LookalikeProtocol
from mock_providers.connection.tap import Guest, Tap
from mock_providers.identities import Authority
from mock_providers.journal import ConnectionSeen, Journal
from mock_providers.vendor.application import Application
from mock_providers.vendor.plans import Plans

__all__ = ["KEEP_ALIVE", "Attachment", "Door", "Listener", "Lookalikes"]

Door = Callable[[], socket.socket]
"""A way to a lookalike from within this process: makes a connection to it, or raises OSError."""

KEEP_ALIVE = 75
"""Seconds an idle connection stays open, as at a vendor's edge: longer than a gateway's pool leaves one unused."""


@dataclass(frozen=True)
class Attachment:
    """One lookalike: the documented host and port it stands in for, and what it is there."""

    host: str
    port: int
    provider: Provider
    identity: Identity = "good"
    keys: frozenset[str] = field(default=frozenset(), repr=False)  # accepted API keys; empty: any
    behaviour: Behaviour = VENDOR  # for requests without a plan
    bind: str = ""  # the address to listen on; empty: that of all lookalikes
    bind_port: int = 0
    reach: Literal["listening", "refused"] = "listening"
    # (host, port) of an attachment whose address this one shares, both on TLS; the ClientHello's name tells them apart.
    address_of: tuple[str, int] | None = None
    names: tuple[str, ...] = ()  # what a certificate that is in order is valid for, besides the host
    others: tuple[Provider, ...] = ()  # who else answers there, each on its own path


class Listener:
    """An attachment that is there. `address` is the (ip, port) really bound, also when nothing listens on it.

    Without a socket of its own it can be reached by its `door` only.
    """

    def __init__(
        self,
        attachment: Attachment,
        sock: socket.socket | None,
        tap: Tap | None,
        application: Application,
        door: Door | None = None,
    ) -> None:
        self.attachment = attachment
        self.address: tuple[str, int] = sock.getsockname()[:2] if sock else ("", 0)
        self.tap = tap
        self.socket = sock
        self.door = door or _refuse
        self._application = application

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour for requests without a plan; may be set at any time."""
        return self._application.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._application.behaviour = behaviour

    async def close(self) -> None:
        """Close the port and its connections; of a shared one only its own connections."""
        if self.tap is not None and self.attachment.address_of is not None:
            await self.tap.dismiss(self.attachment.host)
            return
        if self.tap is not None:
            await self.tap.stop()
        if self.socket is not None:
            self.socket.close()


def _refuse() -> socket.socket:
    """The door where nobody listens."""
    raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


class Lookalikes:
    """All lookalikes of a run. Use on one event loop.

    With `keeps_ports` a host and port that is attached again has the same address as before, if it can be had: for
    gateways that are told the address once. Otherwise it has a new one, so that a connection to what was there before
    cannot be taken for one to what is there now. `inside`: whoever dials them is in this process and on this loop, and
    goes by their doors: they have no ports of their own.
    """

    def __init__(
        self,
        *,
        bind: str = "127.0.0.1",
        authority: Authority | None = None,
        keeps_ports: bool = False,
        inside: bool = False,
    ) -> None:
        self.authority = authority or Authority()
        self.journal = Journal()
        self._bind = bind
        self._keeps_ports = keeps_ports
        self._inside = inside
        self._doorstep: Doorstep | None = None
        self._plans = Plans()
        self._listeners: dict[tuple[str, int], Listener] = {}
        self._vacated: dict[tuple[str, int], socket.socket | None] = {}

    async def start(self) -> None:
        """Make ready."""
        if self._inside:
            self._doorstep = Doorstep(self._bind)

    async def stop(self) -> None:
        """Close every port and connection."""
        for host, port in list(self._listeners):
            await self.detach(host, port)
        for sock in self._vacated.values():
            if sock is not None:
                sock.close()
        self._vacated.clear()
        if self._doorstep is not None:
            self._doorstep.close()
            self._doorstep = None

    async def attach(self, attachment: Attachment) -> Listener:
        """Put up a lookalike; one that was attached under the same host and port before is detached first.

        Raises SetupProblem when `bind_port` cannot be had, ValueError when there is no such certificate or no address
        to share.
        """
        await self.detach(attachment.host, attachment.port)
        for key in attachment.keys:
            register_key(f"{attachment.provider.name}-key", key)
        context = self.authority.context(attachment.host, attachment.identity, attachment.names)
        if attachment.address_of is not None:
            return self._attach_beside(attachment, attachment.address_of, context)
        sock = None if self._doorstep is not None else self._bound(attachment)
        application = Application(
            attachment.provider, attachment.keys, attachment.behaviour, self._plans, others=attachment.others
        )
        tap = None
        if attachment.reach == "listening":
            secret_header = attachment.provider.auth_header.lower()
            tap = Tap(
                sock,
                host=attachment.host,
                port=attachment.port,
                context=context,
                journal=self.journal,
                factory=_Protocols(application, self.journal, secret_header),
                secret_header=secret_header,
                resets_on_accept=lambda: application.behaviour.reset == "on-accept",
                stalls_handshake=lambda: application.behaviour.stalls_handshake,
            )
            tap.start()
        listener = Listener(attachment, sock, tap, application, self._door(tap))
        self._listeners[attachment.host, attachment.port] = listener
        return listener

    def _door(self, tap: Tap | None) -> Door:
        if self._doorstep is None or tap is None:
            return _refuse
        doorstep = self._doorstep

        def enter() -> socket.socket:
            if tap.stopped:
                return _refuse()
            client, served = doorstep.connect()
            tap.admit(served, client.getsockname()[:2])
            return client

        return enter

    def door(self, host: str, port: int) -> Door | None:
        """How to dial this documented host and port from within; None where nothing ever was."""
        listener = self._listeners.get((host, port))
        if listener is not None:
            return listener.door
        return _refuse if (host, port) in self._vacated else None

    def _bound(self, attachment: Attachment) -> socket.socket:
        address, listening = attachment.bind or self._bind, attachment.reach == "listening"
        vacated = self._vacated.pop((attachment.host, attachment.port), None)
        if vacated is not None:
            fits = self._keeps_ports and attachment.bind_port == 0 and vacated.getsockname()[0] == address
            if fits and (not listening or listens(vacated)):
                return vacated
            vacated.close()
        return bound(address, attachment.bind_port, listening=listening)

    def _attach_beside(
        self, attachment: Attachment, place: tuple[str, int], context: ssl.SSLContext | None
    ) -> Listener:
        owner = self._listeners.get(place)
        if context is None or owner is None or owner.tap is None or owner.attachment.identity == "plaintext":
            raise ValueError(f"{attachment.host} can only share the address of another lookalike, both on TLS")
        application = Application(
            attachment.provider, attachment.keys, attachment.behaviour, self._plans, others=attachment.others
        )
        factory = _Protocols(application, self.journal, attachment.provider.auth_header.lower())
        owner.tap.guests[attachment.host] = Guest(attachment.host, attachment.port, context, factory)
        listener = Listener(attachment, owner.socket, owner.tap, application, owner.door)
        self._listeners[attachment.host, attachment.port] = listener
        return listener

    async def detach(self, host: str, port: int) -> None:
        """Take a lookalike away, its connections too: a later dial is refused. Nothing happens if there is none."""
        listener = self._listeners.pop((host, port), None)
        if listener is None:
            return
        await listener.close()
        if listener.socket is None:
            self._vacated[host, port] = None
        elif listener.attachment.bind_port == 0 and listener.attachment.address_of is None:
            # Keep the port, so that no stranger listens where a gateway still dials. If somebody was faster, so be it.
            with contextlib.suppress(OSError):
                self._vacated[host, port] = new_socket(*listener.address, reuse=True)

    def listener(self, host: str, port: int) -> Listener | None:
        """What is attached under this documented host and port."""
        return self._listeners.get((host, port))

    def plan(self, correlation_id: str, behaviour: Behaviour) -> None:
        """The behaviour of the requests of this exchange, at whatever lookalike they arrive.

        Raises ValueError for `reset="on-accept"`: a connection carries no exchange's id.
        """
        if behaviour.reset == "on-accept":
            raise ValueError('reset="on-accept" belongs to an attachment: a connection carries no exchange\'s id')
        self._plans.behaviours[correlation_id] = behaviour

    def release(self, correlation_id: str) -> None:
        """Let this exchange's held stream go on; also before it comes to its hold. "" is for requests without id."""
        self._plans.release(correlation_id)


class _Protocols:
    """Makes the protocol of each connection of one lookalike."""

    def __init__(self, application: Application, journal: Journal, secret_header: str) -> None:
        self._config = http_config(application, LookalikeProtocol, keep_alive=KEEP_ALIVE)
        self._state = ServerState()
        self._journal = journal
        self._secret_header = secret_header

    def __call__(self, connection: ConnectionSeen, sock: socket.socket) -> LookalikeProtocol:
        return LookalikeProtocol(
            self._config,
            self._state,
            journal=self._journal,
            connection=connection,
            raw_socket=sock,
            secret_header=self._secret_header,
        )
