"""Area A: which requests belong to a route, and to which provider they lead."""

from __future__ import annotations

import copy
from typing import Any

from conformance.cases import DOCUMENTED, Behaviour, Draft, Headers, Level, Scenario, Stage, case, parametrize
from conformance.cases.needs import needs_prefix
from conformance.exchange.expectations import (
    ArrivedOnce,
    Facet,
    Holds,
    MethodArrives,
    NothingArrived,
    Reached,
    RequestTarget,
    Routed,
    Status,
    Unreached,
    verify,
)
from conformance.exchange.oracle.upstream import DEFAULT_HOST

# The lookalike answers whatever path arrives: it only tells one Backend from another.
ANSWERED = Behaviour(status=200)
SECOND_PATH = "/v1/second/chat/completions"


@case(
    "routing/reaches-provider",
    Level.MUST,
    "A chat request to the route's path reaches the Backend's host and port exactly once, and the client gets the"
    " provider's chat completion.",
    source="SEED Mistral 5, 7; SEED DeepSeek 5, 7",
    lines=[1],
    certifies=True,
)
async def test_reaches_provider(stage: Stage) -> None:
    exchange = await stage.chat()
    completion = Holds(Facet.RESPONSE_BODY, "chat.completion", lambda seen: seen.response.json()["object"])
    verify(exchange, Status(200), ArrivedOnce(), Reached(), completion)


@case(
    "routing/only-own-provider",
    Level.MUST,
    "Each route's requests reach its own provider and no other.",
    source="SEED Mistral 5; SEED DeepSeek 5",
    lines=[2],
    certifies=True,
)
async def test_only_own_provider(stages: dict[str, Stage]) -> None:
    for stage in stages.values():
        exchange = await stage.chat()
        others = {one.llm.host for one in stages.values()} - {exchange.expected.host, None}
        verify(
            exchange,
            Status(200),
            ArrivedOnce(),
            Reached(),
            *(Unreached(str(host)) for host in sorted(map(str, others))),
        )


@case(
    "routing/custom-host-not-default",
    Level.MUST,
    "A request for a Backend with a host of its own never goes to the default provider's, also when that host cannot be"
    " reached.",
    source="SEED table host; kgateway#12046, #11225",
    lines=[148],
    needs=("default host",),
    certifies=("documented",),
)
@parametrize(
    "scenario",
    [
        DOCUMENTED,
        Scenario("custom-host-refused", reach="refused"),
        Scenario("custom-host-unresolvable", reach="unresolvable"),
    ],
    ids=str,
)
async def test_custom_host_not_default(stage: Stage) -> None:
    stage.only_if(stage.llm.host not in (None, DEFAULT_HOST), "the Backend has no host of its own")
    verify(await stage.chat(), Unreached(DEFAULT_HOST))


@case(
    "routing/prefix-covers-paths-below",
    Level.MUST,
    "A path prefix matches the paths below it, with and without a trailing slash.",
    source="GW HTTPPathMatch PathPrefix",
    lines=[3],
)
@parametrize("below", ["/", "/any", "/any/sub", "/any/sub?x=1", "?x=1"])
async def test_prefix_covers_paths_below(stage: Stage, below: str) -> None:
    needs_prefix(stage)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), Reached())


@case(
    "routing/prefix-goes-by-segments",
    Level.MUST,
    "A path prefix matches whole segments and minds case: what only begins with the same letters is answered 404, and"
    " nothing goes upstream.",
    source="GW HTTPPathMatch PathPrefix: split by /, case sensitive",
    lines=[4],
)
@parametrize(
    "changed",
    [lambda path: f"{path}x", lambda path: f"{path}-x/y", str.upper, str.title],
    ids=["longer", "longer-below", "upper-case", "title-case"],
)
async def test_prefix_goes_by_segments(stage: Stage, changed: Any) -> None:
    needs_prefix(stage)
    stage.only_if(stage.path != "/", "the prefix / covers every path")
    request = stage.request(path=changed(stage.path.rstrip("/")))
    stage.only_if(stage.unrouted(request), f"a route of the manifests matches {request.path}, too")
    verify(await stage.send(request), Status(404), NothingArrived())


@case(
    "routing/unrelated-path-not-found",
    Level.MUST,
    "A path that no route matches is answered 404, and nothing goes upstream.",
    source="GW HTTPRouteRule: no match is 404",
    lines=[5],
)
@parametrize("path", ["/", "/agw-conformance-no-such-route", "/v1/chat/completions"])
async def test_unrelated_path_not_found(stage: Stage, path: str) -> None:
    request = stage.request(path=path)
    stage.only_if(stage.unrouted(request), f"a route of the manifests matches {path}")
    verify(await stage.send(request), Status(404), NothingArrived())


