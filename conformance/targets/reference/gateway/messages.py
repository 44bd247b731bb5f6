"""The requests and answers inside the gateway, and the one way in which it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway.config import Filter, LlmProvider, Match, UpstreamTls

__all__ = ["Answer", "ClientRequest", "Headers", "Outbound", "ProxyError", "Selected", "values_of", "without"]

Headers = tuple[tuple[str, str], ...]
"""Header lines in order, duplicates included; names compare without case. Text is Latin-1, as on the wire."""


class ProxyError(Exception):
    """The gateway answers itself: status and plain text, worded as agentgateway 1.4 does; and `headers` besides."""

    def __init__(self, status: int, text: str, headers: Headers = ()) -> None:
        self.status = status
        self.text = text
        self.headers = headers
        super().__init__(f"{status} {text}")


@dataclass(frozen=True)
class ClientRequest:
    """What the client asked for: `path` is not decoded, `query` has no question mark, None when there is none."""

    method: str
    path: str
    query: str | None
    authority: str
    headers: Headers


@dataclass(frozen=True)
class Selected:
    """The part of the configuration that applies to one request; `late` are filters that come after the key.

    `api` is the one that the request is for, once its provider is known.
    """

    route: str
    match: Match
    filters: tuple[Filter, ...]
    late: tuple[Filter, ...] = ()
    api: str = "Completions"


@dataclass(frozen=True)
class Outbound:
    """One request to one provider, ready to be sent; `tls` None is plaintext."""

    provider: LlmProvider
    address: tuple[str, int]
    tls: UpstreamTls | None
    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back to the client: a whole body, or pieces as they come."""

    status: int
    headers: Headers
    body: bytes | AsyncIterator[bytes]


def values_of(headers: Headers, name: str) -> list[str]:
    """All values of a header."""
    return [value for key, value in headers if key.lower() == name.lower()]


def without(headers: Headers, names: Iterable[str]) -> Headers:
    """The headers but for those of these names."""
    dropped = {name.lower() for name in names}
    return tuple((key, value) for key, value in headers if key.lower() not in dropped)
