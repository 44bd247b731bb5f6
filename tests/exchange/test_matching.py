"""Which rule a request belongs to. Expected values are from the Gateway API v1.4 (HTTPRouteRule.matches, hostnames)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.core.yaml.located import Document
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import best_rule, matches, path_matches
from conformance.manifests.dialects.model import Attached, Door, Match, Origin, Route, Rule
from conformance.manifests.objects import Manifest
from tests.support.nimbus import nimbus

MANIFEST: Manifest = nimbus().one("HTTPRoute")


def request(path: str, *headers: tuple[str, str], method: str = "POST") -> ClientRequest:
    return ClientRequest(method, path, headers)


@pytest.mark.parametrize(
    ("kind", "value", "path", "expected"),
    [
        ("PathPrefix", "/abc", "/abc", True),
        ("PathPrefix", "/abc", "/abc/", True),
        ("PathPrefix", "/abc", "/abc/def", True),
        ("PathPrefix", "/abc", "/abcd", False),
        ("PathPrefix", "/abc", "/ABC", False),
        ("PathPrefix", "/abc", "/ab", False),
        ("PathPrefix", "/abc/", "/abc", True),
        ("PathPrefix", "/abc/", "/abc/def", True),
        ("PathPrefix", "/abc/", "/abcdef", False),
        ("PathPrefix", "/", "/anything", True),
        ("PathPrefix", "/", "/", True),
        ("Exact", "/abc", "/abc", True),
        ("Exact", "/abc", "/abc/", False),
        ("Exact", "/abc", "/Abc", False),
        ("RegularExpression", "/a.c", "/abc", True),
        ("RegularExpression", "/a.c", "/abcd", False),
        ("RegularExpression", "/a[", "/a[", False),
    ],
)
def test_path(kind: str, value: str, path: str, expected: bool) -> None:
    assert path_matches(Match(value, kind), path) is expected


@pytest.mark.parametrize(
    ("match", "sent", "expected"),
    [
        (Match("/a"), request("/a?x=/b"), True),
        (Match("/a", method="GET"), request("/a"), False),
        (Match("/a", method="POST"), request("/a"), True),
        (Match("/a", headers=(("Exact", "X-A", "1"),)), request("/a", ("x-a", "1")), True),
        (Match("/a", headers=(("Exact", "x-a", "1"),)), request("/a", ("X-A", "2")), False),
        (Match("/a", headers=(("Exact", "x-a", "1"),)), request("/a"), False),
        (Match("/a", headers=(("RegularExpression", "x-a", "[0-9]+"),)), request("/a", ("x-a", "12")), True),
        (Match("/a", headers=(("RegularExpression", "x-a", "[0-9]+"),)), request("/a", ("x-a", "12b")), False),
        (Match("/a", headers=(("Exact", "a", "1"), ("Exact", "b", "2"))), request("/a", ("a", "1")), False),
        (Match("/a", query=(("Exact", "v", "1"),)), request("/a?v=1"), True),
        (Match("/a", query=(("Exact", "v", ""),)), request("/a?v="), True),
        (Match("/a", query=(("Exact", "v", "1"),)), request("/a?v=2&v=1"), False),
        (Match("/a", query=(("Exact", "v", "a b"),)), request("/a?v=a%20b"), True),
        (Match("/a", query=(("Exact", "v", "1"),)), request("/a"), False),
    ],
)
def test_conditions_hold_together(match: Match, sent: ClientRequest, expected: bool) -> None:
    assert matches(match, sent) is expected


def route(*rules: tuple[str, Match], hostnames: tuple[str, ...] = ()) -> Route:
    """A route whose rules carry a name in their timeout."""
    made = tuple(Rule(Origin(MANIFEST, ("spec",)), (match,), (), timeout=name) for name, match in rules)
    return Route(MANIFEST.id, Origin(MANIFEST), (), hostnames, made)


SHORT, LONG, EXACT = Match("/a"), Match("/a/b"), Match("/a/b", "Exact")
POST, WITH_HEADER = Match("/a", method="POST"), Match("/a", headers=(("Exact", "x", "1"),))
WITH_QUERY = Match("/a", query=(("Exact", "q", "1"),))


@pytest.mark.parametrize(
    ("candidates", "winner"),
    [
        ([("short", SHORT), ("long", LONG)], "long"),
        ([("long", LONG), ("short", SHORT)], "long"),
        ([("long", LONG), ("exact", EXACT)], "exact"),
        ([("method", POST), ("long", LONG)], "long"),
        ([("plain", SHORT), ("method", POST)], "method"),
        ([("header", WITH_HEADER), ("method", POST)], "method"),
        ([("query", WITH_QUERY), ("header", WITH_HEADER)], "header"),
        ([("plain", SHORT), ("query", WITH_QUERY)], "query"),
        ([("first", SHORT), ("second", SHORT)], "first"),
    ],
)
def test_the_most_specific_match_wins(candidates: list[tuple[str, Match]], winner: str) -> None:
    found = best_rule([route(*candidates)], request("/a/b?q=1", ("x", "1")))
    assert found is not None
    assert found[1].timeout == winner


@pytest.mark.parametrize(
    ("hostname", "host", "expected"),
    [
        ("llm.example", "llm.example", True),
        ("llm.example", "LLM.example:8080", True),
        ("LLM.example", "llm.example", True),
        ("llm.example", "other.example", False),
        ("*.example", "a.example", True),
        ("*.example", "a.b.example", True),
        ("*.example", "example", False),
        ("*.example", "aexample", False),
        ("*.example", "", False),
    ],
)
def test_hostname(hostname: str, host: str, expected: bool) -> None:
    found = best_rule([route(("only", SHORT), hostnames=(hostname,))], request("/a", ("Host", host)))
    assert (found is not None) is expected


def test_a_hostname_outranks_every_path_and_the_longer_one_wins() -> None:
    everyone = route(("everyone", EXACT))
    wildcard = route(("wildcard", LONG), hostnames=("*.example",))
    precise = route(("precise", SHORT), hostnames=("a.example",))
    for routes in ([everyone, wildcard, precise], [precise, wildcard, everyone]):
        for host, winner in [("a.example", "precise"), ("b.example", "wildcard"), ("c.test", "everyone")]:
            found = best_rule(routes, request("/a/b", ("Host", host)))
            assert found is not None
            assert found[1].timeout == winner


def test_nothing_matches() -> None:
    assert best_rule([route(("only", LONG))], request("/a")) is None
    assert best_rule([], request("/a")) is None


def test_a_slash_at_the_end_makes_no_prefix_longer() -> None:
    slash, plain, root = ("slash", Match("/a/")), ("plain", Match("/a", method="POST")), ("root", Match("/"))
    for candidates in ([slash, plain, root], [root, plain, slash]):
        found = best_rule([route(*candidates)], request("/a/b"))
        assert found is not None
        assert found[1].timeout == "plain"
    expression = ("expression", Match("/", "RegularExpression", headers=(("Exact", "x", "1"),)))
    found = best_rule([route(root, expression)], request("/", ("x", "1")))
    assert found is not None
    assert found[1].timeout == "expression"


def test_of_equal_matches_that_of_the_oldest_route_counts_then_the_first_by_name() -> None:
    def named(name: str, created: str | None) -> Route:
        data = {"metadata": {"creationTimestamp": created} if created else {}}
        manifest = Manifest(data, Document(data, {}))
        found = route((name, SHORT))
        return replace(found, id=replace(found.id, name=name), origin=Origin(manifest))

    young, old, early = named("b", "2026-02-02T00:00:00Z"), named("c", "2026-01-01T00:00:00Z"), named("a", None)
    unborn = named("d", None)
    for routes, winner in (([young, old, early], "c"), ([unborn, early], "a"), ([early, young], "b")):
        found = best_rule(routes, request("/a"))
        assert found is not None
        assert found[1].timeout == winner


INTERNAL = Door("llm/internal", 80)


@pytest.mark.parametrize(
    ("hostname", "rivals", "host", "taken"),
    [
        ("", (), "a.example.com", True),
        ("", ("*.example.com",), "a.example.com", False),
        ("", ("*.example.com",), "example.com", True),
        ("*.example.com", ("",), "a.example.com", True),
        ("*.example.com", ("a.example.com",), "a.example.com", False),
        ("*.example.com", ("*.a.example.com",), "b.a.example.com", False),
        ("a.example.com", ("*.example.com", ""), "A.example.com:8080", True),
        ("a.example.com", (), "b.example.com", False),
    ],
)
def test_the_most_specific_listener_of_a_port_takes_a_request(
    hostname: str, rivals: tuple[str, ...], host: str, taken: bool
) -> None:
    attached = Attached(INTERNAL, "http", hostname, (), rivals)
    there = Route(MANIFEST.id, Origin(MANIFEST), (), (), (Rule(Origin(MANIFEST), (Match("/"),), ()),), (attached,))
    asked = replace(request("/", ("Host", host)), door=INTERNAL)
    assert (best_rule([there], asked) is not None) is taken


def test_a_route_gets_requests_at_its_listeners_only() -> None:
    attached = Attached(INTERNAL, "http", "", ("a.example.com",))
    there = Route(MANIFEST.id, Origin(MANIFEST), (), (), (Rule(Origin(MANIFEST), (Match("/"),), ()),), (attached,))
    asked = replace(request("/", ("Host", "a.example.com")), door=INTERNAL)
    assert best_rule([there], asked)
    assert best_rule([there], replace(asked, headers=())) is None
    assert best_rule([there], replace(asked, door=Door("llm/internal", 81))) is None
    assert best_rule([there], replace(asked, door=Door("llm/public", 80))) is None
