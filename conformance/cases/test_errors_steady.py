"""Area I: faults that show now and then only."""

from __future__ import annotations

from typing import Any

from conformance.cases import Exchange, Level, Stage, case
from conformance.cases.acts import answered_exchange, said
from conformance.exchange.expectations import (
    AS_CONFIGURED,
    Facet,
    Holds,
    RestOfBodyKept,
    chance_of,
    verify,
    verify_each,
)

WHOLE, STREAMED = 60, 60
"""Requests of each kind."""
RARE = 1 / 20


@case(
    "errors/steady",
    Level.MUST,
    f"Of {WHOLE} requests and {STREAMED} streams that are alike each is served as the manifests say, as many as show a"
    f" fault in one exchange of twenty with a probability of {chance_of(RARE, STREAMED):.0%}.",
    source="SEED Mistral 7: every request; CASES 189",
    lines=[189],
)
async def test_steady(stage: Stage) -> None:
    asked: dict[str, Any] = {"model": stage.other_model()} if stage.llm.model else {}

    # One after the other: what many at a time come to is for other cases, and busy machines have their own faults.
    exchanges = [await stage.chat(**asked) for _ in range(WHOLE)]
    exchanges += [await stage.stream(**asked) for _ in range(STREAMED)]

    def as_configured(one: Exchange) -> None:
        own = said(stage, one) if one.request.json().get("stream") else _answered(one)
        verify(one, *AS_CONFIGURED, RestOfBodyKept(), own)

    verify_each(exchanges, as_configured)


def _answered(exchange: Exchange) -> Holds:
    """The client has the whole answer to its own request."""
    return Holds(Facet.ANSWER, exchange.request.correlation_id, answered_exchange)
