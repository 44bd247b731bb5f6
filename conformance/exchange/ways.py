"""Ways to a Backend: each match of each rule that leads there, and what a request must be like to come by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import dotted
from conformance.exchange.fitting import Fitting, fitting
from conformance.exchange.messages import ClientRequest, Headers
from conformance.exchange.oracle.matching import best_rule, takes
from conformance.exchange.oracle.sharing import in_vain, leads_here, share_of
from conformance.manifests.dialects.model import Configuration, Door, Match, Origin, Route, Rule

__all__ = ["MOST_SPLIT", "Way", "become_of_prefix", "fitting_for", "is_rare", "leads_by", "ways_of"]

MOST_SPLIT = 230
"""Requests that are sent to find one that falls to the Backend, of a rule that divides its traffic."""
_LEAST_CHANCE = 0.9
"""Where they find none more often than in one of ten runs, none is sent."""

_BASE = re.compile(r"/v\d\w*/?$")
_BELOW = "agw-conformance-any"  # a path below a prefix that nobody has a match of its own for


@dataclass(frozen=True)
class Way:
    """One match of a rule, at one of the listeners (None: no Gateway is known) and hosts (empty: any) of its route."""

    route: Route
    rule: Rule
    match: Match
    origin: Origin
    door: Door | None = None
    host: str = ""

    def __str__(self) -> str:
        place = f"{self.door.gateway}:{self.door.port}" if self.door else ""
        where = ", ".join(filter(None, (place, self.host)))
        return f"HTTPRoute {self.route.id.name} {dotted(self.origin.path)}{f' at {where}' if where else ''}"


def ways_of(configuration: Configuration) -> list[Way]:
    """All ways to the Backends of a configuration; where no rule leads to them, those of all rules.

    First the one that everything is tried by: chat requests come by it, and enough of them. The first match of each
    route comes at every listener and host of it, all others at the first of these.
    """
    found: list[Way] = []
    for route in configuration.routes:
        rules = [rule for rule in route.rules if leads_here(rule, configuration)]
        for rule in rules:
            found += _ways(route, rule, everywhere=rule is rules[0])
    if not found:
        found = [one for route in configuration.routes for rule in route.rules for one in _ways(route, rule)]
    usual = next((one for one in found if not is_rare(share_of(one.rule)) and one.match.method in (None, "POST")), None)
    return sorted(found, key=lambda one: one is not usual)


def is_rare(share: float) -> bool:
    """Whether so few of a rule's requests are for a Backend that it would be chance to find one."""
    return in_vain(share, MOST_SPLIT) > 1 - _LEAST_CHANCE


def _ways(route: Route, rule: Rule, *, everywhere: bool = False) -> Iterator[Way]:
    places = list(dict.fromkeys(_places(route)))
    for number, match in enumerate(rule.matches):
        for door, host in places if everywhere and number == 0 else places[:1]:
            yield Way(route, rule, match, rule.origin.below("matches", number), door, host)


def _places(route: Route) -> Iterator[tuple[Door | None, str]]:
    for one in route.attached:
        hosts = [host for host in _hosts(one.hostnames) if not host or takes(one, host)]
        yield from ((one.door, host) for host in hosts)
    if not route.attached:
        yield from ((None, host) for host in _hosts(route.hostnames))


def _hosts(hostnames: Sequence[str]) -> list[str]:
    return [name.replace("*", "any", 1) for name in hostnames] or [""]


def fitting_for(
    way: Way, mine: Sequence[Route], everyone: Sequence[Route], path: str = "", suffix: str = ""
) -> Fitting | None:
    """What a request must have that goes by a way, which no other rule takes; None where nobody can tell.

    `everyone` are the routes of all that is given, if they are known. `path` is the provider's, where that of the
    client may go up: as it is, or less what a prefix becomes, clients call it. `suffix` is how a path of
    theirs must end.
    """
    found = fitting(way.match)
    if found is None:
        return None
    for one in _candidates(way, found, path, suffix):
        if leads_by(way, _probe(way, one), mine, everyone):
            return one
    return None


def _candidates(way: Way, found: Fitting, path: str, suffix: str) -> Iterator[Fitting]:
    usual = list(_usual_candidates(way, found, path))
    if suffix:
        yield from (one for one in usual if one.path.endswith(suffix))
        if way.match.path_type == "PathPrefix":
            yield replace(found, path=f"{found.path.rstrip('/')}/{suffix.lstrip('/')}")
    yield from usual


def _usual_candidates(way: Way, found: Fitting, path: str) -> Iterator[Fitting]:
    prefix = found.path.rstrip("/")
    if way.match.path_type == "PathPrefix" and path:
        if (below := _below(way.rule, path)) is not None:
            yield replace(found, path=f"{prefix}{below}")
        elif not way.rule.rewrite.get("path"):
            yield replace(found, path=path)
    yield found
    if way.match.path_type == "PathPrefix":
        yield replace(found, path=f"{prefix}/{_BELOW}")


def _below(rule: Rule, path: str) -> str | None:
    """What clients call below the prefix, so that this path goes up; None: nothing makes it so."""
    become = become_of_prefix(rule)
    if become is None or not (path == become or path.startswith(f"{become}/")):
        return None
    return path.removeprefix(become)


def become_of_prefix(rule: Rule) -> str | None:
    """What a rule makes of a prefix below which clients call the API, without a slash at its end; None: of none.

    That is where the prefix is taken away, or is an API's base such as /acme/v1. Of another, such as the page's
    /mistral, the page says that it is called as it is.
    """
    path = rule.rewrite.get("path") or {}
    if path.get("type") != "ReplacePrefixMatch":
        return None
    become = str(path.get("replacePrefixMatch") or "").rstrip("/")
    based = any(_BASE.search(one.path) for one in rule.matches if one.path_type == "PathPrefix")
    return become if based or not become else None


def _probe(way: Way, found: Fitting) -> ClientRequest:
    host: Headers = (("Host", way.host),) if way.host else ()
    path = f"{found.path}?{found.query}" if found.query else found.path
    # A match may be about what every chat request has.
    headers = (*host, *found.headers, ("Content-Type", "application/json"))
    return ClientRequest(found.method, path, headers, door=way.door)


def leads_by(way: Way, request: ClientRequest, mine: Sequence[Route], everyone: Sequence[Route]) -> bool:
    """Whether a request goes by a way's rule, also where the routes of everyone are known."""
    own = best_rule(mine, request)
    if own is None or own[1] is not way.rule:
        return False
    theirs = best_rule(everyone, request)
    wanted = {ref.id for ref in way.rule.backends}
    return theirs is None or not wanted or bool(wanted & {ref.id for ref in theirs[1].backends})
