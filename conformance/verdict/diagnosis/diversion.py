"""What probably led a request, a key or an answer to where it does not belong: diagnosis where no manifest does."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.filters import without_backend
from conformance.exchange.oracle.matching import Precedence, best_rule, by_age, is_heard, matches, precedence
from conformance.manifests.dialects.model import Configuration, Route, Rule
from conformance.verdict.diagnosis.failure import Told

__all__ = ["by_another_rule", "cause_of_diversion", "wrongly_matched"]

_CAUSES = {
    Facet.DISCLOSURE: Told("the gateway shows a key to people who must not see it; replace that key", "secrets"),
    Facet.POLICY_STATUS: Told(
        "the policy's status says that it is in force, but the traffic does not follow it", "status"
    ),
    Facet.ANSWER: Told("the client got the answer to another request", "isolation"),
    Facet.OWN_ERROR: Told("a part of the gateway's own error does not reach the client", "errors"),
    Facet.CONCURRENCY: Told("the gateway sends a provider only so many requests at a time; others wait", "isolation"),
    Facet.ISOLATION: Told("a request to one provider waits for another provider's answers", "isolation"),
    Facet.FAILOVER: Told(
        "the provider of the second priority group was not tried, although the first had failed", "isolation"
    ),
    Facet.SECOND_REQUEST: Told(
        "what stands behind an ambiguously framed request was taken for a request of its own", "secrets"
    ),
}


def cause_of_diversion(exchange: Exchange, mismatches: Sequence[Mismatch]) -> Told | None:
    """The cause in the gateway that these mismatches point to; None when they point nowhere."""
    facets = {one.about for one in mismatches}
    for facet, known in _CAUSES.items():
        if facet in facets and not (facet is Facet.ANSWER and _is_no_answer(exchange)):
            return known if facet is not Facet.ANSWER or _is_whole(exchange) else _PART
    if copies := next((one.observed for one in mismatches if one.about is Facet.COPY), ""):
        return Told(f"the gateway does not copy requests as the RequestMirror filter says: {copies}", "routing")
    if not facets & {Facet.REACHED, Facet.ELSEWHERE}:
        return None
    right = (exchange.expected.host, exchange.expected.port)
    redirects = [one for one in exchange.arrivals if (one.status or 0) // 100 == 3]
    if redirects and (len(exchange.arrivals) > 1 or Facet.ELSEWHERE in facets):
        return Told("the gateway followed the provider's redirect", "secrets")
    seen = [one.connection for one in exchange.arrivals] or exchange.connections
    wrong = [one for one in seen if (one.host, one.port) != right]
    # What was connected to meanwhile by others is no sign where the right place was connected to as well.
    if not wrong or (not exchange.arrivals and len(wrong) < len(seen)):
        return None
    cause = f"the request for {right[0]}:{right[1]} went to {wrong[0].host}:{wrong[0].port}"
    if exchange.arrivals and wrong[0] not in exchange.connections:
        opened = "a connection was used that had been opened for that one"
        return Told(f"{cause}, key included: {opened}", "isolation")
    return Told(f"{cause}, key included" if exchange.arrivals else cause)


_PART = Told("the gateway passed on a part of the provider's answer only", "body")


def _is_whole(exchange: Exchange) -> bool:
    """Whether an answer that is to be JSON is."""
    try:
        exchange.response.json()
    except ValueError:
        return False
    return True


def _is_no_answer(exchange: Exchange) -> bool:
    """An error, and what broke off, is nobody's."""
    return exchange.response.error is not None or (exchange.response.status or 500) >= 400


