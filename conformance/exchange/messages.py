"""What a client sends and what it gets: requests, answers, pieces of streams."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from conformance.core.redaction import excerpt, redact
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.model import Door

__all__ = ["Chunk", "ClientRequest", "ClientResponse", "Headers"]

Headers = tuple[tuple[str, str], ...]

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class ClientRequest:
    """What the client sends; `path` includes the query, `headers` leave out the correlation id.

    `door` is the Gateway and port that it comes in by; None: there is but one, or whoever sends it does not mind.
    """

    method: str
    path: str
    headers: Headers = ()
    body: bytes | None = None
    correlation_id: str | None = None
    door: Door | None = None

    def values(self, name: str) -> list[str]:
        """All values of a header, in the order sent."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body or b"")


@dataclass(frozen=True)
class Chunk:
    """A piece of a streamed response; `upstream_open`: the lookalike had not yet finished when it came."""

    data: bytes
    upstream_open: bool


@dataclass(frozen=True)
class ClientResponse:
    """What the client got; `status` is None when the connection ended without an answer, and `error` says how."""

    status: int | None
    headers: Headers = ()
    body: bytes = b""
    chunks: Sequence[Chunk] = ()
    error: str | None = None

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next(iter(self.values(name)), None)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")

    def excerpt(self, most: int) -> str:
        """The first characters of the body, keys hidden."""
        return excerpt(self.text, most)

    def events(self) -> list[str]:
        """The data of each server-sent event, in order; lines end as the format says, and at no other character."""
        return [line[5:].strip() for line in _LINE_END.split(self.text) if line.startswith("data:")]

    def __repr__(self) -> str:
        return redact(f"<{self.status} {self.error or ''} {self.excerpt(200)!r}>")
