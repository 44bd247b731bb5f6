"""Defects in a finished configuration, on its way from the controller to the gateway."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import HTTP_ROUTE
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    HeaderModifier,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
    Match,
    Route,
    Rule,
    Timeouts,
    UpstreamTls,
    ValueMatch,
)

__all__ = ["CONFIGURATIONS"]

OnProvider = Callable[[LlmProvider], LlmProvider]
Settle = Callable[[GatewayConfig, Objects], GatewayConfig]


def _backends(config: GatewayConfig, change: Callable[[BackendRef], BackendRef]) -> GatewayConfig:
    return _rules(config, lambda rule: replace(rule, backends=tuple(change(ref) for ref in rule.backends)))


def _rules(config: GatewayConfig, change: Callable[[Rule], Rule]) -> GatewayConfig:
    return _routes(config, lambda route: replace(route, rules=tuple(change(rule) for rule in route.rules)))


def _routes(config: GatewayConfig, change: Callable[[Route], Route]) -> GatewayConfig:
    listeners = (replace(one, routes=tuple(change(route) for route in one.routes)) for one in config.listeners)
    return replace(config, listeners=tuple(listeners))


def _providers(config: GatewayConfig, change: OnProvider) -> GatewayConfig:
    def each(ref: BackendRef) -> BackendRef:
        if isinstance(ref.backend, InvalidBackend):
            return ref
        groups = tuple(tuple(change(one) for one in group) for group in ref.backend.groups)
        return replace(ref, backend=LlmBackend(ref.backend.name, groups))

    return _backends(config, each)


def tls_for_all(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Where one provider has TLS, every one has: with its own host's name."""
    any_tls = any(one.tls for one in config.providers())
    return _providers(config, lambda one: replace(one, tls=one.tls or (UpstreamTls(one.host) if any_tls else None)))


