"""Defects in which paths a route matches, and which of several routes goes first."""

from __future__ import annotations

from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import (
    PathMatch,
)
from conformance.targets.reference.gateway.routing import RoutingEntry, path_matches, precedence

__all__ = ["MATCHING"]


def substring_matches(match: PathMatch, path: str) -> bool:
    """Prefixes count characters."""
    return path.startswith(match.value) if match.kind == "prefix" else path_matches(match, path)


def caseless_matches(match: PathMatch, path: str) -> bool:
    """Paths compare without case."""
    return path_matches(replace(match, value=match.value.lower()), path.lower())


def every_matches(match: PathMatch, path: str) -> bool:
    """Paths do not count."""
    return True


def exact_matches(match: PathMatch, path: str) -> bool:
    """Prefixes are whole paths."""
    return path == match.value


def shortest_first(entry: RoutingEntry) -> tuple[int | bool, ...]:
    """The less specific path first."""
    return tuple(-part if index == 4 else part for index, part in enumerate(precedence(entry)))


def conditions_first(entry: RoutingEntry) -> tuple[int | bool, ...]:
    """Headers and query parameters are counted before the path's length."""
    *host, exact, length, method, headers, query = precedence(entry)
    return (*host, exact, headers, query, length, method)


def unslashed_matches(match: PathMatch, path: str) -> bool:
    """A prefix that ends in a slash does not match the path without."""
    whole = match.kind == "prefix" and match.value.endswith("/")
    return path.startswith(match.value) if whole else path_matches(match, path)


MATCHING: tuple[Mutant, ...] = (
    gateway(
        "prefix-matches-substring",
        "A path prefix matches inside a segment: /mistralx.",
        "routing",
        "GW HTTPPathMatch PathPrefix",
        "prefixes go by segments",
        path_matches=substring_matches,
    ),
    gateway(
        "path-case-ignored",
        "Paths match without regard to case.",
        "routing",
        "GW HTTPPathMatch PathPrefix",
        "without regard to case",
        path_matches=caseless_matches,
    ),
    gateway(
        "prefix-slash-counts",
        "A prefix with a slash at its end misses the path.",
        "routing",
        "GW HTTPPathMatch, PathPrefix: a trailing slash is ignored (/abc/ matches /abc)",
        "the gateway has no route for",
        path_matches=unslashed_matches,
    ),
    gateway(
        "path-ignored",
        "A route matches every path.",
        "routing",
        "GW HTTPRouteMatch.path",
        "matched a route that it must not match",
        path_matches=every_matches,
    ),
    gateway(
        "prefix-matches-exactly",
        "A path prefix does not match the paths below it.",
        "routing",
        "GW HTTPPathMatch PathPrefix",
        "the gateway has no route for",
        path_matches=exact_matches,
    ),
    gateway(
        "shorter-prefix-wins",
        "Of two prefixes that match, the shorter wins.",
        "routing",
        "GW HTTPRouteRule.matches, precedence",
        "another route than the one that goes first",
        precedence=shortest_first,
    ),
    gateway(
        "headers-before-length",
        "Headers count before the path's length.",
        "routing",
        "GW HTTPRouteRule.matches, precedence",
        "another route than the one that goes first",
        precedence=conditions_first,
    ),
)
