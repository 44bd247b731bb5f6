"""Expectations about keys: that they are never in clear on the wire, and never in what the gateway says."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from mock_providers.journal import RequestSeen

__all__ = ["Encrypted", "Undisclosed", "in_plaintext"]


def in_plaintext(exchanges: Iterable[Exchange]) -> list[RequestSeen]:
    """The requests of these exchanges that arrived outside of TLS."""
    return [one for exchange in exchanges for one in exchange.arrivals if one.connection.tls is None]


@dataclass(frozen=True)
class Encrypted:
    """Nothing of the request arrived outside of TLS, wherever."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        seen = [
            f"{one.method} {one.target} in plaintext to {one.connection.host}:{one.connection.port}"
            for one in in_plaintext([exchange])
        ]
        return Mismatch(Facet.PLAINTEXT, "nothing outside of TLS", ", ".join(seen)) if seen else None


@dataclass(frozen=True)
class Undisclosed:
    """None of these secrets, nor its base64 form, is in the client's response or in the texts of other `places`."""

    secrets: tuple[str, ...] = field(repr=False)
    places: Mapping[str, str] = field(default_factory=dict)

    def check(self, exchange: Exchange) -> Mismatch | None:
        forms = [form for one in self.secrets if one for form in (one, base64.b64encode(one.encode()).decode())]
        shown = [
            f"{place}: {_around(text)}"
            for place, text in (*_said(exchange), *self.places.items())
            if any(form in text for form in forms)
        ]
        return Mismatch(Facet.DISCLOSURE, "no key in it", "; ".join(shown)) if shown else None


def _said(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Everything that the client was told."""
    for name, value in exchange.response.headers:
        yield "a response header", f"{name}: {value}"
    yield f"the body of the answer {exchange.response.status}", exchange.response.text


def _around(text: str) -> str:
    """What is hidden first in a text, with a little of what surrounds it; cut afterwards, lest half a key stay."""
    hidden = redact(text)
    start = next((at for at, (one, other) in enumerate(zip(text, hidden, strict=False)) if one != other), len(text))
    return " ".join(hidden[max(0, start - 40) : start + 80].split())
