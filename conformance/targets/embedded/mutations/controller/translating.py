"""Defects in what a finished configuration says of matches, hosts and weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.controller.settling import Settle, of_backends, of_routes, of_rules
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    InvalidBackend,
    Listener,
    Match,
    ValueMatch,
)

__all__ = ["TRANSLATING"]

_MATCH = "GW HTTPRouteMatch"

_WEIGHT = "GW HTTPBackendRef.weight"

_ANOTHER = "matched a route for other"

_NO_ROUTE = "the gateway has no route for"


def _matches(change: Callable[[tuple[Match, ...]], tuple[Match, ...]]) -> Settle:
    return lambda config, objects: of_rules(config, lambda rule: replace(rule, matches=change(rule.matches)))


def _match(change: Callable[[Match], Match]) -> Settle:
    return _matches(lambda matches: tuple(change(one) for one in matches))


def _refs(change: Callable[[tuple[BackendRef, ...]], tuple[BackendRef, ...]]) -> Settle:
    return lambda config, objects: of_rules(config, lambda rule: replace(rule, backends=change(rule.backends)))


def any_header(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """One of several headers is enough."""
    return tuple(replace(one, headers=(each,)) for one in matches for each in one.headers) or matches


def any_parameter(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """One of several query parameters is enough."""
    return tuple(replace(one, query=(each,)) for one in matches for each in one.query) or matches


def _exact(values: tuple[ValueMatch, ...]) -> tuple[ValueMatch, ...]:
    return tuple(replace(one, regex=False) for one in values)


def _presence(values: tuple[ValueMatch, ...]) -> tuple[ValueMatch, ...]:
    return tuple(replace(one, value=".*", regex=True) for one in values)


def _as_prefix(match: Match) -> Match:
    return replace(match, path=replace(match.path, kind="prefix")) if match.path.kind == "regex" else match


def _as_exact(match: Match) -> Match:
    return replace(match, path=replace(match.path, kind="exact")) if match.path.kind == "prefix" else match


def heaviest(refs: tuple[BackendRef, ...]) -> tuple[BackendRef, ...]:
    """All requests go to the backendRef of the most weight."""
    return tuple(sorted(refs, key=lambda one: -one.weight)[:1])


def valid_only(refs: tuple[BackendRef, ...]) -> tuple[BackendRef, ...]:
    """References that lead nowhere are left out where others do."""
    return tuple(one for one in refs if not isinstance(one.backend, InvalidBackend)) or refs


def newest_first(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Of routes that are alike the newest goes first."""
    listeners = tuple(replace(one, routes=tuple(reversed(one.routes))) for one in config.listeners)
    return replace(config, listeners=listeners)


