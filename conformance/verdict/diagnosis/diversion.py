"""What probably led a request, a key or an answer to where it does not belong: diagnosis where no manifest does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import matches
from conformance.manifests.dialects.model import Route

__all__ = ["cause_of_diversion", "wrongly_matched"]

_CAUSES = {
    Facet.DISCLOSURE: "the gateway shows a key to people who must not see it; replace that key",
    Facet.POLICY_STATUS: "the policy's status says that it is in force, but the traffic does not follow it",
    Facet.ANSWER: "the client got the answer to another request",
    Facet.ISOLATION: "a request to one provider waits for another provider's answers",
    Facet.FAILOVER: "the provider of the second priority group was not tried, although the first could not be reached",
    Facet.SECOND_REQUEST: "what stands behind an ambiguously framed request was taken for a request of its own",
}


def cause_of_diversion(exchange: Exchange, mismatches: Sequence[Mismatch]) -> str | None:
    """The cause in the gateway that these mismatches point to; None when they point nowhere."""
    facets = {one.about for one in mismatches}
    for facet, cause in _CAUSES.items():
        if facet in facets:
            return cause
    if not facets & {Facet.REACHED, Facet.ELSEWHERE}:
        return None
    right = (exchange.expected.host, exchange.expected.port)
    redirects = [one for one in exchange.arrivals if (one.status or 0) // 100 == 3]
    if redirects and (len(exchange.arrivals) > 1 or Facet.ELSEWHERE in facets):
        return "the gateway followed the provider's redirect"
    seen = [one.connection for one in exchange.arrivals] or exchange.connections
    wrong = [one for one in seen if (one.host, one.port) != right]
    if not wrong:
        return None
    cause = f"the request for {right[0]}:{right[1]} went to {wrong[0].host}:{wrong[0].port}"
    if exchange.arrivals and wrong[0] not in exchange.connections:
        return f"{cause}, key included: a connection was used that had been opened for that one"
    return f"{cause}, key included" if exchange.arrivals else cause


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
    return f"{matched}: prefixes go by segments"
