"""Rules that divide their traffic among Backends that are looked at each by itself, and whose a request then was."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.credentials import Credential
from conformance.exchange.expectations.upstream import ModelArrives, Reached, RequestTarget
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.upstream import Expected, expectations
from conformance.manifests.dialects.model import Configuration

__all__ = ["as_expected", "is_anothers"]


def is_anothers(
    exchange: Exchange, mine: Configuration, places: Collection[tuple[str, int]], everyone: Iterable[Configuration]
) -> bool:
    """Whether a rule of `mine` that shares its traffic gave the request to a Backend of another configuration.

    `places`: the (host, port) of the lookalikes of `mine`. `everyone`: all configurations that one run looks at.
    """
    found = best_rule(mine.routes, exchange.request)
    shared = {one.id for one in found[1].shared if one.weight > 0} if found else set()
    if not shared:
        return False
    arrived = [(one.connection.host, one.connection.port) for one in exchange.arrivals]
    if arrived and not set(arrived) & set(places):
        return True
    if as_expected(exchange, expectations(mine, exchange.request)):
        return False
    others = [one for one in everyone if shared & {backend.id for backend in one.backends}]
    if not others:
        # To what is none of these, a Service, nothing goes that could be seen.
        return not arrived and not exchange.connections
    # They may have one host; then path, key and model together tell whose it was.
    return any(as_expected(exchange, expectations(one, exchange.request)) for one in others)


def as_expected(exchange: Exchange, expected: Iterable[Expected]) -> bool:
    """Whether what was seen is what one of these is like: the same place, path, key and model, or the same answer."""
    return any(_as_expected(replace(exchange, expected=one)) for one in expected)


def _as_expected(exchange: Exchange) -> bool:
    if exchange.expected.answer is not None:
        return not exchange.arrivals and exchange.response.status == exchange.expected.answer.status
    if len(exchange.arrivals) != 1:
        return False
    parts = (Reached(), RequestTarget(), Credential(), ModelArrives())
    try:
        return all(part.check(exchange) is None for part in parts)
    except ValueError:  # what the client sent is no JSON, and names no model
        return False
