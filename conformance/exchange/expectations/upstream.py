"""Expectations about what arrived upstream: each compares the wire with what the oracle derived from the manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import (
    ArrivedOnce,
    Expectation,
    Mismatch,
    Status,
    compare,
    compare_json,
    if_arrived,
)
from conformance.exchange.expectations.credentials import Credential
from conformance.exchange.expectations.facet import Facet
from conformance.manifests.secrets import is_placeholder
from mock_providers.journal import ConnectionSeen

__all__ = [
    "AS_CONFIGURED",
    "BodyUntouched",
    "CookieArrives",
    "HeaderArrives",
    "MessagesKept",
    "MethodArrives",
    "ModelArrives",
    "NoPlaceholder",
    "Plaintext",
    "Reached",
    "RequestAuthority",
    "RequestTarget",
    "RestOfBodyKept",
    "Secured",
    "Unreached",
]


@dataclass(frozen=True)
class Reached:
    """The connection went to the Backend's host and port."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = f"{exchange.expected.host}:{exchange.expected.port}"
        if (missing := if_arrived(Facet.REACHED, f"a connection to {expected}", exchange)) is not None:
            return missing
        connection = exchange.arrival.connection
        return compare(Facet.REACHED, expected, f"{connection.host}:{connection.port}")


@dataclass(frozen=True)
class Unreached:
    """Nothing went to this host: no request, and no connection either."""

    host: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = [f"{one.method} {one.target}" for one in exchange.arrivals if one.connection.host == self.host]
        seen = seen or [f"a connection of kind {one.kind}" for one in exchange.connections if one.host == self.host]
        return (
            Mismatch(Facet.ELSEWHERE, f"nothing at {self.host}", f"{', '.join(seen)} at {self.host}") if seen else None
        )


@dataclass(frozen=True)
class RequestTarget:
    """The request target upstream is the documented one."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.target
        return if_arrived(Facet.TARGET, expected, exchange) or compare(Facet.TARGET, expected, exchange.arrival.target)


@dataclass(frozen=True)
class RequestAuthority:
    """The Host header upstream is the documented one."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.authority
        if (missing := if_arrived(Facet.AUTHORITY, f"Host: {expected}", exchange)) is not None:
            return missing
        return compare(Facet.AUTHORITY, f"Host: {expected}", f"Host: {', '.join(exchange.arrival.values('host'))}")


@dataclass(frozen=True)
class NoPlaceholder:
    """No header upstream carries an unresolved placeholder where a key belongs."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        for arrival in exchange.arrivals:
            for name, value in arrival.headers:
                if is_placeholder(value):
                    return Mismatch(Facet.PLACEHOLDER, "a key, the variable filled in", f"{name}: {value}")
        return None


@dataclass(frozen=True)
class ModelArrives:
    """The model upstream is the Backend's, or the request's where the Backend has none."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.model
        if expected is None:
            expected = exchange.request.json().get("model")
        missing = if_arrived(Facet.MODEL, f"model {expected!r}", exchange)
        return missing or compare(
            Facet.MODEL, f"model {expected!r}", f"model {_upstream_body(exchange).get('model')!r}"
        )


def _wanted_body(exchange: Exchange) -> Mapping[str, Any]:
    """The client's body, or what policies make of it."""
    wanted = exchange.expected.body
    if wanted is not None:
        return wanted
    sent: dict[str, Any] = exchange.request.json()
    return sent