def wrongly_matched(routes: Iterable[Route], request: ClientRequest) -> str:
    """Why a request that went by a route of these should not have: what of the match it does not fulfil."""
    matched = f"the path {request.path!r} matched a route that it must not match"
    for match in (match for route in routes for rule in route.rules for match in rule.matches):
        if matches(match, request):
            return f"the request matched a route for other hosts than {next(iter(request.values('host')), 'its own')}"
        unlike = {
            "query parameters": replace(match, query=()),
            "headers": replace(match, headers=()),
            "methods": replace(match, method=None),
        }
        if (what := next((name for name, other in unlike.items() if matches(other, request)), None)) is not None:
            return f"the request matched a route for other {what}"
        if match.path_type == "Exact" and matches(replace(match, path_type="PathPrefix"), request):
            return f"{matched}: an exact path is no prefix"
    return f"{matched}: {_path_misread(list(routes), request)}"


def _path_misread(routes: Sequence[Route], request: ClientRequest) -> str:
    """What must have been done to a path for a route to match it."""
    path, _, query = request.path.partition("?")
    done = {
        "paths are compared as they are, not decoded": unquote(path),
        "paths are compared as they are, slashes are not merged": "/" + "/".join(one for one in path.split("/") if one),
        "paths are compared as they are, dots are not resolved": posixpath.normpath(path),
    }
    found = [match for route in routes for rule in route.rules for match in rule.matches]
    for why, other in done.items():
        if other != path and any(matches(one, replace(request, path=f"{other}?{query}")) for one in found):
            return why
    lower = replace(request, path=f"{path.lower()}?{query}")
    if path != path.lower() and any(matches(replace(one, path=one.path.lower()), lower) for one in found):
        return "paths are not compared without regard to case"
    if any(one.path_type == "RegularExpression" for one in found):
        return "the expression does not fit the whole of it"
    return "prefixes go by segments"


def by_another_rule(configuration: Configuration, request: ClientRequest, sign: str | int) -> Told | None:
    """The cause where a rule that the request does not fall to makes what is seen: the target that arrived, or the
    status that the gateway answered by itself. None where none does.
    """
    best = best_rule(configuration.routes, request)
    if best and len(best[1].backends) > 1 and _makes(configuration, best[1], sign):
        return Told("the gateway does not divide requests among the backendRefs by their weights", "routing")
    for route in configuration.routes:
        for rule in route.rules:
            if (best and rule is best[1]) or not _makes(configuration, rule, sign):
                continue
            if any(matches(one, request) for one in rule.matches):
                if not is_heard(route, request):
                    return Told("the request went by a route of another listener than the one for its host", "routing")
                return Told(_goes_first(best, (route, rule), request), "routing")
            return Told(wrongly_matched([replace(route, rules=(rule,))], request), "routing")
    return None


_FIRST = {
    "very_host": "the very host goes before wildcards, whatever the paths",
    "host": "the longer host goes first, whatever the paths",
    "exact": "an exact path goes before prefixes",
    "path": "the longer path goes first",
    "method": "a match of the method goes before none",
    "headers": "more matches of headers go first",
    "parameters": "of as many matches of headers, more of query parameters go first",
}
"""How each part of `Precedence` decides."""


def _goes_first(best: tuple[Route, Rule] | None, other: tuple[Route, Rule], request: ClientRequest) -> str:
    """That the other rule was taken, and by what the best one goes first."""
    told = "the request went by another route than the one that goes first"
    if best is None:
        return told
    one, two = precedence(*best, request), precedence(*other, request)
    if one is not None and two is not None and one != two:
        part = next(name for name in Precedence._fields if getattr(one, name) != getattr(two, name))
        return f"{told}: {_FIRST[part]}"
    if best[0] is other[0]:
        return f"{told}: of rules with the same match the first one does"
    if by_age(best[0])[0] != by_age(other[0])[0]:
        return f"{told}: of routes with the same match the oldest does, whatever their names"
    return f"{told}: of routes with the same match and of one age the first by namespace and name does"


def _makes(configuration: Configuration, rule: Rule, sign: str | int) -> bool:
    if isinstance(sign, int):
        return not rule.backends and without_backend(rule)[0] == sign
    backends = [found for ref in rule.backends if (found := configuration.backend(ref.id))]
    return any(llm.path == sign for backend in backends for llm in backend.providers)
