"""HTTP/1.1 as a relay reads and writes it: whole requests, and answers piece by piece, headers spelt as they came."""

from __future__ import annotations

import asyncio
from typing import Any

import h11

from conformance.targets.standalone.corruptions.corruption import Headers, Message

__all__ = ["Gone", "Wire", "head_of", "lengthened"]

_PIECE = 1 << 16


class Gone(Exception):
    """The other side has ended the connection, or says what is no HTTP."""


class Wire:
    """One side of a relay: `role` is what we are there, h11.SERVER or h11.CLIENT."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: Any) -> None:
        self._reader, self._writer = reader, writer
        # A gateway's limits are its own affair.
        self._http = h11.Connection(role, max_incomplete_event_size=1 << 26)

    async def event(self) -> Any:
        """The next event. Raises Gone."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    await self.send(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(await self._reader.read(_PIECE))
        except (h11.RemoteProtocolError, OSError) as error:
            raise Gone from error
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise Gone
        return event

    async def send(self, event: Any) -> None:
        """Send an event. Raises Gone."""
        try:
            data = self._http.send(event)
            if data:
                self._writer.write(data)
                await self._writer.drain()
        except (h11.LocalProtocolError, OSError) as error:
            raise Gone from error

    async def request(self) -> Message:
        """The next request, whole. Raises Gone when there is none."""
        head = await self.event()
        found = Message(_headers(head), method=head.method.decode(), target=head.target.decode("latin-1"))
        while isinstance(event := await self.event(), h11.Data):
            found.body += bytes(event.data)
        return found

    async def send_request(self, message: Message) -> None:
        """Send a request, its length as its body is. Raises Gone."""
        await self.send(
            h11.Request(method=message.method, target=message.target.encode("latin-1"), headers=lengthened(message))
        )
        if message.body:
            await self.send(h11.Data(data=message.body))
        await self.send(h11.EndOfMessage())

    def next_cycle(self) -> bool:
        """Whether the connection can carry another exchange, made ready for it."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            return True
        return False

    async def hung_up(self) -> None:
        """Wait until the other side has gone. What it says meanwhile is kept."""
        try:
            while data := await self._reader.read(_PIECE):
                self._http.receive_data(data)
        except OSError:
            return

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


def lengthened(message: Message) -> Headers:
    """The headers, with the length that the body has; what is sent in chunks stays so."""
    length = str(len(message.body))
    return [(name, length if name.lower() == "content-length" else value) for name, value in message.headers]


def head_of(event: Any) -> Message:
    """The beginning of an answer."""
    return Message(_headers(event), status=event.status_code)


def _headers(event: Any) -> Headers:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()]
