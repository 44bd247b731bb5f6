"""Area A: every match of every rule that leads to a Backend, at every listener and host of its route."""

from __future__ import annotations

from conformance.cases import Aspect, Behaviour, Level, NotApplicable, Stage, case
from conformance.exchange.expectations import (
    AS_CONFIGURED,
    ArrivedOnce,
    Reached,
    RequestAuthority,
    RequestTarget,
    Status,
    verify,
)
from conformance.exchange.oracle.endpoints import CHAT, kind_of, routes_of
from conformance.exchange.ways import Way

ARRIVES = tuple(one for one in AS_CONFIGURED if not isinstance(one, RequestAuthority))
# Below the path of a provider there is nothing: how it is rewritten is all that is looked at.
ANSWERED = Behaviour(status=200)


def _other_api(stage: Stage, way: Way) -> str:
    """Which other API than chat completions the end of a match's path is for; of Models all is known that there is."""
    backend, llm = next(stage.configuration.llms())
    said = routes_of(stage.configuration, backend, llm, way.route, way.rule)
    kind = kind_of(said[0], way.match.path) if said and way.match.path_type == "Exact" else CHAT
    return "" if kind in (CHAT, "Models") else kind


@case(
    "routing/every-match",
    Level.MUST,
    "A request that fits any match of any rule that leads to the Backend arrives as that rule wants it, by whichever"
    " listener and host of the route it comes in; so does one to a path below a prefix.",
    source="GW HTTPRouteRule.matches, filters; HTTPRoute hostnames, ParentReference.sectionName",
    lines=[3, 10, 12],
    certifies=True,
    every_way=True,
    about=tuple(one for one in Aspect if one is not Aspect.CALLERS),
)
async def test_every_match(stage: Stage) -> None:
    stage.only_if(stage.further_ways, "one match leads to the Backend, and the other cases are about it")
    untried = []
    for way in stage.further_ways:
        if api := _other_api(stage, way):
            untried.append(f"{way} is for {api}, and no chat completion")
            continue
        try:
            # Without a rewrite it is not documented which Host arrives.
            named = (RequestAuthority(),) if way.rule.rewrite.get("hostname") else ()
            verify(await stage.chat(way=way), *ARRIVES, *named)
            request = stage.request(way=way, below="/any/sub")
        except NotApplicable as reason:
            untried.append(str(reason))
            continue
        if way.match.path_type == "PathPrefix" and stage.goes_by(way, request):
            exchange = await stage.send(request, behaviour=ANSWERED)
            verify(exchange, Status(200), ArrivedOnce(), Reached(), RequestTarget())
    stage.only_if(not untried, "; ".join(untried))
