"""Requests that fit matches: each is taken by the match that it was made for, by the oracle's own word."""

from __future__ import annotations

import pytest

from conformance.exchange.fitting import fitting
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import matches
from conformance.manifests.dialects.model import Match

REGULAR = "RegularExpression"


@pytest.mark.parametrize(
    "match",
    [
        Match("/mistral"),
        Match("/v1/(mistral|deepseek)/.*", REGULAR),
        Match(r"/\p{L}+/[^/]+", REGULAR),
        Match("^/(?i)m.stral$", REGULAR),
        Match("(/a|/a/b)", REGULAR),
        Match("/m", method="PUT"),
        Match("/m", headers=(("Exact", "x-team", "a b"), (REGULAR, "user-agent", "(curl|python)/[0-9.]+"))),
        Match("/m", query=(("Exact", "model", "a&b=c"), (REGULAR, "v", r"\d{3}"))),
        Match("/", headers=((REGULAR, "authorization", "Bearer .+"),)),
    ],
)
def test_a_request_that_was_made_for_a_match_is_taken_by_it(match: Match) -> None:
    found = fitting(match)
    assert found is not None
    target = f"{found.path}?{found.query}" if found.query else found.path
    assert matches(match, ClientRequest(found.method, target, found.headers))
    assert fitting(match) == found


@pytest.mark.parametrize("match", [Match("/a(?=b)", REGULAR), Match("(", REGULAR), Match("x", REGULAR)])
def test_where_none_can_be_made_there_is_none(match: Match) -> None:
    assert fitting(match) is None
