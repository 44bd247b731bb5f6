"""The journal: what the lookalikes saw on the wire, in order."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.redaction import redact

__all__ = ["CORRELATION_HEADER", "ConnectionSeen", "Journal", "RequestSeen", "TlsFacts"]

CORRELATION_HEADER = "x-conformance-exchange"
"""The header that carries an exchange's id through the gateway."""

ConnectionKind = Literal["tls", "plaintext", "plaintext-on-tls-port", "tls-on-plaintext-port", "empty", "unknown"]


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
    """One HTTP request as it was sent: raw target, header order, case and duplicates, exact body bytes."""

    sequence: int
    connection: ConnectionSeen
    method: str
    target: str
    http_version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    # "open" until the answer was written or the client went away.
    outcome: Literal["open", "answered", "client-disconnected", "reset-by-plan"] = "open"
    status: int | None = None

    def values(self, name: str) -> list[str]:
        """All values of a header, in the order sent; names compare without case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def correlation_id(self) -> str | None:
        """The exchange this request belongs to; None for a verbatim request."""
        values = self.values(CORRELATION_HEADER)
        return values[0] if values else None

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return redact(f"<{self.method} {self.target} {self.headers} {self.body[:200]!r}>")


@dataclass
class Journal:
    """Entries in the order they happened; written and read on the lookalikes' event loop."""

    connections: list[ConnectionSeen] = field(default_factory=list)
    requests: list[RequestSeen] = field(default_factory=list)
    _sequence: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
