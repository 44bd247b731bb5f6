"""The journal: what the lookalikes saw on the wire, in order."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, Literal, TypeVar

from conformance.core.credentials import HIDDEN, is_credential_name
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass

__all__ = [
    "CORRELATION_HEADER",
    "ConnectionKind",
    "ConnectionSeen",
    "Ending",
    "Entries",
    "Journal",
    "JournalTimeout",
    "RequestSeen",
    "TlsFacts",
]

CORRELATION_HEADER = "x-conformance-exchange"
"""The header that carries an exchange's id through the gateway."""

ConnectionKind = Literal["tls", "plaintext", "plaintext-on-tls-port", "tls-on-plaintext-port", "empty", "unknown"]

# "open" until the answer was written, the client went away, or the plan or the tap ended it.
Ending = Literal["open", "answered", "client-disconnected", "reset-by-plan", "closed-without-answer"]

Found = TypeVar("Found")


class JournalTimeout(TimeoutError):
    """What was waited for did not happen in time; the message says what was seen instead."""


@dataclass(slots=True)
class TlsFacts:
    """What a connection's ClientHello offered and how its handshake ended."""

    sni: str | None
    alpn_offered: tuple[str, ...]
    versions_offered: tuple[str, ...]  # "TLSv1.3", "TLSv1.2", ...
    completed: bool = False
    version: str | None = None  # negotiated
    alpn: str | None = None  # negotiated
    failure: str | None = None  # e.g. "tlsv1 alert unknown ca"; None while or when all went well


@dataclass(slots=True)
class ConnectionSeen:
    """One TCP connection to one lookalike; `sequence` orders it among all entries of the journal."""

    sequence: int
    host: str  # the attachment that was dialled, as the manifests name it
    port: int
    peer: str
    kind: ConnectionKind = "unknown"
    tls: TlsFacts | None = None
    closed: bool = False


