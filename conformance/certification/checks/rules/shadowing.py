"""Checks of routes that never get their requests, because another route's match is as good or better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.exchange.fitting import Fitting, fitting
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import Seniority, best_rule, by_age, by_written_age, takes
from conformance.manifests.dialects.model import Match, Route, Rule
from conformance.manifests.gateways import labels_of_namespaces, placed_route
from conformance.manifests.objects import ObjectId

__all__: list[str] = []

_ANY = "agw-conformance-any"  # a path below a prefix that nobody has a match of its own for
_ELSEWHERE = "agw-conformance.invalid"  # a host that nobody has a route of its own for
_MOST_HOSTNAMES = 16  # a route with more is refused (HTTPRouteSpec.hostnames)
_BY_AGE = "which one counts depends on their age"
_PRECEDENCE = "Gateway API, HTTPRouteRule matches (precedence)"


@reports(
    match_duplicate=("two rules have the same match and lead to different Backends", _PRECEDENCE),
    prefix_shadowed=("another route's match takes the requests that this one is for", _PRECEDENCE),
)
def shadowed(sheet: Sheet) -> Iterator[Found]:
    """Asked of the precedence itself: which rule gets a request that a match is written for?"""
    found = list(_shadowed(sheet, by_written_age))
    yield from found
    told = {(one.manifest.id, one.path) for one in found}
    routes = sheet.configuration.routes
    for one in _shadowed(sheet, by_age) if any(by_age(route) != by_written_age(route) for route in routes) else ():
        if one.check == "match-duplicate" and (one.manifest.id, one.path) not in told:
            message = f"{one.message}: of what is applied anew the other counts, by its name"
            yield replace(one, message=message.replace(f": {_BY_AGE}", ", by the age that is written"))


def _shadowed(sheet: Sheet, seniority: Seniority) -> Iterator[Found]:
    by_listener: dict[tuple[str, str], list[Route]] = defaultdict(list)
    labels = labels_of_namespaces(sheet.manifests)
    for route in sorted(sheet.routes or sheet.configuration.routes, key=seniority):
        for one in placed_route(route, sheet.gateways, labels).attached:
            by_listener[one.door.gateway, one.listener].append(replace(route, hostnames=one.hostnames))
    indexes = {listener: _Index(routes, seniority) for listener, routes in by_listener.items()}
    for route in (placed_route(one, sheet.gateways, labels) for one in sheet.configuration.routes):
        places = [(indexes[place], one) for place, one in _places(route)]
        if route.attached and not places:
            yield _deaf(route)
        for rule in route.rules:
            for number, match in enumerate(rule.matches):
                yield from _worst([_taken(sheet, index, placed, rule, number, match) for index, placed in places])


def _places(route: Route) -> Iterator[tuple[tuple[str, str], Route]]:
    """The listeners whose requests a route gets, and the route with one of its host names there."""
    for one in route.attached:
        for number in range(max(1, min(len(one.hostnames), _MOST_HOSTNAMES))):
            hostnames = one.hostnames[number : number + 1]
            if takes(one, _host(hostnames)):
                yield (one.door.gateway, one.listener), replace(route, hostnames=hostnames)


def _host(hostnames: Sequence[str]) -> str:
    return next(iter(hostnames), _ELSEWHERE).replace("*.", "any.", 1)


def _deaf(route: Route) -> Found:
    """Each request for the route's hosts is another listener's, whose routes alone it is for."""
    door = route.attached[0].door
    message = f"requests for {' and '.join(route.hostnames)} are another listener's of Gateway {door.gateway}, port "
    message += f"{door.port}, with a hostname that is nearer, and the route is not attached to that one"
    remedy = "attach the route to that listener, too"
    return Found("prefix-shadowed", route.origin.manifest, ("spec", "hostnames", 0), message, remedy)


def _worst(found: Sequence[Found | None]) -> Iterator[Found]:
    """One of what was found by listeners and hostnames; no error where requests still arrive by one of these."""
    taken = [one for one in found if one]
    if taken:
        everywhere = len(taken) == len(found) and all(one.severity is Severity.ERROR for one in taken)
        yield replace(taken[0], severity=Severity.ERROR if everywhere else Severity.WARNING)


class _Index:
    """Routes by the first segment of their paths, so that hundreds need not all be asked for each request."""

    def __init__(self, routes: list[Route], seniority: Seniority) -> None:
        self.seniority = seniority
        self._by_segment: dict[str, list[Route]] = defaultdict(list)
        self._routes = routes
        self._order = {route.id: number for number, route in enumerate(routes)}
        for route in routes:
            for segment in {_segment(match) for rule in route.rules for match in rule.matches}:
                self._by_segment[segment].append(route)

    def candidates(self, match: Match) -> list[Route]:
        """The routes that a request for this match might go to, in their order."""
        if match.path_type == "RegularExpression":
            return self._routes
        found = [*self._by_segment[_segment(match)], *(self._by_segment[""] if _segment(match) else ())]
        return sorted({one.id: one for one in found}.values(), key=lambda one: self._order[one.id])


def _segment(match: Match) -> str:
    """The first segment of what a match takes; empty where it is anything."""
    return "" if match.path_type == "RegularExpression" else match.path.lstrip("/").partition("/")[0]


def _taken(sheet: Sheet, index: _Index, route: Route, rule: Rule, number: int, match: Match) -> Found | None:
    if (fits := fitting(match)) is None:
        return None  # which requests it is for cannot be told
    paths = [fits.path, *([f"{fits.path.rstrip('/')}/{_ANY}"] if match.path_type == "PathPrefix" else [])]
    routes = index.candidates(match)
    winners = [_winner(routes, route, replace(fits, path=path), index.seniority) for path in paths]
    others = [one for one in winners if one and _leads(one[1]) != _leads(rule)]
    if not others:
        return None
    other, its_rule = others[0]
    where = (*rule.origin.path, "matches", number, "path", "value")
    there = its_rule.origin.position
    if any(_same(one, match) for one in its_rule.matches) and _same_hosts(route, other):
        first = "the first rule counts" if other.id == route.id else _BY_AGE
        message = f"{other.id} at {there} has the same match, and leads elsewhere: {first}"
        # What leads to no provider at all is another mistake than two providers at one path.
        check = "match-duplicate" if _leads(its_rule) & sheet.backends.keys() else "prefix-shadowed"
        return Found(check, route.origin.manifest, where, message, "give one of them another path")
    # Of what expressions are for, one request is only an example.
    everything = len(others) == len(winners) and not _is_open(match)
    hosts = f" for {' and '.join(route.hostnames)}" if route.hostnames else ""
    itself = f"requests for {fits.path} itself" if match.path_type == "PathPrefix" else f"such a request as {fits.path}"
    what = f"its requests{hosts}" if everything else itself
    message = f"{other.id} at {there} matches more specifically and takes {what}"
    severity = Severity.ERROR if everything else Severity.WARNING
    remedy = "make this match the more specific one, or change the other"
    return Found("prefix-shadowed", route.origin.manifest, where, message, remedy, severity)


def _is_open(match: Match) -> bool:
    kinds = [match.path_type, *(kind for kind, _, _ in (*match.headers, *match.query))]
    return "RegularExpression" in kinds


def _winner(routes: list[Route], route: Route, fits: Fitting, seniority: Seniority) -> tuple[Route, Rule] | None:
    """Who gets a chat completion request that fits, and that like all such requests is of JSON."""
    headers = (("host", _host(route.hostnames)), *fits.headers, ("content-type", "application/json"))
    request = ClientRequest(fits.method, f"{fits.path}?{fits.query}" if fits.query else fits.path, headers)
    return best_rule(routes, request, seniority)


def _leads(rule: Rule) -> set[ObjectId]:
    return {ref.id for ref in rule.backends if ref.weight > 0}


def _same_hosts(route: Route, other: Route) -> bool:
    """Whether another route is as specific about the one hostname, or about none."""
    return set(route.hostnames) <= set(other.hostnames) and bool(route.hostnames) == bool(other.hostnames)


def _same(one: Match, other: Match) -> bool:
    """Whether two matches are for the same requests."""
    return (one.path.rstrip("/"), one.path_type, one.method, set(one.headers), set(one.query)) == (
        other.path.rstrip("/"),
        other.path_type,
        other.method,
        set(other.headers),
        set(other.query),
    )
