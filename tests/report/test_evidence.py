"""Evidence: what of an exchange travels to the report, and what never does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.core.redaction import register_key
from conformance.exchange.exchange import Exchange
from conformance.exchange.oracle.upstream import Expected, GatewayAnswer
from conformance.verdict.evidence import gather
from mock_providers.journal import ConnectionSeen, TlsFacts
from tests.support.exchanges import arrival, exchange, response

KEY = "sk-agate-0123456789"
register_key("agate-key", KEY)


def many(number: int) -> list[Exchange]:
    return [exchange(response(f"answer {one}")) for one in range(number)]


def test_evidence_is_plain_data_without_keys() -> None:
    seen = arrival({"key": KEY}, authorization=f"Bearer {KEY}", x_secret=f"a{KEY}b")
    seen.connection.tls = TlsFacts("api.example.com", ("h2",), ("TLSv1.3",), True, "TLSv1.3", "h2")
    expected = Expected(host="api.example.com", port=443, target="/x", credential=("Authorization", f"Bearer {KEY}"))
    one = exchange(response({"echo": KEY}), seen, expected=expected, authorization="Bearer theirs-12345")
    gathered, omitted = gather([replace(one, gateway_log=[f"sent {KEY}"])], None, full=True)
    text = json.dumps(gathered)
    assert KEY not in text
    assert "theirs" not in text
    assert omitted == 0
    (data,) = json.loads(text)
    assert data == gathered[0]
    assert ["authorization", "Bearer <agate-key>"] in data["arrivals"][0]["headers"]
    assert ["authorization", "Bearer <hidden, 12 characters>"] in data["request"]["headers"]
    assert data["expected"]["credential"] == "Authorization: Bearer <agate-key>"
    assert data["arrivals"][0]["connection"]["tls"]["sni"] == "api.example.com"
    assert data["log"] == ["sent <agate-key>"]
    assert ["x-conformance-exchange", "id"] in data["request"]["headers"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer", "<hidden, 6 characters>"),
        ("authorization", "", ""),
        ("authorization", "Bearer $OPAL_API_KEY", "Bearer $OPAL_API_KEY"),
        ("x-api-key", "whatever it is", "whatever <hidden, 5 characters>"),
        ("x-opal", "the provider's own", "the <hidden, 14 characters>"),
        ("x-other", "plain", "plain"),
    ],
)
def test_no_value_is_shown_where_keys_travel(name: str, value: str, shown: str) -> None:
    seen = replace(arrival({}), headers=((name, value),), secret_header="x-opal")
    (data,), _ = gather([exchange(response(), seen)], None, full=False)
    assert data["arrivals"][0]["headers"] == [[name, shown]]


@pytest.mark.parametrize(("full", "kept"), [(True, 12), (False, 3)])
def test_the_refuting_exchange_is_never_left_out(full: bool, kept: int) -> None:
    exchanges = many(20)
    gathered, omitted = gather(exchanges, exchanges[-1], full=full)
    assert (len(gathered), omitted) == (kept, 20 - kept)
    assert [one["refuted"] for one in gathered] == [False] * (kept - 1) + [True]
    assert gathered[-1]["response"]["body"]["text"] == "answer 19"


def test_an_exchange_that_no_stage_knows_of_is_counted() -> None:
    gathered, omitted = gather(many(1), exchange(response("stray")), full=False)
    assert ([one["refuted"] for one in gathered], omitted) == ([False, True], 0)


def test_bodies_are_cut_but_not_through_a_key() -> None:
    text = "x" * 590 + KEY + "y" * 600
    (data,), _ = gather([exchange(response(text))], None, full=False)
    body = data["response"]["body"]
    assert (len(body["text"]), body["size"], body["cut"]) == (600, len(text), True)
    assert body["text"].endswith("<agate-key")
    (data,), _ = gather([exchange(response(text))], None, full=True)
    assert not data["response"]["body"]["cut"]


def test_connections_that_brought_no_request() -> None:
    seen = arrival({})
    failed = ConnectionSeen(9, "api.example.com", 443, "127.0.0.1", "tls", TlsFacts(None, (), ()))
    failed.tls = TlsFacts(None, (), ("TLSv1.2",), failure="unknown ca")
    one = replace(exchange(response(), seen), connections=[seen.connection, failed])
    (data,), _ = gather([one], None, full=True)
    (connection,) = data["connections"]
    assert connection["tls"] is not None
    assert (connection["tls"]["sni"], connection["tls"]["failure"]) == ("", "unknown ca")


def test_where_the_gateway_must_answer_by_itself() -> None:
    (data,), _ = gather(
        [exchange(response(), expected=Expected(answer=GatewayAnswer(404, "no route")))], None, full=True
    )
    assert data["expected"]["answer"] == "404 by the gateway itself: no route"
    assert data["expected"]["target"] == ""
