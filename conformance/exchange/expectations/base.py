"""Expectations: small statements about an exchange, each able to say what it wanted, what it saw and why.

What must arrive is not written here: it comes from the oracle, with the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import Any, Protocol

from conformance.core.problems import Place
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.json_difference import first_difference, shown

__all__ = [
    "AnsweredByGateway",
    "ArrivedOnce",
    "Change",
    "Expectation",
    "HeaderReturns",
    "Holds",
    "Mismatch",
    "NothingArrived",
    "Refuted",
    "ResponseBodyKept",
    "Routed",
    "Status",
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

    `where` is the place in the manifests, where no exchange tells it. `detail` is what diagnosis has to know besides,
    as a value: the texts are for people. It may hold keys, and is never shown.
    """

    about: Facet
    expected: str
    observed: str
    where: Place | None = None
    detail: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Change:
    """A change of objects, and the seconds within which the gateway should have followed it.

    `how` says whether it was a change or a deletion; `still`, whether the gateway goes on as before, and not otherwise.
    """

    what: str
    seconds: float
    how: str = "change"
    still: bool = True


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


def compare(about: Facet, expected: object, observed: object, detail: object = None) -> Mismatch | None:
    """A mismatch unless both are equal."""
    return None if expected == observed else Mismatch(about, _shown(expected), _shown(observed), detail=detail)


def compare_json(about: Facet, expected: Any, observed: Any) -> Mismatch | None:
    """Whole bodies are long: only the first place that differs is shown."""
    found = first_difference(expected, observed)
    if found is None:
        return None
    at = f"{found.path} = " if found.path else ""
    return Mismatch(about, f"{at}{shown(found.expected)}", f"{at}{shown(found.observed)}", detail=found)


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else repr(value)


def answered(exchange: Exchange) -> str:
    """What the client got, on one short line."""
    response = exchange.response
    if response.status is None:
        return f"no answer ({response.error})"
    text = " ".join(response.excerpt(200).split())
    end = f", broken off ({response.error})" if response.error else ""
    return f"{response.status} {text!r}{end}" if text else f"{response.status}{end}"


def if_arrived(about: Facet, expected: str, exchange: Exchange, detail: object = None) -> Mismatch | None:
    """A mismatch that says how it went when not exactly one request arrived in readable form."""
    if len(exchange.arrivals) == 1:
        return None
    went = f"{len(exchange.arrivals)} requests arrived; the client got {answered(exchange)}"
    return Mismatch(about, expected, went, detail=detail)


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
        return Mismatch(Facet.STATUS, f"status {expected}", answered(exchange), detail=self)


@dataclass(frozen=True)
class AnsweredByGateway:
    """The gateway itself answers with an error of this class (5 for 5xx), never with success."""

    classes: tuple[int, ...] = (5,)

    def check(self, exchange: Exchange) -> Mismatch | None:
        if (exchange.response.status or 0) // 100 in self.classes:
            return None
        return Mismatch(Facet.STATUS, f"an error {'/'.join(f'{one}xx' for one in self.classes)}", answered(exchange))


@dataclass(frozen=True)
class Routed:
    """The request belongs to a route: whatever the answer is, it is not the gateway's own 404."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        if exchange.arrivals or exchange.response.status not in (None, 404):
            return None
        return Mismatch(Facet.STATUS, "any answer but the gateway's own 404", answered(exchange))


@dataclass(frozen=True)
class ArrivedOnce:
    """Exactly one request arrived upstream."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        return if_arrived(Facet.ARRIVAL, "exactly one request upstream", exchange)


@dataclass(frozen=True)
class NothingArrived:
    """No HTTP request arrived at any lookalike, also not in plaintext."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = [
            f"{one.method} {one.target} at {one.connection.host}:{one.connection.port}" for one in exchange.arrivals
        ]
        return Mismatch(Facet.ARRIVAL, "no request upstream", ", ".join(seen), detail=self) if seen else None


@dataclass(frozen=True)
class Withheld:
    """The key was not sent to anyone, nor was the client's own."""

    secrets: tuple[str, ...]

    def check(self, exchange: Exchange) -> Mismatch | None:
        for arrival in exchange.arrivals:
            for name, value in arrival.headers:
                if any(secret and secret in value for secret in self.secrets):
                    return Mismatch(
                        Facet.LEAK, "the key is not sent", f"{name} carried it to {arrival.connection.host}"
                    )
        return None


@dataclass(frozen=True)
class HeaderReturns:
    """A header of the provider's answer reaches the client with exactly these values, each on a line of its own."""

    name: str
    values: tuple[str, ...]

    def __init__(self, name: str, *values: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)

    def check(self, exchange: Exchange) -> Mismatch | None:
        observed = exchange.response.values(self.name)
        return compare(Facet.RESPONSE_HEADER, f"{self.name}: {list(self.values)}", f"{self.name}: {observed}", self)


@dataclass(frozen=True)
class ResponseBodyKept:
    """The client's JSON equals this value; fields that are null or absent alike count as equal."""

    value: Any

    def check(self, exchange: Exchange) -> Mismatch | None:
        try:
            observed = exchange.response.json()
        except ValueError:
            return Mismatch(Facet.RESPONSE_BODY, shown(self.value), answered(exchange))
        return compare_json(Facet.RESPONSE_BODY, _without_nulls(self.value), _without_nulls(observed))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Holds:
    """Anything else about an exchange, computed by the case."""

    about: Facet
    expected: Any
    observed: Callable[[Exchange], Any]

    def check(self, exchange: Exchange) -> Mismatch | None:
        try:
            observed = self.observed(exchange)
        except (LookupError, ValueError, TypeError) as error:
            return Mismatch(self.about, _shown(self.expected), f"{error}; the client got {answered(exchange)}")
        return compare(self.about, self.expected, observed)