def _upstream_body(exchange: Exchange) -> dict[str, Any]:
    try:
        body = exchange.arrival.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class MessagesKept:
    """The messages arrive as JSON values exactly as the client sent them, between those that policies add."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        sent = {"messages": _wanted_body(exchange)["messages"]}
        missing = if_arrived(Facet.BODY, "the client's messages", exchange)
        return missing or compare_json(Facet.BODY, sent, {"messages": _upstream_body(exchange).get("messages")})


@dataclass(frozen=True)
class RestOfBodyKept:
    """Every field but the model, and but what the gateway documents to add, arrives as the client sent it.

    Fields that policies set are as these say.
    """

    def check(self, exchange: Exchange) -> Mismatch | None:
        if (missing := if_arrived(Facet.BODY, "the client's fields", exchange)) is not None:
            return missing
        sent, seen = _wanted_body(exchange), _upstream_body(exchange)
        # stream_options.include_usage is a known addition (FACTS 6.5), reported by a case of its own.
        ignored = {"model", *({"stream_options"} - set(sent))}
        wanted = {name: value for name, value in sent.items() if name not in ignored}
        return compare_json(Facet.BODY, wanted, {name: value for name, value in seen.items() if name not in ignored})


@dataclass(frozen=True)
class BodyUntouched:
    """The body arrives byte by byte as the client sent it."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        sent = exchange.request.body or b""
        missing = if_arrived(Facet.BODY, "the client's bytes", exchange)
        return missing or compare(Facet.BODY, repr(sent), repr(bytes(exchange.arrival.body)))


@dataclass(frozen=True)
class HeaderArrives:
    """A client's header arrives upstream with exactly these values; none: it does not arrive."""

    name: str
    values: tuple[str, ...]

    def __init__(self, name: str, *values: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = f"{self.name}: {list(self.values)}"
        missing = if_arrived(Facet.HEADER, expected, exchange, self)
        return missing or compare(Facet.HEADER, expected, f"{self.name}: {exchange.arrival.values(self.name)}", self)


@dataclass(frozen=True)
class CookieArrives:
    """A client's cookie arrives upstream, whatever others do beside it."""

    name: str
    value: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        wanted = f"{self.name}={self.value}"
        if (missing := if_arrived(Facet.HEADER, f"the cookie {wanted}", exchange, self)) is not None:
            return missing
        came = [one.strip() for line in exchange.arrival.values("cookie") for one in line.split(";")]
        return None if wanted in came else Mismatch(Facet.HEADER, f"the cookie {wanted}", "none such", detail=self)


@dataclass(frozen=True)
class MethodArrives:
    """What arrives upstream, if anything does, has the client's method."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        came = [one.method for one in exchange.arrivals] or [exchange.request.method]
        return compare(Facet.METHOD, [exchange.request.method] * len(came), came)


@dataclass(frozen=True)
class Secured:
    """The upstream connection is TLS with the documented server name."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        tls = exchange.expected.tls
        wanted = f"TLS with SNI {tls.sni or '(none)'}" if tls else "plaintext"
        # What carried the request is exact even when others are sent at the same time.
        carried = {_security(one.connection) for one in exchange.arrivals}
        return compare(Facet.TLS, [wanted], sorted(carried or _opened(exchange) or {"no connection"}))


_PLAINTEXT = ("plaintext", "plaintext-on-tls-port")


def _opened(exchange: Exchange) -> set[str]:
    """How the connections are secured that were opened to the Backend's host meanwhile."""
    place = exchange.expected.host, exchange.expected.port
    return {_security(one) for one in exchange.connections if (one.host, one.port) == place}


def _security(connection: ConnectionSeen) -> str:
    if connection.tls is None:
        return "plaintext" if connection.kind in _PLAINTEXT else f"a connection of kind {connection.kind}"
    return f"TLS with SNI {connection.tls.sni or '(none)'}"


@dataclass(frozen=True)
class Plaintext:
    """No ClientHello was sent: without a policy the gateway speaks plaintext."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = _opened(exchange) | {_security(one.connection) for one in exchange.arrivals}
        return compare(Facet.TLS, ["plaintext"], sorted(seen or {"no connection"}))


AS_CONFIGURED: tuple[Expectation, ...] = (
    Status(200),
    ArrivedOnce(),
    Reached(),
    Secured(),
    RequestTarget(),
    RequestAuthority(),
    Credential(),
    ModelArrives(),
    MessagesKept(),
)
"""A whole exchange as the manifests want it."""