@case(
    "routing/not-found-text",
    Level.INFO,
    "What the gateway says when no route matches.",
    source="FACTS 2.2, 6.1",
    lines=[13],
)
async def test_not_found_text(stage: Stage) -> None:
    exchange = await stage.chat(path="/agw-conformance-no-such-route")
    stage.observe(f"{exchange.response.status} {exchange.response.excerpt(80)!r}")


@case(
    "routing/any-host-header",
    Level.MUST,
    "A route without hostnames matches whatever the client's Host header is.",
    source="SEED Mistral 5; GW HTTPRoute hostnames: if no values are specified, all hosts are matched",
    lines=[6],
)
@parametrize("host", ["localhost:8080", "gateway.example.com", "GATEWAY.Example.com:8443", "192.0.2.7"])
async def test_any_host_header(stage: Stage, host: str) -> None:
    stage.only_if(not stage.way.host, "the route has hostnames")
    verify(await stage.chat(headers=(("Host", host),)), Status(200), ArrivedOnce(), Reached())


@case(
    "routing/any-method",
    Level.MUST,
    "A route that matches by path alone matches every method: the gateway does not answer 404, and what it sends up has"
    " that method.",
    source="SEED Mistral 5; GW HTTPRouteMatch.method",
    lines=[9],
)
@parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_any_method(stage: Stage, method: str) -> None:
    stage.only_if(stage.way.match.method is None, "the route matches one method")
    verify(await stage.chat(method=method), Routed(), MethodArrives())


def second_rule(draft: Draft, match: dict[str, Any]) -> dict[str, Any]:
    """A copy of the rule with this match, to a second Backend that shows by its path."""
    rule = copy.deepcopy(draft.rule)
    rule["matches"] = [match]
    rule["backendRefs"] = [draft.second_backend("second", path=SECOND_PATH)]
    return rule


def longer_prefix(draft: Draft) -> dict[str, Any]:
    """A rule for what is below /large."""
    path = draft.rule["matches"][0]["path"]
    return second_rule(draft, {"path": {**path, "value": f"{path['value'].rstrip('/')}/large"}})


def longer_in_same_route(draft: Draft) -> None:
    """The longer prefix is the route's second rule."""
    draft.rule["matches"] = draft.rule["matches"][:1]
    draft.route["spec"]["rules"].append(longer_prefix(draft))


def longer_in_other_route(draft: Draft) -> None:
    """The longer prefix has a route of its own, made later."""
    other = copy.deepcopy(draft.route)
    other["metadata"]["name"] += "-large"
    other["spec"]["rules"] = [longer_prefix(draft)]
    draft.add(other)


@case(
    "routing/longer-prefix-wins",
    Level.MUST,
    "Of two prefixes that match, the longer one decides, whatever their order and whether or not in one route.",
    source="GW HTTPRouteRule.matches: largest number of characters in a matching prefix",
    lines=[8],
)
@parametrize(
    "scenario",
    [
        Scenario("longer-in-same-route", (longer_in_same_route,)),
        Scenario("longer-in-other-route", (longer_in_other_route,)),
    ],
    ids=str,
)
@parametrize("below", ["", "/other", "/large", "/large/sub", "/larger"])
async def test_longer_prefix_wins(stage: Stage, below: str) -> None:
    needs_prefix(stage)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def by_header(draft: Draft) -> None:
    """A second rule for the same path and one header."""
    match = {**draft.rule["matches"][0], "headers": [{"name": "X-Tier", "value": "large"}]}
    draft.route["spec"]["rules"].append(second_rule(draft, match))


@case(
    "routing/header-match",
    Level.MUST,
    "A rule that also matches a header decides where the header has that value, and only there.",
    source="GW HTTPRouteMatch.headers; HTTPRouteRule.matches: largest number of header matches",
    lines=[10],
    scenario=Scenario("header-match", (by_header,)),
)
@parametrize(
    "headers",
    [(), (("X-Tier", "large"),), (("x-tier", "large"),), (("X-Tier", "small"),)],
    ids=["none", "same", "other-case", "other-value"],
)
async def test_header_match(stage: Stage, headers: Headers) -> None:
    verify(await stage.chat(headers=headers, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())
