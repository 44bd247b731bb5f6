"""Area A: what each kind of match holds a request to, and which of several matches decides."""

from __future__ import annotations

import copy
from typing import Any

from conformance.cases import Behaviour, Draft, Headers, Level, Scenario, Stage, case, parametrize
from conformance.cases.acts import as_matched
from conformance.exchange.expectations import (
    ArrivedOnce,
    HeaderReturns,
    NothingArrived,
    Reached,
    RequestTarget,
    Status,
    verify,
)

ANSWERED = Behaviour(status=200)


def ends_in_slash(draft: Draft) -> None:
    """The prefixes are written with a slash at their end."""
    for match in draft.rule["matches"]:
        if match["path"]["type"] != "PathPrefix" or match["path"]["value"] == "/":
            raise LookupError("match of a path prefix that could end in a slash")
        match["path"]["value"] = f"{match['path']['value'].rstrip('/')}/"


@case(
    "routing/prefix-with-slash",
    Level.MUST,
    "A prefix that is written with a slash at its end matches what one without it does, the path without slash too.",
    source="GW HTTPPathMatch, PathPrefix: a trailing slash is ignored (/abc/ matches /abc)",
    lines=[3, 170],
    scenario=Scenario("prefix-with-slash", (ends_in_slash,)),
)
@parametrize("below", ["", "/", "/below"])
async def test_prefix_with_slash(stage: Stage, below: str) -> None:
    path = stage.path.partition("?")[0].rstrip("/")
    verify(await stage.chat(path=f"{path}{below}", behaviour=ANSWERED), Status(200), ArrivedOnce(), Reached())


def asking(name: str, **conditions: Any) -> Scenario:
    """The route's first match with these conditions and no others, and with it alone."""

    def change(draft: Draft) -> None:
        draft.rule["matches"] = [{"path": draft.rule["matches"][0]["path"], **conditions}]
        draft.route["spec"]["rules"] = [draft.rule]

    return Scenario(name, (change,))


def of_route(stage: Stage, below: str = "") -> str:
    """The route's path, without a query that its match asks for."""
    return f"{stage.path.partition('?')[0]}{below}"


QUERY = asking("query-exact", queryParams=[{"name": "team", "value": "red"}])


@case(
    "routing/query-match",
    Level.MUST,
    "queryParams hold requests to account, each of them: the value must be equal, case included, or match the whole"
    " expression.",
    source="GW HTTPQueryParamMatch (Exact, RegularExpression); HTTPRouteMatch (all conditions must hold)",
    lines=[168],
)
@parametrize(
    "scenario",
    [
        QUERY,
        asking("query-regex", queryParams=[{"type": "RegularExpression", "name": "team", "value": "red|green"}]),
        asking("query-two", queryParams=[{"name": "team", "value": "red"}, {"name": "size", "value": "1"}]),
    ],
    ids=str,
)
async def test_query_match(stage: Stage) -> None:
    alike = ("?team=reddish", "?team=infrared", "?team=RED", "?TEAM=red&SIZE=1")
    for query in ("?team=red", "?size=1&team=red", "", "?size=1", "?team=blue", *alike):
        as_matched(await stage.chat(path=of_route(stage, query), behaviour=ANSWERED))


@case(
    "routing/query-first-counts",
    Level.SHOULD,
    "Of a query parameter that is repeated the first value is matched.",
    source="GW HTTPQueryParamMatch.name (recommended: the first value)",
    lines=[168],
    scenario=QUERY,
)
async def test_query_first_counts(stage: Stage) -> None:
    for query in ("?team=red&team=blue", "?team=blue&team=red"):
        as_matched(await stage.chat(path=of_route(stage, query), behaviour=ANSWERED))


@case(
    "routing/header-and-method-match",
    Level.MUST,
    "A header match takes whole values only, case included, by expression or not; a match of one method refuses the"
    " others.",
    source="GW HTTPHeaderMatch RegularExpression; GW HTTPRouteMatch.method",
    lines=[168],
)
@parametrize(
    "scenario",
    [
        asking("header-exact", headers=[{"name": "x-tier", "value": "silver"}]),
        asking("header-regex", headers=[{"type": "RegularExpression", "name": "x-tier", "value": "gold|silver"}]),
        asking("method-put", method="PUT"),
    ],
    ids=str,
)
async def test_header_and_method_match(stage: Stage) -> None:
    for tier, method in (
        *(("silver", "PUT"), ("golden", "PUT"), ("marigold", "PUT"), ("GOLD", "PUT")),
        *(("gold", "POST"), ("tin", "POST")),
    ):
        headers: Headers = (("X-Tier", tier),)
        as_matched(await stage.chat(headers=headers, method=method, behaviour=ANSWERED))


def three_paths(draft: Draft) -> None:
    """The rule takes three paths below the prefix."""
    path = draft.rule["matches"][0]["path"]
    if path["type"] != "PathPrefix":
        raise LookupError("match of a path prefix")
    below = [{**path, "value": f"{path['value'].rstrip('/')}/{name}"} for name in ("one", "two", "three")]
    draft.rule["matches"] = [{"path": one} for one in below]
    draft.route["spec"]["rules"] = [draft.rule]


@case(
    "routing/any-match-suffices",
    Level.MUST,
    "Of several matches of a rule any suffices, be it the first or the last.",
    source="GW HTTPRouteRule.matches (matches are independent: the rule matches if any of them is satisfied)",
    lines=[3, 168],
    scenario=Scenario("three-paths", (three_paths,)),
)
async def test_any_match_suffices(stage: Stage) -> None:
    above = of_route(stage).rpartition("/")[0]
    for below in ("/one", "/two/below", "/three", "/four"):
        as_matched(await stage.chat(path=f"{above}{below}", behaviour=ANSWERED))


