"""Every match of every rule that leads to a Backend, and a request that goes by it and by no other."""

from __future__ import annotations

import pytest

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.sharing import apart, in_vain, share_of
from conformance.exchange.ways import Way, fitting_for, is_rare, leads_by, ways_of
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration, Route
from conformance.manifests.gateways import GatewayFacts, ListenerFacts, placed
from tests.support.nimbus import nimbus

BACKEND_REF = {"group": "gateway.kgateway.dev", "kind": "Backend", "name": "nimbus"}
SERVICE = {"name": "web", "port": 80}


def configured(*rules: dict[str, object], hostnames: tuple[str, ...] = ()) -> Configuration:
    """Nimbus with these rules, each to its Backend unless it says where."""
    manifests = nimbus()
    route = manifests.one("HTTPRoute")
    route.data["spec"]["rules"] = [{"backendRefs": [BACKEND_REF], **rule} for rule in rules]
    route.data["spec"]["hostnames"] = list(hostnames)
    return read_configuration(manifests)


def prefix(path: str, **more: object) -> dict[str, object]:
    return {"path": {"type": "PathPrefix", "value": path}, **more}


def chosen(configuration: Configuration, way: Way, everyone: tuple[Route, ...] = (), path: str = "") -> str | None:
    found = fitting_for(way, configuration.routes, everyone, path)
    return found.path if found else None


def test_every_match_of_every_rule_is_a_way() -> None:
    found = ways_of(configured({"matches": [prefix("/a"), prefix("/b")]}, {"matches": [prefix("/c")]}))
    assert [str(way).rpartition(" ")[2] for way in found] == [
        "spec.rules[0].matches[0]",
        "spec.rules[0].matches[1]",
        "spec.rules[1].matches[0]",
    ]


def test_rules_that_lead_elsewhere_are_none_as_long_as_one_leads_here() -> None:
    elsewhere: dict[str, object] = {"matches": [prefix("/a")], "backendRefs": [SERVICE]}
    assert [way.match.path for way in ways_of(configured(elsewhere, {"matches": [prefix("/b")]}))] == ["/b"]
    assert [way.match.path for way in ways_of(configured(elsewhere))] == ["/a"]


def test_the_first_is_one_that_chat_requests_come_by() -> None:
    rare = [{**BACKEND_REF, "weight": 1}, {**SERVICE, "weight": 1000}]
    found = configured(
        {"matches": [prefix("/rare")], "backendRefs": rare},
        {"matches": [prefix("/get", method="GET"), prefix("/post", method="POST")]},
    )
    assert [way.match.path for way in ways_of(apart(found, ()))] == ["/post", "/rare", "/get"]


def test_the_first_match_of_a_route_comes_at_every_listener_and_host() -> None:
    hosts = ("chat.example.com", "*.example.org")
    listeners = (
        ListenerFacts("all", 80, allowed="All"),
        ListenerFacts("org", 80, hostname="any.example.org", allowed="All"),
        ListenerFacts("more", 81, allowed="All"),
    )
    found = configured({"matches": [prefix("/a"), prefix("/b")]}, hostnames=hosts)
    gateway = GatewayFacts("kgateway-system", "agentgateway", listeners)
    ways = ways_of(placed(found, [gateway], {}))
    assert [(way.match.path, way.door and way.door.port, way.host) for way in ways] == [
        ("/a", 80, "chat.example.com"),
        ("/a", 80, "any.example.org"),
        ("/a", 81, "chat.example.com"),
        ("/a", 81, "any.example.org"),
        ("/b", 80, "chat.example.com"),
    ]


def test_a_request_is_none_that_another_rule_takes() -> None:
    found = configured(
        {"matches": [prefix("/v1")]},
        {"matches": [{"path": {"type": "Exact", "value": "/v1"}}]},
        {"matches": [prefix("/v1", headers=[{"name": "x", "value": "1"}])]},
        {"matches": [prefix("/v1")]},
    )
    first, exact, header, again = ways_of(found)
    assert chosen(found, first) == "/v1/agw-conformance-any"
    assert chosen(found, exact) == "/v1"
    assert chosen(found, header) == "/v1/agw-conformance-any"
    assert chosen(found, again) is None


def test_a_request_is_none_that_another_route_takes() -> None:
    mine, others = configured({"matches": [prefix("/v1")]}), configured({"backendRefs": [SERVICE]})
    [way], [route] = ways_of(mine), others.routes
    assert chosen(mine, way, (*mine.routes, route)) == "/v1"
    taking = configured({"matches": [{"path": {"type": "Exact", "value": "/v1"}}], "backendRefs": [SERVICE]})
    assert chosen(mine, way, (*mine.routes, *taking.routes)) == "/v1/agw-conformance-any"


@pytest.mark.parametrize(
    ("before", "replaced", "path"),
    [
        ("/a", "/", "/a/v1/chat"),
        ("/a", "/v1", "/a"),
        ("/a", "/v2", "/a"),
        ("/a/v1", "/v1", "/a/v1/chat"),
        ("/a/v1beta", "/v1/", "/a/v1beta/chat"),
        ("/a/v1", "/v1/chat", "/a/v1"),
        ("/a/v1", "/v2", "/a/v1"),
    ],
)
def test_who_replaces_a_base_is_called_with_the_rest_of_the_path(before: str, replaced: str, path: str) -> None:
    rewrite = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": replaced}}
    found = configured({"matches": [prefix(before)], "filters": [{"type": "URLRewrite", "urlRewrite": rewrite}]})
    assert chosen(found, ways_of(found)[0], path="/v1/chat") == path


@pytest.mark.parametrize(("below", "path"), [("/v1", "/v1/chat"), ("/", "/v1/chat"), ("/a", "/a")])
def test_without_a_path_of_its_own_the_path_of_the_provider_is_called(below: str, path: str) -> None:
    found = configured({"matches": [prefix(below)]})
    assert chosen(found, ways_of(found)[0], path="/v1/chat") == path


def test_what_others_get_of_a_rule_is_known() -> None:
    divided = configured({"backendRefs": [{**BACKEND_REF, "weight": 3}, SERVICE]})
    (rule,) = apart(divided, ()).routes[0].rules
    assert share_of(rule) == 0.75
    assert [ref.id.name for ref in rule.shared] == ["web"]


@pytest.mark.parametrize(("share", "rare"), [(1.0, False), (0.5, False), (0.01, False), (0.009, True), (1e-6, True)])
def test_of_a_small_share_it_is_chance_to_find_a_request(share: float, rare: bool) -> None:
    assert is_rare(share) is rare


def test_how_often_a_search_is_in_vain() -> None:
    assert in_vain(1.0, 10) == 0
    assert in_vain(0.5, 10) == pytest.approx(2**-10)


def test_a_request_goes_by_one_rule() -> None:
    found = configured({"matches": [prefix("/a")]}, {"matches": [prefix("/b")]})
    first, second = ways_of(found)
    request = ClientRequest("POST", "/b/x")
    assert [leads_by(way, request, found.routes, ()) for way in (first, second)] == [False, True]
