"""The cause that mismatches on the way point to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import (
    HeaderReturns,
    Mismatch,
    NothingArrived,
    Status,
    compare,
    compare_json,
)
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.upstream import CookieArrives, HeaderArrives
from conformance.exchange.messages import ClientResponse
from conformance.exchange.oracle.upstream import Expected, GatewayAnswer
from conformance.verdict.diagnosis.transit import cause_on_the_way
from tests.support.exchanges import arrival, exchange, response, stream

THROUGH = exchange(response("{}"), arrival({}))

HOPPED = exchange(response(), arrival({}, te="trailers"))


@pytest.mark.parametrize(
    ("seen", "mismatch", "cause"),
    [
        (THROUGH, Mismatch(Facet.FRAMING, "", ""), "stated the length of the request upstream wrongly"),
        (THROUGH, Mismatch(Facet.HANG_UP, "", ""), "a client that has gone away"),
        (THROUGH, Mismatch(Facet.BREAK, "", ""), "an answer that the provider broke off look complete"),
        (THROUGH, Mismatch(Facet.METHOD, "", ""), "changed the request's method"),
        (THROUGH, CookieArrives("x", "1").check(THROUGH), "dropped the client's cookie x"),
        (
            THROUGH,
            compare_json(Facet.BODY, {"messages": [1]}, {"messages": [2]}),
            "changed messages[0] of the client's",
        ),
        (THROUGH, compare_json(Facet.BODY, {"top_k": 1}, {}), "dropped top_k of the client's request"),
        (THROUGH, compare(Facet.BODY, "seed = 1", "seed = absent"), "the gateway changed the client's request"),
        (
            exchange(response("{}"), arrival({}), accept="a"),
            HeaderArrives("accept", "a").check(THROUGH),
            "the client's header accept",
        ),
        (
            THROUGH,
            HeaderArrives("x-set", "a").check(THROUGH),
            "x-set did not arrive as filters and policies say: it is not",
        ),
        (HOPPED, HeaderArrives("te").check(HOPPED), "sent a header te to the provider"),
        (THROUGH, HeaderReturns("retry-after", "1").check(THROUGH), "response header retry-after"),
        (THROUGH, compare_json(Facet.RESPONSE_BODY, {"id": 1}, {}), "dropped id of the provider's answer"),
        (THROUGH, Mismatch(Facet.ENCODING, "", ""), "without its Content-Encoding"),
        (
            exchange(response(content_encoding="gzip"), arrival({})),
            Mismatch(Facet.ENCODING, "", ""),
            "says Content-Encoding",
        ),
        (exchange(response(), content_encoding="gzip"), Mismatch(Facet.ENCODING, "", ""), "neither decompressed"),
        (
            exchange(stream("a", done=False, error="reset"), arrival({})),
            Mismatch(Facet.EVENTS, "", ""),
            "broke off a stream",
        ),
        (exchange(stream("a", done=False), arrival({})), Mismatch(Facet.EVENTS, "", ""), "data: [DONE]"),
        (exchange(stream("a"), arrival({})), Mismatch(Facet.EVENTS, "", ""), "the order of its events"),
        (THROUGH, NothingArrived().check(THROUGH), "that it should have refused"),
        (
            exchange(response("x", error="cut off"), arrival({})),
            Status(200).check(exchange(response("x", error="cut off"), arrival({}))),
            "broke off the provider's answer",
        ),
        (exchange(response("hm")), Mismatch(Facet.STATUS, "an error 5xx", "200"), "answered 200 by itself"),
        (
            exchange(response("failed to parse", 503), arrival({})),
            Mismatch(Facet.STATUS, "status 200", "503"),
            "the provider answered 200, but the client got 503 from the gateway: 'failed to parse'",
        ),
        (
            exchange(response("no such thing", 422), replace(arrival({"top_k": "1"}, status=422), refused="invalid")),
            Mismatch(Facet.STATUS, "status 200", "422"),
            "dropped messages of the client's request",
        ),
        (
            exchange(ClientResponse(None, error="ReadTimeout"), arrival({})),
            Mismatch(Facet.STATUS, "status 200", "no answer"),
            "the provider answered 200, but the client got no answer: ReadTimeout",
        ),
    ],
)
def test_cause(seen: Exchange, mismatch: Mismatch | None, cause: str) -> None:
    assert mismatch is not None
    found = cause_on_the_way(seen, [mismatch])
    assert found is not None
    assert cause in found.cause


@pytest.mark.parametrize(
    ("seen", "mismatch"),
    [
        # The provider itself refused; nothing arrived; the manifests decide.
        (exchange(response(status=401), arrival({}, status=401)), Mismatch(Facet.STATUS, "status 200", "401")),
        (exchange(response(status=503)), Mismatch(Facet.BODY, "the client's messages", "0 requests arrived")),
        (exchange(response(status=503)), Mismatch(Facet.RESPONSE_BODY, "a", "b")),
        (THROUGH, Mismatch(Facet.TARGET, "/a", "/b")),
        (
            exchange(response("x"), arrival({}), expected=Expected(answer=GatewayAnswer(404, "no route"))),
            NothingArrived().check(THROUGH),
        ),
    ],
)
def test_no_cause_of_this_kind(seen: Exchange, mismatch: Mismatch | None) -> None:
    assert mismatch is not None
    assert cause_on_the_way(seen, [mismatch]) is None