def no_weights(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Every backend gets its turn."""
    return _backends(config, lambda ref: replace(ref, weight=1))


def _without_headers(match: Match) -> Match:
    return replace(match, headers=())


def no_header_matches(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Matches look at the path only."""
    return _rules(config, lambda rule: replace(rule, matches=tuple(_without_headers(one) for one in rule.matches)))


def _of_matches(change: Callable[[Match], Match]) -> Settle:
    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return _rules(config, lambda rule: replace(rule, matches=tuple(change(one) for one in rule.matches)))

    return settle


def _of_hostnames(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Settle:
    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return _routes(config, lambda route: replace(route, hostnames=change(route.hostnames)))

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

    return _rules(config, narrowed)


def no_timeouts(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Timeouts do not count."""
    return _rules(config, lambda rule: replace(rule, timeouts=Timeouts()))


def localhost_only(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Routes without host names match one host only."""
    return _routes(config, lambda route: replace(route, hostnames=route.hostnames or ("localhost",)))


def no_filters(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Filters do not count."""
    return _rules(config, lambda rule: replace(rule, filters=()))


def rule_filters_late(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """A rule's header filters come after the Backend's key."""

    def moved(rule: Rule) -> Rule:
        late = tuple(one for one in rule.filters if isinstance(one, HeaderModifier) and one.of == "request")
        if not late:
            return rule
        early = tuple(one for one in rule.filters if one not in late)
        refs = tuple(replace(ref, filters=(*ref.filters, *late), late=True) for ref in rule.backends)
        return replace(rule, filters=early, backends=refs)

    return _rules(config, moved)


def _like_first(*names: str) -> Callable[[GatewayConfig, Objects], GatewayConfig]:
    """Further providers of a Backend take these settings of its first."""

    def each(ref: BackendRef) -> BackendRef:
        if isinstance(ref.backend, InvalidBackend):
            return ref
        first = ref.backend.groups[0][0]
        kept: dict[str, Any] = {name: getattr(first, name) for name in names}
        groups = tuple(tuple(replace(one, **kept) for one in group) for group in ref.backend.groups)
        return replace(ref, backend=replace(ref.backend, groups=groups))

    return lambda config, objects: _backends(config, each)


def first_routes() -> Settle:
    """Routes as they were first translated; they never go, either."""
    known: dict[tuple[str, str], dict[str, Route]] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        listeners = []
        for listener in config.listeners:
            kept = known.setdefault((listener.gateway, listener.name), {})
            for route in listener.routes:
                kept.setdefault(route.name, route)
            listeners.append(replace(listener, routes=tuple(kept.values())))
        return GatewayConfig(tuple(listeners))

    return settle


def first_backends() -> Settle:
    """Providers as they were first translated."""
    known: dict[str, LlmProvider] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return _providers(config, lambda one: replace(known.setdefault(one.name, one), tls=one.tls))

    return settle


def lasting_backends() -> Settle:
    """Rules whose Backends are gone stay as they were."""
    known: dict[str, tuple[Rule, ...]] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        def kept(route: Route) -> Route:
            if any(isinstance(ref.backend, InvalidBackend) for rule in route.rules for ref in rule.backends):
                return replace(route, rules=known.get(route.name, route.rules))
            known[route.name] = route.rules
            return route

        return _routes(config, kept)

    return settle


def rewritten_routes(config: GatewayConfig, objects: Any) -> GatewayConfig:
    """Routes get a slash at the end of their prefixes: in the API, where people keep what they wrote."""
    for route in list(objects.peek_all(HTTP_ROUTE)):
        changed = deepcopy(route)
        for rule in changed["spec"].get("rules", ()):
            for match in rule.get("matches", ()):
                if (path := match["path"])["type"] == "PathPrefix":
                    path["value"] = f"{path['value'].rstrip('/')}/"
        if changed["spec"] != route["spec"]:
            objects.update(HTTP_ROUTE, changed)
    return config


def lasting_tls() -> Settle:
    """TLS stays when its policy goes."""
    known: dict[str, UpstreamTls] = {}

    def kept(provider: LlmProvider) -> LlmProvider:
        if provider.tls is not None:
            known[provider.name] = provider.tls
        return replace(provider, tls=known.get(provider.name))

    return lambda config, objects: _providers(config, kept)


def fragile_tls() -> Settle:
    """When one policy goes, all go."""
    most = 0

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        nonlocal most
        secured = sum(one.tls is not None for one in config.providers())
        most = max(most, secured)
        return _providers(config, lambda one: replace(one, tls=None)) if secured < most else config

    return settle


CONFIGURATIONS: tuple[Mutant, ...] = (
    steered("policy-on-every-backend", "One policy makes every Backend speak TLS.", settled=tls_for_all),
    steered("weights-ignored", "Weights do not count.", settled=no_weights),
    steered("header-match-ignored", "Header matches do not count.", settled=no_header_matches),
    steered(
        "query-match-ignored",
        "Query matches do not count.",
        settled=_of_matches(lambda one: replace(one, query=())),
    ),
    steered(
        "method-match-ignored",
        "Method matches do not count.",
        settled=_of_matches(lambda one: replace(one, method=None)),
    ),
    steered("expressions-unanchored", "Expressions match a part of a value.", settled=_of_matches(_unanchored)),
    steered("exact-is-prefix", "An exact path matches those below it.", settled=_of_matches(_exact_as_prefix)),
    steered("hostnames-ignored", "A route's hostnames do not count.", settled=_of_hostnames(lambda _: ())),
    steered("wildcard-matches-parent", "*.a.b matches a.b, too.", settled=_of_hostnames(_with_parents)),
    steered("post-only", "Routes match POST only.", settled=post_only),
    steered("filters-ignored", "A route's filters do not count.", settled=no_filters),
    steered(
        "rule-filters-after-key",
        "A rule's header filters come after the Backend's key, and may replace it.",
        settled=rule_filters_late,
    ),
    steered("failover-model-kept", "The next provider gets the first one's model.", settled=_like_first("model")),
    steered("failover-key-kept", "The next provider gets the first one's key.", settled=_like_first("credential")),
    steered("failover-path-kept", "The next provider gets the first one's path.", settled=_like_first("path")),
    steered("timeouts-ignored", "A route's timeouts do not count.", settled=no_timeouts),
    steered("localhost-only", "Routes without hostnames match one host only.", settled=localhost_only),
    made("route-change-ignored", "A changed route is not read again.", "settled", first_routes, controller=True),
    made("backend-change-ignored", "A changed Backend is not read again.", "settled", first_backends, controller=True),
    made("backend-deletion-ignored", "A deleted Backend is still used.", "settled", lasting_backends, controller=True),
    steered("routes-rewritten", "The controller writes into the routes that people apply.", settled=rewritten_routes),
    made("policy-deletion-ignored", "TLS outlives its policy.", "settled", lasting_tls, controller=True),
    made(
        "policy-deletion-spreads", "A deleted policy takes the others with it.", "settled", fragile_tls, controller=True
    ),
)