@dataclass(slots=True)
class RequestSeen:
    """One HTTP request as it was sent: raw target, header order, case and duplicates, exact body bytes.

    It is entered when its head is complete; `body` is all that came once `body_complete` is true or `outcome`
    is no longer "open".
    """

    sequence: int
    connection: ConnectionSeen
    method: str
    target: str
    http_version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    body_complete: bool = False
    outcome: Ending = "open"
    status: int | None = None
    refused: str | None = (
        None  # what the vendor did not take of it, a kind of `provider.ERRORS`: statuses are ambiguous
    )
    chunks_sent: int = 0  # content chunks of a stream
    secret_header: str | None = None  # the provider's own auth header, lower-case; hidden by repr
    correlation_id: str | None = field(init=False)  # the exchange this request belongs to; None for a verbatim request

    def __post_init__(self) -> None:
        values = self.values(CORRELATION_HEADER)
        self.correlation_id = values[0] if values else None

    def values(self, name: str) -> list[str]:
        """All values of a header, in the order sent; names compare without case."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)

    def _is_secret(self, header: str) -> bool:
        return header.lower() == self.secret_header or is_credential_name(header)

    def __repr__(self) -> str:
        headers = [(key, HIDDEN if self._is_secret(key) else value) for key, value in self.headers]
        return redact(f"<{self.method} {self.target} {headers} {self.body[:200]!r} {self.outcome}>")


@dataclass(frozen=True)
class Entries:
    """A part of the journal, in the order things happened."""

    connections: tuple[ConnectionSeen, ...]
    requests: tuple[RequestSeen, ...]

    def copied(self) -> Entries:
        """The entries as they are now, whatever becomes of them; what stands in them does not change."""
        connections = {id(one): one for one in (*self.connections, *(request.connection for request in self.requests))}
        copies = {key: replace(one, tls=copy.copy(one.tls)) for key, one in connections.items()}
        requests = [copy.copy(one) for one in self.requests]
        for one in requests:
            one.connection = copies[id(one.connection)]
        return Entries(tuple(copies[id(one)] for one in self.connections), tuple(requests))


@dataclass
class Journal:
    """Entries in the order they happened; written and read on the lookalikes' event loop."""

    connections: list[ConnectionSeen] = field(default_factory=list)
    requests: list[RequestSeen] = field(default_factory=list)
    _last: int = 0
    _by_exchange: dict[str, list[RequestSeen]] = field(default_factory=dict, repr=False)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list, repr=False)
    _watchers: list[Callable[[ConnectionSeen | RequestSeen], None]] = field(default_factory=list, repr=False)

    def mark(self) -> int:
        """The sequence number of the latest entry; entries made from now on are `since` it."""
        return self._last

    def since(self, mark: int) -> Entries:
        """The entries made after the mark."""
        return Entries(
            tuple(_after(self.connections, mark)),
            tuple(_after(self.requests, mark)),
        )

    def for_exchange(self, correlation_id: str) -> list[RequestSeen]:
        """The requests that carried this exchange's id, in order; none, one, or more when somebody retried."""
        return list(self._by_exchange.get(correlation_id, ()))

    def enter_connection(self, host: str, port: int, peer: str) -> ConnectionSeen:
        """A new connection, from the tap."""
        seen = ConnectionSeen(self._next(), host, port, peer)
        self.connections.append(seen)
        self.changed(seen)
        return seen

    def enter_request(
        self,
        connection: ConnectionSeen,
        method: str,
        target: str,
        http_version: str,
        headers: tuple[tuple[str, str], ...],
        *,
        secret_header: str | None = None,
    ) -> RequestSeen:
        """A new request, when its head is complete."""
        seen = RequestSeen(self._next(), connection, method, target, http_version, headers, secret_header=secret_header)
        self.requests.append(seen)
        if (correlation_id := seen.correlation_id) is not None:
            self._by_exchange.setdefault(correlation_id, []).append(seen)
        self.changed(seen)
        return seen

    def changed(self, entry: ConnectionSeen | RequestSeen) -> None:
        """Tell those who wait or watch that an entry was made or has changed."""
        for watcher in self._watchers:
            watcher(entry)
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def watch(self, watcher: Callable[[ConnectionSeen | RequestSeen], None]) -> Callable[[], None]:
        """Call `watcher` synchronously at each change; returns the function that ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def wait_for(self, condition: Callable[[Journal], Found | None], timeout: float, what: str = "") -> Found:  # noqa: ASYNC109 - the deadline belongs to the error's message
        """Wait until `condition(journal)` is truthy, and return that.

        Raises JournalTimeout after `timeout` seconds; its message names `what` and the entries made meanwhile.
        """
        mark = self.mark()
        try:
            async with asyncio.timeout(timeout):
                while not (found := condition(self)):
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    await future
                return found
        except TimeoutError:
            raise JournalTimeout(self._nothing(what or "the journal's condition", timeout, mark)) from None

    async def wait_for_request(self, correlation_id: str, timeout: float) -> RequestSeen:  # noqa: ASYNC109 - as above
        """The first request of this exchange, once its body is complete or its end is known."""

        def arrived(journal: Journal) -> RequestSeen | None:
            requests = journal.for_exchange(correlation_id)
            return next((seen for seen in requests if seen.body_complete or seen.outcome != "open"), None)

        return await self.wait_for(arrived, timeout, f"a request of exchange {correlation_id}")

    async def wait_for_outcome(self, correlation_id: str, timeout: float) -> RequestSeen:  # noqa: ASYNC109 - as above
        """The first request of this exchange, once it was answered, reset or abandoned."""

        def ended(journal: Journal) -> RequestSeen | None:
            return next((seen for seen in journal.for_exchange(correlation_id) if seen.outcome != "open"), None)

        return await self.wait_for(ended, timeout, f"the end of exchange {correlation_id}")

    def clear(self) -> None:
        """Forget all entries; sequence numbers go on, so marks stay valid."""
        self.connections.clear()
        self.requests.clear()
        self._by_exchange.clear()

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _nothing(self, what: str, timeout: float, mark: int) -> str:
        meanwhile = self.since(mark)
        seen = [f"{seen.kind} connection to {seen.host}:{seen.port}" for seen in meanwhile.connections]
        seen += [repr(request) for request in meanwhile.requests]
        shown = "; ".join(seen[:10]) + ("; ..." if len(seen) > 10 else "")
        return f"{what} did not happen within {timeout:g} s; seen meanwhile: {shown or 'nothing'}"


Entry = TypeVar("Entry", ConnectionSeen, RequestSeen)


def _after(entries: list[Entry], mark: int) -> list[Entry]:
    # From the end: marks are recent and the journal can be long.
    start = len(entries)
    while start and entries[start - 1].sequence > mark:
        start -= 1
    return entries[start:]