def any_listener_host(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Listeners take requests for every host, and give their routes none."""

    def opened(listener: Listener) -> Listener:
        own = (listener.hostname,)
        routes = (replace(one, hostnames=()) if one.hostnames == own else one for one in listener.routes)
        return replace(listener, hostname="", routes=tuple(routes))

    return replace(config, listeners=tuple(opened(one) if one.hostname else one for one in config.listeners))


def first_rule(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Of a route's rules the first counts."""
    return of_routes(config, lambda route: replace(route, rules=route.rules[:1]))


def first_hostname(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Of a route's hostnames the first counts."""
    return of_routes(config, lambda route: replace(route, hostnames=route.hostnames[:1]))


def exact_hostnames(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Wildcards in hostnames are taken literally."""
    literal = "literal-"
    return of_routes(
        config,
        lambda route: replace(
            route,
            hostnames=tuple(one.replace("*.", literal) if one.startswith("*.") else one for one in route.hostnames),
        ),
    )


TRANSLATING: tuple[Mutant, ...] = (
    steered(
        "first-match-only",
        "Of a rule's matches the first counts.",
        "routing",
        _MATCH,
        _NO_ROUTE,
        settled=_matches(lambda matches: matches[:1]),
    ),
    steered(
        "first-rule-only",
        "Of a route's rules the first counts.",
        "routing",
        "GW HTTPRouteSpec.rules",
        _NO_ROUTE,
        settled=first_rule,
    ),
    steered(
        "first-hostname-only",
        "Of a route's hostnames the first counts.",
        "routing",
        "GW HTTPRouteSpec.hostnames",
        _NO_ROUTE,
        settled=first_hostname,
    ),
    steered(
        "wildcard-host-literal",
        "Wildcards in hostnames match nothing.",
        "routing",
        "GW HTTPRouteSpec.hostnames",
        _NO_ROUTE,
        settled=exact_hostnames,
    ),
    steered(
        "one-header-enough",
        "Of several headers in a match one is enough.",
        "routing",
        _MATCH,
        f"{_ANOTHER} headers",
        settled=_matches(any_header),
    ),
    steered(
        "one-parameter-enough",
        "Of several query parameters in a match one is enough.",
        "routing",
        _MATCH,
        f"{_ANOTHER} query parameters",
        settled=_matches(any_parameter),
    ),
    steered(
        "header-expression-literal",
        "Header matches of type RegularExpression are taken literally.",
        "routing",
        _MATCH,
        _NO_ROUTE,
        settled=_match(lambda one: replace(one, headers=_exact(one.headers))),
    ),
    steered(
        "query-expression-literal",
        "Query matches of type RegularExpression are taken literally.",
        "routing",
        _MATCH,
        _NO_ROUTE,
        settled=_match(lambda one: replace(one, query=_exact(one.query))),
    ),
    steered(
        "header-presence-enough",
        "A header's value does not count.",
        "routing",
        _MATCH,
        f"{_ANOTHER} headers",
        settled=_match(lambda one: replace(one, headers=_presence(one.headers))),
    ),
    steered(
        "query-presence-enough",
        "A query parameter's value does not count.",
        "routing",
        _MATCH,
        f"{_ANOTHER} query parameters",
        settled=_match(lambda one: replace(one, query=_presence(one.query))),
    ),
    steered(
        "path-expression-is-prefix",
        "A path of type RegularExpression is taken for a prefix.",
        "routing",
        "GW HTTPPathMatch",
        _NO_ROUTE,
        settled=_match(_as_prefix),
    ),
    steered(
        "prefixes-exact",
        "Prefixes are taken for exact paths.",
        "routing",
        "GW HTTPPathMatch",
        _NO_ROUTE,
        settled=_match(_as_exact),
    ),
    steered(
        "weight-zero-served",
        "A backendRef of weight 0 gets requests.",
        "routing",
        _WEIGHT,
        "weight",
        settled=lambda config, objects: of_backends(config, lambda ref: replace(ref, weight=max(ref.weight, 1))),
    ),
    steered(
        "first-backend-only",
        "Of several backendRefs the first gets all.",
        "routing",
        _WEIGHT,
        "does not divide requests among the backendRefs",
        settled=_refs(lambda refs: refs[:1]),
    ),
    steered(
        "heaviest-backend-only",
        "Of several backendRefs the heaviest gets all.",
        "routing",
        _WEIGHT,
        "does not divide requests among the backendRefs",
        settled=_refs(heaviest),
    ),
    steered(
        "broken-backends-skipped",
        "The share of a backendRef that leads nowhere goes to the others.",
        "routing",
        _WEIGHT,
        "does not divide requests among the backendRefs",
        settled=_refs(valid_only),
    ),
    steered(
        "newest-route-first",
        "Of routes that are alike the newest goes first.",
        "routing",
        "GW HTTPRouteRule.matches, precedence",
        "another route than the one that goes first",
        settled=newest_first,
    ),
    steered(
        "listener-host-ignored",
        "A listener's hostname does not count.",
        "routing",
        "GW Listener.hostname",
        f"{_ANOTHER} hosts",
        settled=any_listener_host,
    ),
)