@case(
    "routing/exact-is-no-prefix",
    Level.MUST,
    "A match of an exact path takes that path and none below it.",
    source="GW HTTPPathMatch Exact",
    lines=[169],
    scenario=Scenario("exact", (lambda draft: draft.rule["matches"][0]["path"].update(type="Exact"),)),
)
async def test_exact_is_no_prefix(stage: Stage) -> None:
    for below in ("", "/", "/below"):
        as_matched(await stage.chat(path=of_route(stage, below), behaviour=ANSWERED))


def ranked(draft: Draft) -> None:
    """Rules that all match one request, the less specific first; each shows itself by its path."""
    path = draft.rule["matches"][0]["path"]
    if path["type"] != "PathPrefix":
        raise LookupError("match of a path prefix")
    long = f"{path['value'].rstrip('/')}/large"
    one, two = ({"name": f"x-{name}", "value": "1"} for name in ("one", "two"))
    matches: dict[str, dict[str, Any]] = {
        "query": {"path": path, "queryParams": [{"name": "q", "value": "1"}]},
        "header": {"path": path, "headers": [one]},
        "headers": {"path": path, "headers": [one, two]},
        "method": {"path": path, "method": "PUT"},
        "long": {"path": {**path, "value": long}},
        "exact": {"path": {"type": "Exact", "value": f"{long}/exact"}},
    }
    for name, match in matches.items():
        rule = copy.deepcopy(draft.rule)
        rule["matches"] = [match]
        rule["backendRefs"] = [draft.second_backend(name, path=f"/ranked/{name}")]
        draft.route["spec"]["rules"].append(rule)


@case(
    "routing/precedence",
    Level.MUST,
    "Of rules that match the exact path decides, then the longest, then the method, then the number of headers, then"
    " that of query parameters.",
    source="GW HTTPRouteRule.matches, precedence",
    lines=[167],
    scenario=Scenario("ranked", (ranked,)),
)
@parametrize(
    ("method", "below", "headers"),
    [
        ("PUT", "/large/exact?q=1", 2),
        ("PUT", "/large/below?q=1", 2),
        ("PUT", "/below?q=1", 2),
        ("POST", "/below?q=1", 2),
        ("POST", "/below?q=1", 1),
        ("POST", "/below?q=1", 0),
        ("POST", "/below", 0),
    ],
    ids=["exact", "long", "method", "headers", "header", "query", "none"],
)
async def test_precedence(stage: Stage, method: str, below: str, headers: int) -> None:
    sent = (("X-One", "1"), ("X-Two", "1"))[:headers]
    exchange = await stage.chat(path=of_route(stage, below), method=method, headers=sent, behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


def filtering(name: str, type_: str, **settings: Any) -> Scenario:
    """The rule with one more filter."""
    field = type_[0].lower() + type_[1:]

    def change(draft: Draft) -> None:
        draft.rule["filters"] = [{"type": type_, field: settings}]
        if type_ == "RequestRedirect":  # which the API takes without backendRefs only
            draft.rule.pop("backendRefs", None)

    return Scenario(name, (change,))


@case(
    "routing/redirect-filter",
    Level.SHOULD,
    "A RequestRedirect is answered by the gateway, and nothing goes upstream.",
    source="GW HTTPRequestRedirectFilter",
    lines=[172],
    scenario=filtering("redirected", "RequestRedirect", scheme="https", hostname="moved.internal", statusCode=301),
)
async def test_redirect_filter(stage: Stage) -> None:
    # A redirect that says nothing of the path leads to the same one, and so to the same query.
    for path in (of_route(stage), f"{of_route(stage)}?x=1&y=%2F"):
        exchange = await stage.chat(path=path)
        verify(exchange, Status(301), NothingArrived(), HeaderReturns("location", f"https://moved.internal{path}"))


@case(
    "routing/response-header-filter",
    Level.SHOULD,
    "A ResponseHeaderModifier sets and removes headers of the provider's answers, streams included.",
    source="GW HTTPHeaderFilter, ResponseHeaderModifier",
    lines=[172],
    scenario=filtering(
        "answers-modified", "ResponseHeaderModifier", set=[{"name": "X-Set", "value": "here"}], remove=["x-gone"]
    ),
)
@parametrize("streamed", [False, True], ids=["whole", "stream"])
async def test_response_header_filter(stage: Stage, streamed: bool) -> None:
    behaviour = Behaviour(headers=(("x-gone", "1"), ("x-set", "there")))
    exchange = await stage.chat(behaviour=behaviour, stream=True if streamed else ...)
    verify(exchange, Status(200), HeaderReturns("x-set", "here"), HeaderReturns("x-gone"))


def limit_backend(draft: Draft) -> None:
    """The provider has half a second for its answer, the gateway much more."""
    draft.rule["timeouts"] = {"request": "20s", "backendRequest": "500ms"}


@case(
    "routing/backend-request-timeout",
    Level.SHOULD,
    "When the provider takes longer than the rule's timeouts.backendRequest the client gets 504.",
    source="GW HTTPRouteTimeouts.backendRequest",
    lines=[172, 188],
    scenario=Scenario("backend-timeout", (limit_backend,)),
)
async def test_backend_request_timeout(stage: Stage) -> None:
    verify(await stage.chat(behaviour=Behaviour(first_byte_after=3.0)), Status(504))
