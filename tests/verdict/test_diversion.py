"""The cause of a request, a key or an answer that went where it does not belong."""

from __future__ import annotations

import pytest

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.upstream import Expected
from conformance.verdict.diagnosis.diversion import cause_of_diversion
from mock_providers.journal import ConnectionSeen, RequestSeen

RIGHT, WRONG = "llm.nimbus.example", "llm.stratus.example"


def arrival(host: str, status: int = 200) -> RequestSeen:
    seen = RequestSeen(2, ConnectionSeen(1, host, 443, "127.0.0.1", "tls"), "POST", "/v1/c", "1.1", ())
    seen.status = status
    return seen


def cause(
    about: Facet,
    *arrivals: RequestSeen,
    opened: tuple[str, ...] | None = None,
    status: int = 200,
    body: bytes = b"{}",
) -> str | None:
    connections = [one.connection for one in arrivals]
    if opened is not None:
        connections = [ConnectionSeen(9, host, 443, "127.0.0.1", "tls") for host in opened]
    expected = Expected(host=RIGHT, port=443)
    exchange = Exchange(
        ClientRequest("POST", "/nimbus"), ClientResponse(status, body=body), arrivals, connections, expected
    )
    found = cause_of_diversion(exchange, [Mismatch(Facet.STATUS, "a", "b"), Mismatch(about, "a", "b")])
    return found.cause if found else None


@pytest.mark.parametrize(
    ("about", "arrivals", "opened", "said"),
    [
        ("reached", [arrival(WRONG)], None, f"the request for {RIGHT}:443 went to {WRONG}:443, key included"),
        ("reached", [arrival(WRONG)], (), "a connection was used that had been opened for that one"),
        ("elsewhere", [], (WRONG,), f"the request for {RIGHT}:443 went to {WRONG}:443"),
        ("elsewhere", [arrival(RIGHT, 302), arrival(WRONG)], None, "the gateway followed the provider's redirect"),
        ("elsewhere", [arrival(RIGHT, 307)], (WRONG,), "the gateway followed the provider's redirect"),
        ("disclosure", [], None, "replace that key"),
        ("isolation", [], None, "waits for another provider's answers"),
        ("answer", [], None, "the answer to another request"),
    ],
)
def test_cause(about: str, arrivals: list[RequestSeen], opened: tuple[str, ...] | None, said: str) -> None:
    assert (cause(Facet(about), *arrivals, opened=opened) or "").endswith(said)


@pytest.mark.parametrize(("about", "host"), [("reached", RIGHT), ("target", WRONG), ("model", RIGHT)])
def test_no_diversion(about: str, host: str) -> None:
    assert cause(Facet(about), arrival(host)) is None


def test_an_error_is_nobodys_answer_and_a_part_is_not_anothers() -> None:
    assert cause(Facet.ANSWER, status=401) is None
    assert cause(Facet.ANSWER, body=b'{"choices": [') == "the gateway passed on a part of the provider's answer only"


def test_a_redirect_that_was_passed_on_is_no_diversion() -> None:
    redirect = arrival(RIGHT, 301)
    assert cause(Facet.REACHED, redirect) is None
