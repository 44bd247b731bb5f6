"""Defects in how paths are compared, and in which of several routes goes first."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import PathMatch
from conformance.targets.reference.gateway.routing import RoutingEntry, path_matches, precedence

__all__ = ["RANKING"]

Rank = tuple[int | bool, ...]

_PATHS = "GW HTTPPathMatch"

_ORDER = "GW HTTPRouteRule.matches, precedence"

_NO_SUCH = "matched a route that it must not match"

_NO_ROUTE = "the gateway has no route for"

_OTHER_ROUTE = "another route than the one that goes first"


def literal_expressions(match: PathMatch, path: str) -> bool:
    """Expressions are texts."""
    return path == match.value if match.kind == "regex" else path_matches(match, path)


def partial_expressions(match: PathMatch, path: str) -> bool:
    """Expressions may match a part of the path."""
    return bool(re.search(match.value, path)) if match.kind == "regex" else path_matches(match, path)


def expressions_at_start(match: PathMatch, path: str) -> bool:
    """Expressions match from the beginning, and leave the end to itself."""
    return bool(re.match(match.value, path)) if match.kind == "regex" else path_matches(match, path)


def slash_ignored(match: PathMatch, path: str) -> bool:
    """An exact path with a slash behind it is the same."""
    return path_matches(match, path.rstrip("/") or "/" if match.kind == "exact" else path)


def decoded(match: PathMatch, path: str) -> bool:
    """Paths are decoded before they are compared."""
    return path_matches(match, unquote(path))


def merged(match: PathMatch, path: str) -> bool:
    """Several slashes are one."""
    return path_matches(match, re.sub("/+", "/", path))


def resolved(match: PathMatch, path: str) -> bool:
    """Dot segments are resolved before paths are compared."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return path_matches(match, "/".join(parts) or "/")


def _without(index: int) -> Callable[[RoutingEntry], Rank]:
    """Precedence without one of its parts."""
    return lambda entry: tuple(part for at, part in enumerate(precedence(entry)) if at != index)


def _turned(index: int) -> Callable[[RoutingEntry], Rank]:
    """Precedence with one of its parts the other way round."""
    return lambda entry: tuple(-part if at == index else part for at, part in enumerate(precedence(entry)))


def query_before_headers(entry: RoutingEntry) -> Rank:
    """Query parameters count before headers."""
    *more, headers, query = precedence(entry)
    return (*more, query, headers)


def path_before_host(entry: RoutingEntry) -> Rank:
    """The path counts before the host."""
    whole = precedence(entry)
    return (*whole[3:5], *whole[:3], *whole[5:])


def expressions_last(entry: RoutingEntry) -> Rank:
    """Expressions go behind all prefixes, however long they are."""
    return (*(whole := precedence(entry))[:3], entry.match.path.kind == "regex", *whole[3:])


RANKING: tuple[Mutant, ...] = (
    gateway(
        "path-expression-literal",
        "A path of type RegularExpression is taken literally.",
        "routing",
        _PATHS,
        _NO_ROUTE,
        path_matches=literal_expressions,
    ),
    gateway(
        "path-expression-partial",
        "An expression matches anywhere in a path.",
        "routing",
        _PATHS,
        _NO_SUCH,
        path_matches=partial_expressions,
    ),
    gateway(
        "path-expression-open-end",
        "An expression need not match to the end of a path.",
        "routing",
        _PATHS,
        _NO_SUCH,
        path_matches=expressions_at_start,
    ),
    gateway(
        "exact-slash-ignored",
        "An exact path matches with a slash behind it, too.",
        "routing",
        _PATHS,
        _NO_SUCH,
        path_matches=slash_ignored,
    ),
    gateway("path-decoded", "Paths are decoded before they match.", "routing", _PATHS, _NO_SUCH, path_matches=decoded),
    gateway("slashes-merged", "Several slashes match as one.", "routing", _PATHS, _NO_SUCH, path_matches=merged),
    gateway(
        "dots-resolved",
        "Dot segments are resolved before paths match.",
        "routing",
        _PATHS,
        _NO_SUCH,
        path_matches=resolved,
    ),
    gateway(
        "wildcard-host-first",
        "A wildcard host goes before an exact one.",
        "routing",
        "GW HTTPRouteSpec.hostnames, precedence",
        _OTHER_ROUTE,
        precedence=_turned(1),
    ),
    gateway(
        "any-host-first",
        "A route without hostnames goes before one with.",
        "routing",
        "GW HTTPRouteSpec.hostnames, precedence",
        _OTHER_ROUTE,
        precedence=_turned(0),
    ),
    gateway(
        "shorter-wildcard-first",
        "Of two wildcard hosts the shorter goes first.",
        "routing",
        "GW HTTPRouteSpec.hostnames, precedence",
        _OTHER_ROUTE,
        precedence=_turned(2),
    ),
    gateway(
        "prefix-before-exact",
        "A prefix goes before the exact path.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=_turned(3),
    ),
    gateway(
        "method-not-ranked",
        "A match of the method gives no precedence.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=_without(5),
    ),
    gateway(
        "headers-not-ranked",
        "The number of headers gives no precedence.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=_without(6),
    ),
    gateway(
        "query-not-ranked",
        "The number of query parameters gives no precedence.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=_without(7),
    ),
    gateway(
        "fewer-headers-first",
        "Fewer headers go before more.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=_turned(6),
    ),
    gateway(
        "query-before-headers",
        "Query parameters count before headers.",
        "routing",
        _ORDER,
        _OTHER_ROUTE,
        precedence=query_before_headers,
    ),
    gateway(
        "path-before-host",
        "The path counts before the host.",
        "routing",
        "GW HTTPRouteSpec.hostnames, precedence",
        _OTHER_ROUTE,
        precedence=path_before_host,
    ),
    gateway(
        "path-expressions-last",
        "Expressions go behind prefixes of any length.",
        "routing",
        "agentgateway, get_path_rank",
        _OTHER_ROUTE,
        precedence=expressions_last,
    ),
)
