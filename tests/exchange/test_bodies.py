"""Expectations about bodies and objects: what holds, and what is said when it does not."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from conformance.core.problems import Place, Position
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Expectation, Refuted
from conformance.exchange.expectations.bodies import (
    BrokenOff,
    EncodedAsDeclared,
    Framed,
    HandledCleanly,
    RefusedWhileSending,
    Streamed,
    StreamedEarly,
    TextReturns,
)
from conformance.exchange.expectations.refusals import (
    Refusal,
    refusal_of,
    refused_field,
    verify_accepted,
    verify_refusal,
)
from conformance.exchange.messages import Chunk
from conformance.manifests.objects import read_manifests
from conformance.stage.arrangement.kube import Refused
from tests.support.exchanges import arrival, exchange, response, stream

MESSAGES = [{"role": "user", "content": "hello"}]
EARLY = dataclasses.replace(stream("a"), chunks=(Chunk(b"x", upstream_open=True),))
LATE = dataclasses.replace(stream("a"), chunks=(Chunk(b"x", upstream_open=False),))


@pytest.mark.parametrize(
    ("expectation", "seen"),
    [
        (TextReturns("slow"), exchange(response({"error": {"message": "too slow"}}, 429))),
        (EncodedAsDeclared(), exchange(response("plain"))),
        (EncodedAsDeclared(), exchange(response("undone by the client", content_encoding="gzip"))),
        (Framed(), exchange(response(), arrival({}))),
        (Framed(), exchange(response(), arrival({}, transfer_encoding="chunked"))),
        (RefusedWhileSending(), exchange(response(status=413))),
        (RefusedWhileSending(), exchange(response(status=503))),
        (RefusedWhileSending(), exchange(response(status=None, error="broken pipe"))),
        (HandledCleanly(MESSAGES), exchange(response(status=415))),
        (HandledCleanly(MESSAGES), exchange(response(), arrival({"messages": MESSAGES, "model": "m"}))),
        (Streamed("one two"), exchange(stream("one ", "two"))),
        (BrokenOff(), exchange(stream("one", done=False, error="closed early"))),
        (StreamedEarly(), exchange(EARLY)),
    ],
)
def test_holds(expectation: Expectation, seen: Exchange) -> None:
    assert expectation.check(seen) is None


@pytest.mark.parametrize(
    ("expectation", "seen", "said"),
    [
        (TextReturns("slow"), exchange(response("sorry", 429)), "429 'sorry'"),
        (EncodedAsDeclared(), exchange(response(gzip.compress(b"x"))), "gzip"),
        (EncodedAsDeclared(), exchange(response(error="DecodingError")), "it cannot be read (DecodingError)"),
        (Framed(), exchange(response(status=503)), "0 requests arrived; the client got 503"),
        (Framed(), exchange(response(), arrival(b"{", complete=False)), "1 bytes, then nothing more"),
        (Framed(), exchange(response(), arrival({}, content_length="7")), "['Content-Length: 7']"),
        (
            Framed(),
            exchange(response(), arrival({}, content_length="2", transfer_encoding="chunked")),
            "['Content-Length: 2', 'Transfer-Encoding: chunked']",
        ),
        (RefusedWhileSending(), exchange(response("fine")), "200 'fine'"),
        (HandledCleanly(MESSAGES), exchange(response()), "nothing upstream, 200"),
        (HandledCleanly(MESSAGES), exchange(response(), arrival({}), arrival({})), "2 requests arrived"),
        (
            HandledCleanly(MESSAGES),
            exchange(response(), arrival({}, content_encoding="gzip")),
            "Content-Encoding: gzip",
        ),
        (HandledCleanly(MESSAGES), exchange(response(), arrival(b"\x1f\x8b")), "no JSON"),
        (HandledCleanly(MESSAGES), exchange(response(), arrival({"messages": []})), "messages[0] = absent"),
        (Streamed("one"), exchange(response({"choices": []})), "200"),
        (Streamed("one"), exchange(stream("one", error="reset")), "it broke off (reset)"),
        (Streamed("one"), exchange(stream("one", done=False)), "1 events, at last"),
        (Streamed("one"), exchange(stream(done=False)), "0 events, at last nothing"),
        (Streamed("one two"), exchange(stream("two", "one ")), "the text 'twoone '"),
        (
            Streamed("one"),
            exchange(response("data: not json\n\ndata: [DONE]\n\n", content_type="text/event-stream")),
            "Expecting value",
        ),
        (BrokenOff(), exchange(stream("one", done=False)), "one that ends in order"),
        (StreamedEarly(), exchange(LATE), "the first piece came when the provider had finished"),
        (StreamedEarly(), exchange(response(status=503)), "none did; 503"),
    ],
)
def test_says_what_was_seen(expectation: Expectation, seen: Exchange, said: str) -> None:
    found = expectation.check(seen)
    assert found is not None
    assert said in found.observed


def test_refusals() -> None:
    refused = Refused(422, "Invalid", "spec.port: Required value")
    verify_refusal(refused, "Backend", "Required value")
    verify_accepted([])
    with pytest.raises(Refuted, match="it is accepted"):
        verify_refusal(None, "Backend", "Required value")
    with pytest.raises(Refuted, match=r"spec\.port: Required value"):
        verify_refusal(refused, "Backend", "both host and port")
    with pytest.raises(Refuted, match=r"every object is accepted, observed spec\.port"):
        verify_accepted([Refusal("Backend b", refused.message, Place(Position("b.yaml", 3, 1), "spec.port"))])


def test_what_its_type_asks_for_is_missing_at_the_type_of_a_secret() -> None:
    (secret,) = read_manifests("{apiVersion: v1, kind: Secret, metadata: {name: s}, type: kubernetes.io/tls}", "s.yaml")
    refused = Refused(422, "Invalid", 'Secret "s" is invalid: [data[tls.crt]: Required value]')
    assert refusal_of(secret, refused).where.field == "type"


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ('Backend.x "data" is invalid: spec.ai.llm.port: Invalid value: 0', ("spec", "ai", "llm", "port")),
        (
            'HTTPRoute.x "r" is invalid: [spec.rules[0].filters[12].type: Required value, <nil>: Invalid value: null]',
            ("spec", "rules", 0, "filters", 12, "type"),
        ),
        (
            "failed to create typed patch object (x/y; v1, Kind=Z): errors:\n"
            "  .spec.ai.host: field not declared in schema\n  .spec.ai.port: field not declared in schema",
            ("spec", "ai", "host"),
        ),
        ('X.x "x" is invalid: spec.ai.routes./v1/models: Unsupported value: "models"', ("spec", "ai", "routes")),
        ('no matches for kind "Backend" in version "x/v1"', ("apiVersion",)),
        ("the server could not find the requested resource", ()),
    ],
)
def test_the_field_that_a_refusal_names(message: str, path: tuple[str | int, ...]) -> None:
    assert refused_field(message) == path
