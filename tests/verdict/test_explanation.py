"""What a failure shows of the wire: the header that it is about, from end to end, and the route's own time limit."""

from __future__ import annotations

import pytest

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Expectation, HeaderReturns, Mismatch, Status
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.upstream import HeaderArrives
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.upstream import expect
from conformance.manifests.dialects import read_configuration
from conformance.stage.case import Case, Level
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.verdict.diagnosis.rules import Failure, diagnose
from conformance.verdict.explanation import explain
from tests.support.exchanges import arrival, exchange, response
from tests.support.nimbus import nimbus

CASE = Case("body/some", Level.MUST, "A statement.", "A source.", (), DOCUMENTED, (DOCUMENTED,), print)


def told(expectation: Expectation, seen: Exchange) -> list[str]:
    mismatch = expectation.check(seen)
    assert mismatch is not None
    return explain(CASE, ["p"], [mismatch], None, seen, "again")


@pytest.mark.parametrize(
    ("expectation", "shown"),
    [
        (HeaderArrives("X-Team", "a"), ["x-team: a", "x-team: b"]),
        (HeaderReturns("Retry-After", "1"), ["retry-after: 2"]),
    ],
)
def test_the_header_that_failed_is_shown_wherever_it_went(expectation: Expectation, shown: list[str]) -> None:
    seen = exchange(response("{}", retry_after="2", x_other="o"), arrival({}, x_team="b", x_other="o"), x_team="a")
    lines = [line.strip() for line in told(expectation, seen)]
    assert [line for line in lines if line.partition(":")[0] in ("x-team", "retry-after")] == shown
    assert not [line for line in lines if line.startswith("x-other")]


@pytest.mark.parametrize(
    ("status", "seconds", "cause"),
    [
        (200, 0.1, "the route's timeouts.backendRequest has no effect"),
        (503, 9.0, "the route's timeouts.backendRequest has no effect"),
        (500, 0.5, "the gateway answered 500 instead of 504 when the route's timeouts.backendRequest was over"),
    ],
)
def test_a_limit_that_ends_nothing_is_told_from_a_wrong_status(status: int, seconds: float, cause: str) -> None:
    manifests = nimbus()
    [route] = manifests.of_kind("HTTPRoute")
    route.spec["rules"][0]["timeouts"] = {"request": "20s", "backendRequest": "500ms"}
    configuration = read_configuration(manifests)
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    seen = Exchange(request, ClientResponse(status), [], [], expect(configuration, request), seconds=seconds)
    mismatch = Status(504).check(seen)
    assert mismatch is not None
    assert diagnose(Failure(seen, (mismatch,), configuration, DOCUMENTED)).cause == cause


@pytest.mark.parametrize(("limit", "status", "named"), [("1ms", 504, True), ("1ms", 503, False), ("", 504, False)])
def test_the_routes_own_limit_is_named_as_such(limit: str, status: int, named: bool) -> None:
    manifests = nimbus()
    [route] = manifests.of_kind("HTTPRoute")
    if limit:
        route.spec["rules"][0]["timeouts"] = {"request": limit}
    configuration = read_configuration(manifests)
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    seen = Exchange(request, ClientResponse(status), [], [], expect(configuration, request))
    failure = Failure(seen, (Mismatch(Facet.STATUS, "status 200", f"status {status}"),), configuration, DOCUMENTED)
    found = diagnose(failure)
    assert found.cause.startswith("the route ends requests after 1ms") is named
    assert (found.where is not None and found.where.field == "spec.rules[0].timeouts.request") is named
