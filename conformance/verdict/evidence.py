"""Evidence: exchanges as plain, redacted data, which crosses process borders and is what reports show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from conformance.core.credentials import is_credential_name
from conformance.core.redaction import redact
from conformance.exchange.exchange import Exchange
from conformance.exchange.messages import Headers
from conformance.exchange.oracle.upstream import Expected
from conformance.manifests.secrets import is_placeholder
from mock_providers.journal import CORRELATION_HEADER, ConnectionSeen, RequestSeen, TlsFacts

__all__ = ["ArrivalData", "BodyData", "ConnectionData", "ExchangeData", "TlsData", "gather"]

_MOST_IN_FULL, _MOST_IN_SHORT = 12, 3
"""Exchanges kept of one test: a case that waits for a change repeats one request many times."""
_BODY_IN_FULL, _BODY_IN_SHORT = 16_384, 600
"""Characters kept of a body."""
_LOG_LINES = 20
_LONGEST_KEY = 16_384
"""Bytes."""


class BodyData(TypedDict):
    """A body as text; `size` is that of the whole in bytes, `cut` says that the text is its beginning only."""

    text: str
    size: int
    cut: bool


class TlsData(TypedDict):
    """A ClientHello and how its handshake ended."""

    sni: str
    alpnOffered: list[str]
    versionsOffered: list[str]
    completed: bool
    version: str
    alpn: str
    failure: str


class ConnectionData(TypedDict):
    """A connection to a lookalike; `kind` as in the journal."""

    host: str
    port: int
    kind: str
    tls: TlsData | None


class ArrivalData(TypedDict):
    """A request as a lookalike saw it, and the status with which it answered."""

    connection: ConnectionData
    method: str
    target: str
    version: str
    headers: list[list[str]]
    body: BodyData
    outcome: str
    status: int


class RequestData(TypedDict):
    """What the client sent."""

    method: str
    path: str
    headers: list[list[str]]
    body: BodyData


class ResponseData(TypedDict):
    """What the client got; status 0: no answer, and `error` says how it ended."""

    status: int
    headers: list[list[str]]
    body: BodyData
    error: str


class ExpectedData(TypedDict):
    """What the oracle derived from the manifests; `answer` where the gateway must answer by itself."""

    answer: str
    place: str
    tls: str
    target: str
    authority: str
    credential: str
    model: str


class ExchangeData(TypedDict):
    """One exchange; `began` in seconds since the epoch, `refuted`: it is the one that refutes the case."""

    began: float
    seconds: float
    refuted: bool
    request: RequestData
    response: ResponseData
    arrivals: list[ArrivalData]
    connections: list[ConnectionData]
    expected: ExpectedData
    log: list[str]


def gather(exchanges: Sequence[Exchange], refuted: Exchange | None, *, full: bool) -> tuple[list[ExchangeData], int]:
    """The exchanges of a test as data, and how many were left out; the refuting one is always among them."""
    most = _MOST_IN_FULL if full else _MOST_IN_SHORT
    kept = list(exchanges[:most])
    if refuted is not None and all(one is not refuted for one in kept):
        kept = [*kept[: most - 1], refuted]
    limit = _BODY_IN_FULL if full else _BODY_IN_SHORT
    known = len(exchanges) + (refuted is not None and all(one is not refuted for one in exchanges))
    return [_exchange(one, one is refuted, limit) for one in kept], known - len(kept)


def _exchange(exchange: Exchange, refuted: bool, limit: int) -> ExchangeData:
    request, response, expected = exchange.request, exchange.response, exchange.expected
    own = frozenset({expected.credential[0].lower()}) if expected.credential else frozenset()
    told = {one.connection.sequence for one in exchange.arrivals}
    sent = (*request.headers, *([(CORRELATION_HEADER, request.correlation_id)] if request.correlation_id else []))
    return {
        "began": round(exchange.began, 3),
        "seconds": round(exchange.seconds, 4),
        "refuted": refuted,
        "request": {
            "method": request.method,
            "path": redact(request.path),
            "headers": _headers(sent, own),
            "body": _body(request.body or b"", limit),
        },
        "response": {
            "status": response.status or 0,
            "headers": _headers(response.headers, own),
            "body": _body(response.body, limit),
            "error": redact(response.error or ""),
        },
        "arrivals": [_arrival(one, own, limit) for one in exchange.arrivals],
        # Those that some request came by stand with it.
        "connections": [_connection(one) for one in exchange.connections if one.sequence not in told],
        "expected": _expected(expected),
        "log": [redact(line) for line in exchange.gateway_log[-_LOG_LINES:]],
    }


def _arrival(seen: RequestSeen, own: frozenset[str], limit: int) -> ArrivalData:
    return {
        "connection": _connection(seen.connection),
        "method": redact(seen.method),
        "target": redact(seen.target),
        "version": seen.http_version,
        "headers": _headers(seen.headers, own | {seen.secret_header or ""}),
        "body": _body(seen.body, limit),
        "outcome": seen.outcome,
        "status": seen.status or 0,
    }


def _connection(seen: ConnectionSeen) -> ConnectionData:
    return {"host": seen.host, "port": seen.port, "kind": seen.kind, "tls": _tls(seen.tls) if seen.tls else None}


def _tls(tls: TlsFacts) -> TlsData:
    return {
        "sni": redact(tls.sni or ""),
        "alpnOffered": [redact(one) for one in tls.alpn_offered],
        "versionsOffered": list(tls.versions_offered),
        "completed": tls.completed,
        "version": tls.version or "",
        "alpn": tls.alpn or "",
        "failure": tls.failure or "",
    }


def _expected(expected: Expected) -> ExpectedData:
    if (answer := expected.answer) is not None:
        told = f"{answer.status} by the gateway itself: {answer.why}"
        return _nothing(redact(told))
    tls = expected.tls
    credential = expected.credential
    return {
        "answer": "",
        "place": f"{expected.host}:{expected.port}" if expected.host else "",
        "tls": (f"TLS, SNI {tls.sni or 'none'}" if tls else "plaintext") if expected.host else "",
        "target": redact(expected.target),
        "authority": redact(expected.authority),
        "credential": ": ".join(_header(*credential, frozenset({credential[0].lower()}))) if credential else "",
        "model": redact(expected.model or ""),
    }


def _nothing(answer: str) -> ExpectedData:
    return {"answer": answer, "place": "", "tls": "", "target": "", "authority": "", "credential": "", "model": ""}


def _headers(headers: Headers, own: frozenset[str]) -> list[list[str]]:
    return [list(_header(name, value, own)) for name, value in headers]


def _header(name: str, value: str, own: frozenset[str]) -> tuple[str, str]:
    """A header as reports may show it.

    Where keys travel, whatever is not known to be one of ours is hidden but for its scheme: it may be somebody's.
    """
    shown = redact(value)
    if not (name.lower() in own or is_credential_name(name)) or shown != value or is_placeholder(value):
        return redact(name), shown
    scheme, space, rest = shown.partition(" ")
    if not space:
        scheme, rest = "", shown
    return redact(name), f"{scheme}{space}<hidden, {len(rest)} characters>" if rest else shown


def _body(data: bytes, limit: int) -> BodyData:
    # Struck before it is cut, lest half a key remain at the end; of megabytes no more than can be shown.
    whole = len(data) <= limit + _LONGEST_KEY
    text = redact(data[: limit + _LONGEST_KEY].decode("utf-8", "replace"))
    return {"text": text[:limit], "size": len(data), "cut": len(text) > limit or not whole}
