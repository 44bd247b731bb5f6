"""Expectations: small statements about an exchange, each able to say what it wanted, what it saw and why.

What must arrive is not written here: it comes from the oracle, with the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from conformance.difference import first_difference, shown
from conformance.exchange import Exchange
from conformance.manifests import is_placeholder
from conformance.redaction import redact

__all__ = [
    "AnsweredByGateway",
    "ArrivedOnce",
    "Authority",
    "Credential",
    "Expectation",
    "HeaderArrives",
    "HeaderReturns",
    "Holds",
    "MessagesKept",
    "Mismatch",
    "ModelArrives",
    "NoPlaceholder",
    "NothingArrived",
    "Plaintext",
    "Reached",
    "Refuted",
    "ResponseBodyKept",
    "RestOfBodyKept",
    "Routed",
    "Secured",
    "Status",
    "Target",
    "Unreached",
    "Withheld",
    "answered",
    "compare",
    "compare_json",
    "if_arrived",
    "verify",
]


@dataclass(frozen=True)
class Mismatch:
    """One thing that was not as expected; `about` is the facet that diagnosis goes by.

    `where` is the place in the manifests, where no exchange tells it.
    """

    about: str
    expected: str
    observed: str
    where: str = ""


class Refuted(AssertionError):
    """The gateway did not do what the case states; carries the evidence."""

    def __init__(self, exchange: Exchange | None, mismatches: Sequence[Mismatch]) -> None:
        self.exchange = exchange
        self.mismatches = tuple(
            replace(one, expected=redact(one.expected), observed=redact(one.observed)) for one in mismatches
        )
        super().__init__(
            "; ".join(f"{one.about}: expected {one.expected}, observed {one.observed}" for one in self.mismatches)
        )


class Expectation(Protocol):
    """A statement about an exchange."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        """None when it holds."""


def verify(exchange: Exchange, *expectations: Expectation) -> None:
    """Raise Refuted with every expectation that does not hold."""
    mismatches = [found for one in expectations if (found := one.check(exchange)) is not None]
    if mismatches:
        raise Refuted(exchange, mismatches)


def compare(about: str, expected: object, observed: object) -> Mismatch | None:
    """A mismatch unless both are equal."""
    return None if expected == observed else Mismatch(about, _shown(expected), _shown(observed))


def compare_json(about: str, expected: Any, observed: Any) -> Mismatch | None:
    """Whole bodies are long: only the first place that differs is shown."""
    found = first_difference(expected, observed)
    if found is None:
        return None
    at = f"{found.path} = " if found.path else ""
    return Mismatch(about, f"{at}{shown(found.expected)}", f"{at}{shown(found.observed)}")


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else repr(value)


def answered(exchange: Exchange) -> str:
    """What the client got, on one short line."""
    response = exchange.response
    if response.status is None:
        return f"no answer ({response.error})"
    text = " ".join(response.text[:200].split())
    end = f", broken off ({response.error})" if response.error else ""
    return f"{response.status} {text!r}{end}" if text else f"{response.status}{end}"


def if_arrived(about: str, expected: str, exchange: Exchange) -> Mismatch | None:
    """A mismatch that says how it went when not exactly one request arrived in readable form."""
    if len(exchange.arrivals) == 1:
        return None
    went = f"{len(exchange.arrivals)} requests arrived; the client got {answered(exchange)}"
    return Mismatch(about, expected, went)


@dataclass(frozen=True)
class Status:
    """The client's status is one of these."""

    statuses: tuple[int, ...]

    def __init__(self, *statuses: int) -> None:
        object.__setattr__(self, "statuses", statuses)

    def check(self, exchange: Exchange) -> Mismatch | None:
        if exchange.response.status in self.statuses and exchange.response.error is None:
            return None
        expected = " or ".join(map(str, self.statuses))
        return Mismatch("status", f"status {expected}", answered(exchange))


