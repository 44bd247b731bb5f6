"""Area A: how paths and hosts are compared, and which of several routes goes first."""

from __future__ import annotations

import copy
import functools
from typing import Any

from conformance.cases import Behaviour, Draft, Level, Manifest, Scenario, Stage, case, parametrize
from conformance.cases.acts import as_matched, raw, younger
from conformance.cases.variations import ELSEWHERE, all_elsewhere
from conformance.exchange.expectations import ArrivedOnce, RequestTarget, Status, verify

ANSWERED = Behaviour(status=200)
BELOW = "ranked.agw-conformance.internal"


def prefix_of(draft: Draft) -> str:
    """The path of the rule's first match. Raises LookupError where that is no prefix of one's own."""
    path = draft.rule["matches"][0]["path"]
    if path["type"] != "PathPrefix" or path["value"].rstrip("/") == "":
        raise LookupError("match of a path prefix")
    return str(path["value"].rstrip("/"))


def by_expression(draft: Draft) -> None:
    """The route's path is an expression: two versions, and perhaps something below."""
    expression = f"{prefix_of(draft)}/v[12](/chat)?"
    draft.rule["matches"] = [{"path": {"type": "RegularExpression", "value": expression}}]
    draft.route["spec"]["rules"] = [draft.rule]


@case(
    "routing/path-expression",
    Level.SHOULD,
    "A match of a path by RegularExpression takes the paths that the whole expression fits, and no others.",
    source="GW HTTPPathMatch RegularExpression; agentgateway (anchored at both ends)",
    lines=[167, 168],
    scenario=Scenario("path-expression", (by_expression,)),
)
async def test_path_expression(stage: Stage) -> None:
    prefix = stage.configuration.routes[0].rules[0].matches[0].path.partition("/v[")[0]
    fitting, others = ("/v1", "/v2/chat", "/v1?to=/v3"), ("/v3", "/v1/chat/more", "/v3?to=/v1")
    for before, below in (*(("", one) for one in (*fitting, *others)), ("/more", "/v1")):
        as_matched(await stage.chat(path=f"{before}{prefix}{below}", behaviour=ANSWERED))


def one_rule(draft: Draft) -> None:
    """The first rule alone, with a prefix of its own."""
    prefix_of(draft)
    draft.route["spec"]["rules"] = [draft.rule]


@case(
    "routing/path-as-sent",
    Level.MUST,
    "Paths are compared as they are sent: nothing is decoded, no slashes are merged, no dots resolved.",
    source="GW HTTPPathMatch; FACTS 6.1",
    lines=[3, 170],
    scenario=Scenario("path-as-sent", (one_rule,)),
)
@parametrize("how", ["encoded", "doubled", "dotted"])
async def test_path_as_sent(stage: Stage, how: str) -> None:
    path = stage.path.partition("?")[0]
    other = {"encoded": f"/%{ord(path[1]):02X}{path[2:]}", "doubled": f"/{path}", "dotted": f"/other/..{path}"}[how]
    request = stage.request(path=other)
    # Byte by byte: clients would resolve dots before they send.
    as_matched(await stage.send_raw(request, raw(request, stage.target.gateway.authority)))


def for_hosts(draft: Draft) -> None:
    """Routes of one path for one host, for those below two domains, and for any; the last also has a longer path."""
    path = prefix_of(draft)
    # The broader goes first by its name: nothing but the length of its host puts it behind.
    hosts = {"any": None, "broad": f"*.{BELOW}", "narrow": f"*.a.{BELOW}", "exact": f"one.a.{BELOW}"}
    first = draft.route
    first["spec"]["rules"] = [draft.rule]
    copies: list[dict[str, Any]] = []
    for name, host in hosts.items():
        route = copy.deepcopy(first)
        route["metadata"]["name"] += f"-{name}"
        route["spec"]["hostnames"] = [host] if host else []
        rule = route["spec"]["rules"][0]
        rule["matches"] = [{"path": {"type": "PathPrefix", "value": f"{path}/long" if host is None else path}}]
        rule["backendRefs"] = [draft.second_backend(name, path=f"/ranked/{name}")]
        copies.append(route)
    first["spec"]["hostnames"] = [f"never.{BELOW}"]
    for route in copies:
        draft.add(route)


