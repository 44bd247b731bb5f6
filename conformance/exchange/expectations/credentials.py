"""The expectation about keys: each arrives where it belongs, and no other beside it."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl

from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch, compare, if_arrived
from conformance.exchange.expectations.facet import Facet

__all__ = ["PLACES", "Credential", "Elsewhere", "values_placed"]


PLACES = {"queryParameter": "query parameter", "cookie": "cookie"}
"""In words, where a key goes that goes into no header."""


@dataclass(frozen=True)
class Elsewhere:
    """Headers that hold the key beside the one where it belongs."""

    headers: tuple[str, ...]


@dataclass(frozen=True)
class Credential:
    """Exactly the documented credentials arrive: each header once, with that value, and no Authorization beside it."""

    def check(self, exchange: Exchange) -> Mismatch | None:
        return self._header(exchange) or self._further(exchange) or self._placed(exchange) or self._once(exchange)

    def _header(self, exchange: Exchange) -> Mismatch | None:
        if exchange.expected.credential is None:
            wanted = exchange.request.values("authorization") if exchange.expected.passthrough else []
            return if_arrived(Facet.CREDENTIAL, str(wanted), exchange) or compare(
                Facet.CREDENTIAL, [f"Authorization: {one}" for one in wanted], self._sent(exchange, "Authorization")
            )
        name, value = exchange.expected.credential
        missing = if_arrived(Facet.CREDENTIAL, f"one header {name}: {value}", exchange)
        return missing or compare(Facet.CREDENTIAL, [f"{name}: {value}"], self._sent(exchange, name))

    def _sent(self, exchange: Exchange, name: str) -> list[str]:
        further = {one.lower() for one, _ in exchange.expected.further}
        names = (name,) if name.lower() == "authorization" else (name, "Authorization")
        return [
            f"{one}: {value}" for one in names if one.lower() not in further for value in exchange.arrival.values(one)
        ]

    def _further(self, exchange: Exchange) -> Mismatch | None:
        wanted = [f"{name}: {value}" for name, value in exchange.expected.further]
        names = [name for name, _ in exchange.expected.further]
        sent = [f"{name}: {value}" for name in names for value in exchange.arrival.values(name)]
        return compare(Facet.CREDENTIAL, wanted, sent)

    def _once(self, exchange: Exchange) -> Mismatch | None:
        """The key stands in no other header; a part of a longer word is none, as where `ollama` is key and host."""
        if exchange.expected.credential is None:
            return None
        name, value = exchange.expected.credential
        own = {"host", name.lower(), *(one.lower() for one, _ in exchange.expected.further)}
        key = value.rpartition(" ")[2]
        others = [
            one for one, sent in exchange.arrival.headers if one.lower() not in own and key and key in _words(sent)
        ]
        if not others:
            return None
        seen = ", ".join([name, *others])
        return Mismatch(Facet.CREDENTIAL, f"the key in {name} alone", f"in {seen}", detail=Elsewhere(tuple(others)))

    def _placed(self, exchange: Exchange) -> Mismatch | None:
        if exchange.expected.placed is None:
            return None
        kind, name, value = exchange.expected.placed
        told = f"the {PLACES[kind]} {name}"
        return compare(Facet.CREDENTIAL, f"{told}: {[value]}", f"{told}: {values_placed(exchange, kind, name)}")


def _words(value: str) -> set[str]:
    """The words of a header, and the values in it that have names."""
    words = re.split(r"[\s,;\"]+", value)
    return {*words, *(one.partition("=")[2] for one in words)}


def values_placed(exchange: Exchange, kind: Literal["queryParameter", "cookie"], name: str) -> list[str]:
    """What arrived in the query parameters or cookies of a name."""
    return _parameters(exchange, name) if kind == "queryParameter" else _cookies(exchange, name)


def _parameters(exchange: Exchange, name: str) -> list[str]:
    query = exchange.arrival.target.partition("?")[2]
    return [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name]


def _cookies(exchange: Exchange, name: str) -> list[str]:
    lines = exchange.arrival.values("cookie")
    pairs = [one.strip().partition("=") for line in lines for one in line.split(";")]
    return [value.strip('"') for key, _, value in pairs if key == name]
