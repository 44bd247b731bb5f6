"""Finds the rule for a request, by the precedence that the Gateway API lays down."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from conformance.core.expressions import is_whole
from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway.config import BackendRef, Listener, Match, PathMatch, Rule, ValueMatch
from conformance.targets.reference.gateway.messages import ClientRequest, ProxyError, values_of

__all__ = [
    "RouteTable",
    "RoutingEntry",
    "host_matches",
    "listener_for",
    "parameters",
    "path_matches",
    "precedence",
    "rotation",
]

_PATHS = 1024
"""Hosts and paths whose routes are remembered."""

HostMatcher = Callable[[str, str], bool]
PathMatcher = Callable[[PathMatch, str], bool]
Parameters = Callable[[ClientRequest, str], list[str]]


def host_matches(pattern: str, host: str) -> bool:
    """Whether a host is one that a hostname means: case does not count, and a wildcard stands for any labels."""
    host = host.lower()
    if pattern.startswith("*."):
        return host.endswith(pattern[1:].lower()) and len(host) > len(pattern) - 1
    return not pattern or pattern.lower() == host


def path_matches(match: PathMatch, path: str) -> bool:
    """Whether a path fits: prefixes by whole segments, case counts, nothing is decoded or normalised.

    Source: Gateway API, HTTPRoute PathPrefix; FACTS 6.1 for `%2F`, `//` and dot segments.
    """
    if match.kind == "exact":
        return path == match.value
    if match.kind == "regex":
        return is_whole(match.value, path)
    prefix = match.value.rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


def parameters(request: ClientRequest, name: str) -> list[str]:
    """What counts of a query parameter: its first value (Gateway API, HTTPQueryParamMatch.name)."""
    pairs = parse_qsl(request.query or "", keep_blank_values=True)
    return [value for key, value in pairs if key == name][:1]


@dataclass(frozen=True)
class RoutingEntry:
    """One match of one rule under one host name."""

    route: str
    hostname: str
    match: Match
    rule: Rule


def precedence(entry: RoutingEntry) -> tuple[int | bool, ...]:
    """Sorts the more specific first; equals keep the order of the configuration (Gateway API, HTTPRouteRule)."""
    host, path = entry.hostname, entry.match.path
    return (
        not host,
        host.startswith("*."),
        -len(host),
        path.kind != "exact",
        # Expressions rank among the prefixes by the length of their text (agentgateway, get_path_rank).
        -len(path.value if path.kind == "regex" else path.value.rstrip("/") or "/"),
        entry.match.method is None,
        -len(entry.match.headers),
        -len(entry.match.query),
    )


def rotation(rule: Rule) -> Hashable:
    """Among whose requests weighted backends take turns: those of one rule, whatever others say the same."""
    return id(rule)


class RouteTable:
    """The rules of some listeners in order of precedence, and whose turn it is among weighted backends."""

    def __init__(
        self,
        listeners: Iterable[Listener],
        matches_path: PathMatcher = path_matches,
        order: Callable[[RoutingEntry], Any] = precedence,
        parameters: Parameters = parameters,
        matches_host: HostMatcher = host_matches,
        rotation: Callable[[Rule], Hashable] = rotation,
    ) -> None:
        self._matches_path = matches_path
        self._matches_host = matches_host
        self._parameters = parameters
        self._rotation = rotation
        entries = [
            RoutingEntry(route.name, hostname, match, rule)
            for listener in listeners
            for route in listener.routes
            for rule in route.rules
            for match in rule.matches
            for hostname in route.hostnames or ("",)
        ]
        self._entries = sorted(entries, key=order)
        # Of hundreds of routes few are for a host and path, and many requests are for the same.
        self._leading_to = functools.lru_cache(maxsize=_PATHS)(self._entries_for)
        self._turns: dict[Hashable, list[int]] = {}

    def find(self, request: ClientRequest) -> RoutingEntry:
        """The entry that a request falls under. Raises ProxyError 404 when there is none."""
        host = _hostname(request.authority)
        for entry in self._leading_to(host, request.path):
            # Expressions in their turn: a broken one breaks no route that comes before it.
            by_path = entry.match.path.kind != "regex" or self._matches_path(entry.match.path, request.path)
            if by_path and _fits(entry.match, request, self._parameters):
                return entry
        raise ProxyError(404, "route not found")

    def _entries_for(self, host: str, path: str) -> list[RoutingEntry]:
        """Those for a host and path, as far as both can be told by comparing."""
        return [
            one
            for one in self._entries
            if self._matches_host(one.hostname, host)
            and (one.match.path.kind == "regex" or self._matches_path(one.match.path, path))
        ]

    def choose(self, rule: Rule) -> BackendRef:
        """The backend whose turn it is: smooth weighted rotation, so that shares hold for small numbers too.

        Raises ProxyError 500 when no backend has any weight.
        """
        weights = [ref.weight for ref in rule.backends]
        total = sum(weights)
        if not total:
            raise ProxyError(500, "no valid backends")
        turns = self._turns.setdefault(self._rotation(rule), [0] * len(weights))
        for index, weight in enumerate(weights):
            turns[index] += weight
        chosen = max(range(len(weights)), key=lambda index: (weights[index] > 0, turns[index]))
        turns[chosen] -= total
        return rule.backends[chosen]


def _fits(match: Match, request: ClientRequest, parameters: Parameters) -> bool:
    """Whether a request is as a match wants it, but for its path."""
    return (
        match.method in (None, request.method)
        and all(_value_matches(want, values_of(request.headers, want.name)) for want in match.headers)
        and all(_value_matches(want, parameters(request, want.name)) for want in match.query)
    )


def listener_for(listeners: Iterable[Listener], authority: str) -> Listener:
    """The listener of a port that a request is for: that of its very host, else the longest wildcard, else any's.

    Raises ProxyError 404 when there is none.
    """
    host = _hostname(authority)
    fitting = [one for one in listeners if host_matches(one.hostname, host)]
    if not fitting:
        raise ProxyError(404, "listener not found")
    return max(fitting, key=lambda one: (not one.hostname.startswith("*"), len(one.hostname)) if one.hostname else ())


def _hostname(authority: str) -> str:
    """The host of `host:port`."""
    host, _, port = authority.rpartition(":")
    return host if host and port.isdigit() else authority


def _value_matches(want: ValueMatch, values: list[str]) -> bool:
    if not values:
        return False
    # Several header lines of one name are one list (Gateway API).
    value = ",".join(values)
    return is_whole(want.value, value) if want.regex else value == want.value