@case(
    "routing/host-precedence",
    Level.MUST,
    "Of routes that match, the one for the very host goes first, then that of the longer wildcard, then that for any"
    " host; before all that their paths say.",
    source="GW HTTPRouteSpec.hostnames, precedence",
    lines=[167, 169],
    scenario=Scenario("host-ranked", (for_hosts,)),
)
@parametrize("host", ["one.a", "two.a", "two"])
async def test_host_precedence(stage: Stage, host: str) -> None:
    path = f"{stage.path.partition('?')[0]}/long/below"
    exchange = await stage.chat(path=path, headers=(("Host", f"{host}.{BELOW}"),), behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


def expression_and_prefixes(draft: Draft) -> None:
    """A prefix, a longer expression, and a prefix that is longer still; each shows itself by its path."""
    path = prefix_of(draft)
    kinds = {
        "short": ("PathPrefix", f"{path}/a"),
        "expression": ("RegularExpression", f"{path}/a/[a-z]+/.*"),
        "long": ("PathPrefix", f"{path}/a/long/enough/to/go/first"),
    }
    rules = []
    for name, (kind, value) in kinds.items():
        rule = copy.deepcopy(draft.rule)
        rule["matches"] = [{"path": {"type": kind, "value": value}}]
        rule["backendRefs"] = [draft.second_backend(name, path=f"/ranked/{name}")]
        rules.append(rule)
    draft.route["spec"]["rules"] = [draft.rule, *rules]


@case(
    "routing/expression-precedence",
    Level.SHOULD,
    "An expression ranks among the prefixes by the length of its text.",
    source="agentgateway, get_path_rank; GW HTTPRouteRule.matches (implementation-specific)",
    lines=[167],
    scenario=Scenario("expression-ranked", (expression_and_prefixes,)),
)
@parametrize("below", ["/a/1", "/a/long/b", "/a/long/enough/to/go/first/b"], ids=["short", "expression", "long"])
async def test_expression_precedence(stage: Stage, below: str) -> None:
    exchange = await stage.chat(path=f"{stage.path.partition('?')[0]}{below}", behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


def alike(draft: Draft) -> None:
    """Routes with the very same match: two whose names come before and after each other, and where the Gateway takes
    those of other namespaces one whose name comes first and its namespace last; that one redirects.
    """
    path, later = f"{prefix_of(draft)}/alike", ELSEWHERE
    if (here := draft.route["metadata"]["namespace"]) > ELSEWHERE and draft.material.takes_all:
        all_elsewhere(draft)
        later = here
    first = draft.route
    first["spec"]["rules"] = [draft.rule]
    copies = [copy.deepcopy(first) for _ in "abc"]
    for name, route in zip("abc", copies, strict=True):
        route["metadata"]["name"] += f"-{name}"
        route["spec"]["rules"][0]["matches"] = [{"path": {"type": "PathPrefix", "value": path}}]
    for name, route in zip("bc", copies[1:], strict=True):
        route["spec"]["rules"][0]["backendRefs"] = [draft.second_backend(name, path=f"/ranked/{name}")]
    copies[0]["metadata"]["namespace"] = later
    redirect = {"scheme": "https", "hostname": "later.agw-conformance.internal", "statusCode": 302}
    copies[0]["spec"]["rules"][0]["filters"] = [{"type": "RequestRedirect", "requestRedirect": redirect}]
    copies[0]["spec"]["rules"][0].pop("backendRefs")
    # What leads to the second alone tells when the gateway has it.
    copies[1]["spec"]["rules"][0]["matches"].append({"path": {"type": "PathPrefix", "value": f"{path}-second"}})
    # In the order in which they are to go first, so that they come into being in no other one.
    for route in (*copies[1:], *(copies[:1] if draft.material.takes_all else ())):
        draft.add(route)


async def by_name(stage: Stage) -> list[tuple[str, Manifest]]:
    """The routes with their ages, by namespace and name."""
    routes = [one for one in stage.manifests if one.kind == "HTTPRoute" and one.name.endswith(("-a", "-b", "-c"))]
    routes.sort(key=lambda one: (one.namespace, one.name))
    ages = [(await stage.object("HTTPRoute", one.name))["metadata"]["creationTimestamp"] for one in routes]
    return list(zip(ages, routes, strict=True))


@case(
    "routing/oldest-first",
    Level.MUST,
    "Of routes with the same match and of one age the first by namespace and name goes first.",
    source="GW HTTPRouteRule.matches, precedence (creation timestamp, then alphabetical order by {namespace}/{name})",
    lines=[167],
    scenario=Scenario("alike", (alike,)),
)
async def test_oldest_first(stage: Stage) -> None:
    ages = [age for age, _ in await by_name(stage)]
    stage.only_if(ages == sorted(ages), "the routes came into being in another order than they were meant to")
    exchange = await stage.chat(path=f"{stage.path.partition('?')[0]}/alike", behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


@case(
    "routing/older-before-name",
    Level.MUST,
    "Of routes with the same match the oldest goes first, whatever their names.",
    source="GW HTTPRouteRule.matches, precedence (the oldest Route based on creation timestamp)",
    lines=[167],
    scenario=Scenario("alike-aged", (alike,), own=True),
)
async def test_older_before_name(stage: Stage) -> None:
    (_, first), (age, oldest), *rest = await by_name(stage)
    anew = [*(one for _, one in rest), first]
    path = f"{stage.path.partition('?')[0]}/alike"
    oldest.data["metadata"]["creationTimestamp"] = age  # what has none is the youngest
    # All but one come anew in a later second, whenever they came before; the path of the last tells of both changes.
    own = functools.partial(stage.chat, path=f"{path}-second", behaviour=ANSWERED)
    for one in anew:
        await stage.delete(one)
    await stage.settles(own, ArrivedOnce(), RequestTarget())
    await younger(stage, first, age)
    for one in anew:
        await stage.restore(one)
    await stage.settles(own, ArrivedOnce(), RequestTarget())
    verify(await stage.chat(path=path, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def for_certain_hosts(draft: Draft) -> None:
    """A route for one host and for those below another."""
    draft.route["spec"]["hostnames"] = ["one.agw-conformance.internal", "*.many.agw-conformance.internal"]


HOSTNAMES = Scenario("hostnames", (for_certain_hosts,))


@case(
    "routing/hostnames",
    Level.MUST,
    "A route with hostnames is for these, whatever the port in Host and its letters; a wildcard does not stand for its"
    " parent domain.",
    source="GW HTTPRouteSpec.hostnames (ports are ignored; *.example.com does not match example.com); RFC 9110 4.2.3",
    lines=[169],
    scenario=HOSTNAMES,
)
@parametrize("host", ["one", "one:8080", "ONE", "a.many", "a.MANY", "a.b.many:8443", "many", "one.many.another"])
async def test_hostnames(stage: Stage, host: str) -> None:
    name, colon, port = host.partition(":")
    there = f"{name}.agw-conformance.internal{colon}{port}"
    as_matched(await stage.chat(headers=(("Host", there),), behaviour=ANSWERED))


@case(
    "routing/hostnames-by-host-alone",
    Level.MUST,
    "A route with hostnames goes by the Host header: what the client says of hosts in other headers neither leads to it"
    " nor away from it.",
    source="GW HTTPRouteSpec.hostnames (matched against the HTTP Host header)",
    lines=[169],
    scenario=HOSTNAMES,
)
@parametrize("name", ["X-Forwarded-Host", "Forwarded"])
@parametrize(("host", "other"), [("one", "another"), ("another", "one")], ids=["away", "to-it"])
async def test_hostnames_by_host_alone(stage: Stage, name: str, host: str, other: str) -> None:
    there, elsewhere = (f"{one}.agw-conformance.internal" for one in (host, other))
    headers = (("Host", there), (name, f"host={elsewhere}" if name == "Forwarded" else elsewhere))
    as_matched(await stage.chat(headers=headers, behaviour=ANSWERED))
