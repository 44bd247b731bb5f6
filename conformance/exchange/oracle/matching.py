"""Which HTTPRoute rule a request belongs to, by the Gateway API's rules; part of the oracle.

Source: Gateway API v1.4, HTTPRouteRule.matches ("Proxy or Load Balancer routing configuration generated from
HTTPRoutes MUST prioritize matches"), HTTPPathMatch, HTTPHeaderMatch, HTTPQueryParamMatch; Gateway listeners (the most
specific listener of a port takes a request, and its routes alone: agentgateway, ListenerSet::best_match).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from conformance.core.expressions import BrokenExpression, is_whole
from conformance.exchange.messages import ClientRequest
from conformance.manifests.dialects.model import Attached, Match, Route, Rule

__all__ = [
    "Precedence",
    "Seniority",
    "best_rule",
    "by_age",
    "by_written_age",
    "is_heard",
    "matches",
    "path_matches",
    "precedence",
    "takes",
]


Seniority = Callable[[Route], tuple[str, str, str]]
"""What routes with equal matches are sorted by."""


class Precedence(NamedTuple):
    """What decides between two rules, in this order; of each the greater number."""

    very_host: int
    host: int
    exact: int
    path: int
    method: int
    headers: int
    parameters: int


def by_age(route: Route) -> tuple[str, str, str]:
    """As the objects say that are applied, which have no age yet: what has none is the youngest."""
    return _aged(route, route.origin.manifest.data)


def by_written_age(route: Route) -> tuple[str, str, str]:
    """As the input says, which may be what `kubectl get` printed in a cluster."""
    return _aged(route, route.origin.manifest.document.data or {})


def _aged(route: Route, data: Mapping[str, Any]) -> tuple[str, str, str]:
    created = data.get("metadata", {}).get("creationTimestamp")
    return str(created or "~"), route.id.namespace, route.id.name


def best_rule(
    routes: Iterable[Route], request: ClientRequest, seniority: Seniority = by_age
) -> tuple[Route, Rule] | None:
    """The route and rule with the most specific match; None when nothing matches.

    Of equal ones that of the oldest route counts, then of the first by namespace and name, then the first rule.
    """
    best: tuple[Precedence, Route, Rule] | None = None
    for route in routes:
        hostnames = _hostnames_there(route, request)
        hostname = None if hostnames is None else _hostname_rank(hostnames, request)
        if hostname is None:
            continue
        for rule in route.rules:
            for match in rule.matches:
                if not matches(match, request):
                    continue
                rank = Precedence(*hostname, *_rank(match))
                if best is None or rank > best[0] or (rank == best[0] and seniority(route) < seniority(best[1])):
                    best = (rank, route, rule)
    return (best[1], best[2]) if best else None


def precedence(route: Route, rule: Rule, request: ClientRequest) -> Precedence | None:
    """What of a rule's best match decides. None where it is not for the request."""
    hostnames = _hostnames_there(route, request)
    hostname = None if hostnames is None else _hostname_rank(hostnames, request)
    found = [_rank(one) for one in rule.matches if matches(one, request)]
    return Precedence(*hostname, *max(found)) if found and hostname is not None else None


def _rank(match: Match) -> tuple[int, int, int, int, int]:
    """GW HTTPRouteRule.matches: Exact, then the longest prefix, then method, headers, query parameters.

    Where a regular expression stands in that order is left to implementations: agentgateway ranks it among the prefixes
    by the length of its text (FACTS 8, path precedence).
    """
    exact = match.path_type == "Exact"
    # GW HTTPPathMatch: a slash at the end of a prefix is ignored; but the root is a prefix of one character.
    path = (match.path.rstrip("/") or "/") if match.path_type == "PathPrefix" else match.path
    return (int(exact), len(path), int(match.method is not None), len(match.headers), len(match.query))


def _hostname_rank(hostnames: tuple[str, ...], request: ClientRequest) -> tuple[int, int] | None:
    """How precisely a route's hostnames match; None when none does.

    GW HTTPRouteSpec.hostnames: most characters in a matching non-wildcard hostname, then in any matching hostname,
    before all that the rules' matches say.
    """
    if not hostnames:
        return (0, 0)
    host = _host(request)
    return max((rank for one in hostnames if (rank := _covers(one.lower(), host))), default=None)


def _host(request: ClientRequest) -> str:
    return next(iter(request.values("host")), "").partition(":")[0].lower()


def _covers(hostname: str, host: str) -> tuple[int, int] | None:
    """How precisely a hostname means a host, if it does."""
    if hostname == host:
        return (len(hostname), len(hostname))
    return (0, len(hostname)) if hostname.startswith("*.") and host.endswith(hostname[1:]) else None


def _hostnames_there(route: Route, request: ClientRequest) -> tuple[str, ...] | None:
    """The hostnames that a route has where the request comes in; none: any; None: it is not attached there."""
    if request.door is None or not route.attached:
        return route.hostnames
    there = [one.hostnames for one in route.attached if one.door == request.door and takes(one, _host(request))]
    if not there:
        return None
    return () if () in there else tuple(name for names in there for name in names)


def is_heard(route: Route, request: ClientRequest) -> bool:
    """Whether a request comes in by a listener that the route is attached to, as far as any is known."""
    if request.door is None or not route.attached:
        return True
    return any(one.door == request.door and takes(one, _host(request)) for one in route.attached)


def takes(attached: Attached, host: str) -> bool:
    """Whether requests for a host are a listener's, and not those of another listener of the port."""
    own = _covers(attached.hostname.lower(), host) if attached.hostname else (0, 0)
    others = [rank for one in attached.rivals if one and (rank := _covers(one.lower(), host))]
    return own is not None and own >= max(others, default=(0, 0))


def matches(match: Match, request: ClientRequest) -> bool:
    """Whether all conditions of one match hold."""
    path, _, query = request.path.partition("?")
    return (
        path_matches(match, path)  # first: of hundreds of rules it leaves few
        and match.method in (None, request.method)
        and all(_value(kind, value, next(iter(request.values(name)), None)) for kind, name, value in match.headers)
        and (not match.query or _has_parameters(match, query))
    )


def _has_parameters(match: Match, query: str) -> bool:
    parameters = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    return all(_value(kind, value, parameters.get(name)) for kind, name, value in match.query)


def path_matches(match: Match, path: str) -> bool:
    """PathPrefix goes by whole segments and minds case: /mistral matches /mistral/x but not /mistralx."""
    if match.path_type == "Exact":
        return path == match.path
    if match.path_type == "RegularExpression":
        return _full_match(match.path, path)
    prefix = match.path.rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


def _value(kind: str, wanted: str, found: str | None) -> bool:
    if found is None:
        return False
    return _full_match(wanted, found) if kind == "RegularExpression" else wanted == found


def _full_match(pattern: str, text: str) -> bool:
    try:
        return is_whole(pattern, text)
    except BrokenExpression:  # a rule with a broken expression matches nothing
        return False
