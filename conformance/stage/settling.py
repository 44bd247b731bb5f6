"""How long a change takes to reach traffic: exchanges are repeated until they are as expected, or never are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from conformance.core import deadlines
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Change, Expectation, Mismatch, Refuted, verify
from conformance.exchange.expectations.facet import Facet

__all__ = ["settled", "unfollowed"]

# Consecutive good exchanges after a change: 7 of 25 first reads were stale on real gateways.
_CONSECUTIVE = 3
_PAUSE = 0.02


async def settled(
    act: Callable[[], Awaitable[Exchange]], expectations: Sequence[Expectation], seconds: float
) -> Exchange:
    """The last of several exchanges in a row that are as expected; raises Refuted with the last when they never are."""
    good = 0
    end = deadlines.now() + seconds
    while True:
        exchange = await act()
        try:
            verify(exchange, *expectations)
        except Refuted:
            good = 0
            if deadlines.now() > end:
                raise
            # The data plane tells nobody when it follows; only the next exchange can.
            await asyncio.sleep(_PAUSE)
            continue
        good += 1
        if good == _CONSECUTIVE:
            return exchange


def unfollowed(refuted: Refuted, change: Change) -> Refuted:
    """The same, with the change that the gateway did not follow in time."""
    wanted = f"the gateway follows {change.what} within {change.seconds:.0f} s"
    return Refuted(refuted.exchange, [*refuted.mismatches, Mismatch(Facet.CHANGE, wanted, "it did not", detail=change)])


def goes_on(before: Exchange | None, now: Exchange | None) -> bool:
    """Whether an exchange went as an earlier one had, before a change; what cannot be compared is taken to."""
    if before is None or now is None or before.request.path != now.request.path:
        return True
    return _course(before) == _course(now)


def _course(exchange: Exchange) -> tuple[object, ...]:
    """How it went: what the client got, and where which request arrived with which key."""
    arrivals = [
        (one.connection.host, one.connection.port, one.connection.tls is None, one.target, one.values("authorization"))
        for one in exchange.arrivals
    ]
    return exchange.response.status, arrivals