@dataclass(frozen=True)
class AnsweredByGateway:
    """The gateway itself answers with an error of this class (5 for 5xx), never with success."""

    classes: tuple[int, ...] = (5,)

    def check(self, exchange: Exchange) -> Mismatch | None:
        if (exchange.response.status or 0) // 100 in self.classes:
            return None
        return Mismatch("status", f"an error {'/'.join(f'{one}xx' for one in self.classes)}", answered(exchange))


@dataclass(frozen=True)
class Routed:
    """The request belongs to a route: whatever the answer is, it is not the gateway's own 404."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        if exchange.arrivals or exchange.response.status not in (None, 404):
            return None
        return Mismatch("status", "any answer but the gateway's own 404", answered(exchange))


@dataclass(frozen=True)
class ArrivedOnce:
    """Exactly one request arrived upstream."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        return if_arrived("arrival", "exactly one request upstream", exchange)


@dataclass(frozen=True)
class NothingArrived:
    """No HTTP request arrived at any lookalike, also not in plaintext."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = [
            f"{one.method} {one.target} at {one.connection.host}:{one.connection.port}" for one in exchange.arrivals
        ]
        return Mismatch("arrival", "no request upstream", ", ".join(seen)) if seen else None


@dataclass(frozen=True)
class Withheld:
    """The key was not sent to anyone, nor was the client's own."""

    secrets: tuple[str, ...]

    def check(self, exchange: Exchange) -> Mismatch | None:
        for arrival in exchange.arrivals:
            for name, value in arrival.headers:
                if any(secret and secret in value for secret in self.secrets):
                    return Mismatch("leak", "the key is not sent", f"{name} carried it to {arrival.connection.host}")
        return None


@dataclass(frozen=True)
class Reached:
    """The connection went to the Backend's host and port."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = f"{exchange.expected.host}:{exchange.expected.port}"
        if (missing := if_arrived("reached", f"a connection to {expected}", exchange)) is not None:
            return missing
        connection = exchange.arrival.connection
        return compare("reached", expected, f"{connection.host}:{connection.port}")


@dataclass(frozen=True)
class Unreached:
    """Nothing went to this host: no request, and no connection either."""

    host: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = [f"{one.method} {one.target}" for one in exchange.arrivals if one.connection.host == self.host]
        seen = seen or [f"a connection of kind {one.kind}" for one in exchange.connections if one.host == self.host]
        return Mismatch("elsewhere", f"nothing at {self.host}", f"{', '.join(seen)} at {self.host}") if seen else None


@dataclass(frozen=True)
class Target:
    """The request target upstream is the documented one."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.target
        return if_arrived("target", expected, exchange) or compare("target", expected, exchange.arrival.target)


@dataclass(frozen=True)
class Authority:
    """The Host header upstream is the documented one."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.authority
        if (missing := if_arrived("authority", f"Host: {expected}", exchange)) is not None:
            return missing
        return compare("authority", f"Host: {expected}", f"Host: {', '.join(exchange.arrival.values('host'))}")


@dataclass(frozen=True)
class Credential:
    """Exactly the documented credential arrives: that header once, with that value, and no Authorization beside it."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        if exchange.expected.credential is None:
            wanted = exchange.request.values("authorization") if exchange.expected.passthrough else []
            return if_arrived("credential", str(wanted), exchange) or compare(
                "credential", [f"Authorization: {one}" for one in wanted], self._sent(exchange, "Authorization")
            )
        name, value = exchange.expected.credential
        missing = if_arrived("credential", f"one header {name}: {value}", exchange)
        return missing or compare("credential", [f"{name}: {value}"], self._sent(exchange, name))

    def _sent(self, exchange: Exchange, name: str) -> list[str]:
        names = (name,) if name.lower() == "authorization" else (name, "Authorization")
        return [f"{one}: {value}" for one in names for value in exchange.arrival.values(one)]


