"""Defects in a finished configuration, on its way from the controller to the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import HTTP_ROUTE
from conformance.targets.embedded.mutations.controller.settling import (
    Settle,
    of_backends,
    of_providers,
    of_routes,
    of_rules,
)
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Objects, name_of
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    HeaderModifier,
    InvalidBackend,
    Match,
    Route,
    Rule,
    Timeouts,
    UpstreamTls,
    ValueMatch,
)

__all__ = ["CONFIGURATIONS"]


def tls_for_all(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Where one provider has TLS, every one has: with its own host's name."""
    any_tls = any(one.tls for one in config.providers())
    return of_providers(config, lambda one: replace(one, tls=one.tls or (UpstreamTls(one.host) if any_tls else None)))


def no_weights(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Every backend gets its turn."""
    return of_backends(config, lambda ref: replace(ref, weight=1))


def _without_headers(match: Match) -> Match:
    return replace(match, headers=())


def no_header_matches(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Matches look at the path only."""
    return of_rules(config, lambda rule: replace(rule, matches=tuple(_without_headers(one) for one in rule.matches)))


def _of_matches(change: Callable[[Match], Match]) -> Settle:
    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return of_rules(config, lambda rule: replace(rule, matches=tuple(change(one) for one in rule.matches)))

    return settle


def _of_hostnames(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Settle:
    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return of_routes(config, lambda route: replace(route, hostnames=change(route.hostnames)))

    return settle


def _loose(values: tuple[ValueMatch, ...]) -> tuple[ValueMatch, ...]:
    return tuple(replace(one, value=f".*({one.value}).*") if one.regex else one for one in values)


def _unanchored(match: Match) -> Match:
    return replace(match, headers=_loose(match.headers), query=_loose(match.query))


def _exact_as_prefix(match: Match) -> Match:
    return replace(match, path=replace(match.path, kind="prefix")) if match.path.kind == "exact" else match


def _with_parents(hostnames: tuple[str, ...]) -> tuple[str, ...]:
    return (*hostnames, *(one[2:] for one in hostnames if one.startswith("*.")))


def post_only(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Matches without method match POST."""

    def narrowed(rule: Rule) -> Rule:
        return replace(rule, matches=tuple(replace(one, method=one.method or "POST") for one in rule.matches))

    return of_rules(config, narrowed)


def no_timeouts(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Timeouts do not count."""
    return of_rules(config, lambda rule: replace(rule, timeouts=Timeouts()))


def localhost_only(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Routes without host names match one host only."""
    return of_routes(config, lambda route: replace(route, hostnames=route.hostnames or ("localhost",)))


def no_filters(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Filters do not count."""
    return of_rules(config, lambda rule: replace(rule, filters=()))


def rule_filters_late(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """A rule's header filters come after the Backend's key."""

    def moved(rule: Rule) -> Rule:
        late = tuple(one for one in rule.filters if isinstance(one, HeaderModifier) and one.of == "request")
        if not late:
            return rule
        early = tuple(one for one in rule.filters if one not in late)
        refs = tuple(replace(ref, filters=(*ref.filters, *late), late=True) for ref in rule.backends)
        return replace(rule, filters=early, backends=refs)

    return of_rules(config, moved)


def by_name_first(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Routes of one age go by their names before their namespaces."""
    ages = {name_of(one): one["metadata"].get("creationTimestamp", "") for one in objects.peek_all(HTTP_ROUTE)}

    def order(route: Route) -> tuple[str, str, str]:
        namespace, _, name = route.name.partition("/")
        return ages.get((namespace, name), ""), name, namespace

    listeners = (replace(one, routes=tuple(sorted(one.routes, key=order))) for one in config.listeners)
    return replace(config, listeners=tuple(listeners))


def _like_first(*names: str) -> Callable[[GatewayConfig, Objects], GatewayConfig]:
    """Further providers of a Backend take these settings of its first."""

    def each(ref: BackendRef) -> BackendRef:
        if isinstance(ref.backend, InvalidBackend):
            return ref
        first = ref.backend.groups[0][0]
        kept: dict[str, Any] = {name: getattr(first, name) for name in names}
        groups = tuple(tuple(replace(one, **kept) for one in group) for group in ref.backend.groups)
        return replace(ref, backend=replace(ref.backend, groups=groups))

    return lambda config, objects: of_backends(config, each)


CONFIGURATIONS: tuple[Mutant, ...] = (
    steered(
        "policy-on-every-backend",
        "One policy makes every Backend speak TLS.",
        "tls",
        "GW BackendTLSPolicySpec.targetRefs",
        "spoke TLS although no BackendTLSPolicy is in force",
        settled=tls_for_all,
    ),
    steered(
        "weights-ignored", "Weights do not count.", "routing", "GW HTTPBackendRef.weight", "weights", settled=no_weights
    ),
    steered(
        "header-match-ignored",
        "Header matches do not count.",
        "routing",
        "GW HTTPRouteMatch.headers",
        "matched a route for other headers",
        settled=no_header_matches,
    ),
    steered(
        "query-match-ignored",
        "Query matches do not count.",
        "routing",
        "GW HTTPRouteMatch.queryParams",
        "matched a route for other query parameters",
        settled=_of_matches(lambda one: replace(one, query=())),
    ),
    steered(
        "method-match-ignored",
        "Method matches do not count.",
        "routing",
        "GW HTTPRouteMatch.method",
        "matched a route for other methods",
        settled=_of_matches(lambda one: replace(one, method=None)),
    ),
    steered(
        "expressions-unanchored",
        "Expressions match a part of a value.",
        "routing",
        "GW HTTPHeaderMatch RegularExpression",
        "matched a route for other",
        settled=_of_matches(_unanchored),
    ),
    steered(
        "exact-is-prefix",
        "An exact path matches those below it.",
        "routing",
        "GW HTTPPathMatch Exact",
        "an exact path is no prefix",
        settled=_of_matches(_exact_as_prefix),
    ),
    steered(
        "hostnames-ignored",
        "A route's hostnames do not count.",
        "routing",
        "GW HTTPRouteSpec.hostnames",
        "matched a route for other hosts",
        settled=_of_hostnames(lambda _: ()),
    ),
    steered(
        "wildcard-matches-parent",
        "*.a.b matches a.b, too.",
        "routing",
        "GW HTTPRouteSpec.hostnames",
        "matched a route for other hosts",
        settled=_of_hostnames(_with_parents),
    ),
    steered(
        "post-only",
        "Routes match POST only.",
        "routing",
        "SEED Mistral 5; GW HTTPRouteMatch.method",
        "the gateway has no route for",
        settled=post_only,
    ),
    steered(
        "name-before-namespace",
        "Of routes with the same match that of the first name goes first, whatever its namespace.",
        "routing",
        "GW HTTPRouteRule.matches, precedence (alphabetical order by {namespace}/{name})",
        "another route than the one that goes first",
        settled=by_name_first,
    ),
    steered(
        "filters-ignored", "A route's filters do not count.", "routing", "GW HTTPRouteFilter", "", settled=no_filters
    ),
    steered(
        "rule-filters-after-key",
        "A rule's header filters come after the Backend's key, and may replace it.",
        "auth",
        "GW HTTPHeaderFilter; agentgateway, backend auth comes after the route's filters; FACTS 8",
        "sent another credential than configured",
        settled=rule_filters_late,
    ),
    steered(
        "failover-model-kept",
        "The next provider gets the first one's model.",
        "isolation",
        "API AIBackend.groups; FACTS 8",
        "what belongs to that: its model",
        settled=_like_first("model"),
        only="agentgateway-1",
    ),
    steered(
        "failover-key-kept",
        "The next provider gets the first one's key.",
        "isolation",
        "API AIBackend.groups; FACTS 8",
        "what belongs to that: its key",
        settled=_like_first("credential"),
        only="agentgateway-1",
    ),
    steered(
        "failover-path-kept",
        "The next provider gets the first one's path.",
        "isolation",
        "API AIBackend.groups; FACTS 8",
        "what belongs to that: its path",
        settled=_like_first("path"),
        only="agentgateway-1",
    ),
    steered(
        "timeouts-ignored",
        "A route's timeouts do not count.",
        "routing",
        "GW HTTPRouteTimeouts",
        "has no effect",
        settled=no_timeouts,
    ),
    steered(
        "localhost-only",
        "Routes without hostnames match one host only.",
        "routing",
        "SEED Mistral 5; GW HTTPRoute hostnames",
        "the gateway has no route for",
        settled=localhost_only,
    ),
)