@dataclass(frozen=True)
class NoPlaceholder:
    """No header upstream carries an unresolved placeholder where a key belongs."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        for arrival in exchange.arrivals:
            for name, value in arrival.headers:
                if is_placeholder(value):
                    return Mismatch("placeholder", "a key, the variable filled in", f"{name}: {value}")
        return None


@dataclass(frozen=True)
class ModelArrives:
    """The model upstream is the Backend's, or the request's where the Backend has none."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        expected = exchange.expected.model
        if expected is None:
            expected = exchange.request.json().get("model")
        missing = if_arrived("model", f"model {expected!r}", exchange)
        return missing or compare("model", f"model {expected!r}", f"model {_upstream_body(exchange).get('model')!r}")


def _upstream_body(exchange: Exchange) -> dict[str, Any]:
    try:
        body = exchange.arrival.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class MessagesKept:
    """The messages arrive as JSON values exactly as the client sent them."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        sent = {"messages": exchange.request.json()["messages"]}
        missing = if_arrived("body", "the client's messages", exchange)
        return missing or compare_json("body", sent, {"messages": _upstream_body(exchange).get("messages")})


@dataclass(frozen=True)
class RestOfBodyKept:
    """Every field but the model, and but what the gateway documents to add, arrives as the client sent it."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        if (missing := if_arrived("body", "the client's fields", exchange)) is not None:
            return missing
        sent, seen = exchange.request.json(), _upstream_body(exchange)
        # stream_options.include_usage is a known addition (FACTS 6.5), reported by a case of its own.
        ignored = {"model", *({"stream_options"} - set(sent))}
        wanted = {name: value for name, value in sent.items() if name not in ignored}
        return compare_json("body", wanted, {name: value for name, value in seen.items() if name not in ignored})


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
        missing = if_arrived("header", expected, exchange)
        return missing or compare("header", expected, f"{self.name}: {exchange.arrival.values(self.name)}")


@dataclass(frozen=True)
class HeaderReturns:
    """A header of the provider's answer reaches the client with this value."""

    name: str
    value: str

    def check(self, exchange: Exchange) -> Mismatch | None:
        observed = exchange.response.values(self.name)
        return compare("response header", f"{self.name}: {[self.value]}", f"{self.name}: {observed}")


@dataclass(frozen=True)
class ResponseBodyKept:
    """The client's JSON equals this value; fields that are null or absent alike count as equal."""

    value: Any

    def check(self, exchange: Exchange) -> Mismatch | None:
        try:
            observed = exchange.response.json()
        except ValueError:
            return Mismatch("response body", shown(self.value), answered(exchange))
        return compare_json("response body", _without_nulls(self.value), _without_nulls(observed))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Secured:
    """The upstream connection is TLS with the documented server name."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        tls = exchange.expected.tls
        wanted = f"TLS with SNI {tls.sni}" if tls else "plaintext"
        # What carried the request is exact even when others are sent at the same time.
        carried = {_security(one.connection) for one in exchange.arrivals}
        return compare("tls", [wanted], sorted(carried or _opened(exchange) or {"no connection"}))


def _opened(exchange: Exchange) -> set[str]:
    """How the connections are secured that were opened to the Backend's host meanwhile."""
    place = exchange.expected.host, exchange.expected.port
    return {_security(one) for one in exchange.connections if (one.host, one.port) == place}


def _security(connection: Any) -> str:
    if connection.tls is None:
        return "plaintext" if connection.kind.startswith("plaintext") else f"a connection of kind {connection.kind}"
    return f"TLS with SNI {connection.tls.sni or '(none)'}"


@dataclass(frozen=True)
class Plaintext:
    """No ClientHello was sent: without a policy the gateway speaks plaintext."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = _opened(exchange) | {_security(one.connection) for one in exchange.arrivals}
        return compare("tls", ["plaintext"], sorted(seen or {"no connection"}))


@dataclass(frozen=True)
class Holds:
    """Anything else about an exchange, computed by the case."""

    about: str
    expected: Any
    observed: Callable[[Exchange], Any]

    def check(self, exchange: Exchange) -> Mismatch | None:
        try:
            observed = self.observed(exchange)
        except (LookupError, ValueError, TypeError) as error:
            return Mismatch(self.about, _shown(self.expected), f"{error}; the client got {answered(exchange)}")
        return compare(self.about, self.expected, observed)
