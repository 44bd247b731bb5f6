"""Defects that show where one value is like another, is large or the second of its kind, and where routes change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.manifests.schemas.kinds import HTTP_ROUTE, REFERENCE_GRANT, Kind
from conformance.targets.embedded.mutations.controller.crossing import of_grouped
from conformance.targets.embedded.mutations.controller.settling import Settle, of_routes, of_rules
from conformance.targets.embedded.mutations.controller.statuses.changes import Status, reporting
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller.decisions import credentials, grants
from conformance.targets.reference.controller.view import Name, Objects, dig
from conformance.targets.reference.gateway.config import GatewayConfig, Match, Route, ValueMatch

__all__ = ["LIKENESSES", "names_alone"]


def first_parent(status: Status) -> Status:
    """Of several parentRefs only the first is told of."""
    return {**status, "parents": status["parents"][:1]} if "parents" in status else status


def key_cut(text: str) -> str:
    """A key ends after a thousand characters."""
    return credentials.token(text)[:1000]


def from_a_beginning(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """A grant is for all namespaces whose names begin so."""
    froms = [entry for one in objects.peek_all(REFERENCE_GRANT, backend[0]) for entry in dig(one, "spec", "from") or ()]
    alike = [one["namespace"] for one in froms if route_namespace.startswith(one.get("namespace", " "))]
    return any(grants.granted(objects, one, backend, kind) for one in (route_namespace, *alike))


def open_expression(match: ValueMatch) -> ValueMatch:
    """Anything may stand before what an expression says."""
    return replace(match, value=f".*({match.value})") if match.regex else match


def open_headers(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Expressions of header matches are not held to the beginning of a value."""

    def opened(match: Match) -> Match:
        return replace(match, headers=tuple(open_expression(one) for one in match.headers))

    return of_rules(config, lambda rule: replace(rule, matches=tuple(opened(one) for one in rule.matches)))


def by_name_alone(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Routes go by namespace and name, whatever their age."""
    listeners = (replace(one, routes=tuple(sorted(one.routes, key=lambda r: r.name))) for one in config.listeners)
    return replace(config, listeners=tuple(listeners))


def names_alone(step: Settle) -> Settle:
    """The same after another step."""
    return lambda config, objects: by_name_alone(step(config, objects), objects)


def _lasting(keep: Callable[[Route, Route], Route]) -> Callable[[], Settle]:
    """Routes that keep a part of what they first were."""

    def factory() -> Settle:
        known: dict[str, Route] = {}

        def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
            return of_routes(config, lambda one: keep(known.setdefault(one.name, one), one))

        return settle

    return factory


def same_filters(first: Route, now: Route) -> Route:
    """The filters of a route's rules as they first were."""
    if len(first.rules) != len(now.rules):
        return now
    rules = (replace(new, filters=old.filters) for old, new in zip(first.rules, now.rules, strict=True))
    return replace(now, rules=tuple(rules))


def lasting_path() -> Settle:
    """The path of a provider in groups is as it first was."""
    known: dict[str, str | None] = {}
    return of_grouped(lambda one: replace(one, path=known.setdefault(one.name, one.path)))


_LASTING = "the gateway still does not do what the manifests say"

LIKENESSES: tuple[Mutant, ...] = (
    reporting(
        "first-parent-only",
        "Of several parentRefs only the first has an entry in the status.",
        "GW RouteStatus.parents",
        "does not say whom it is about",
        HTTP_ROUTE,
        first_parent,
    ),
    steered(
        "routes-by-name-alone",
        "Of routes with the same match the first by name goes first, though another is older.",
        "routing",
        "GW HTTPRouteRule.matches, precedence",
        "the oldest does, whatever their names",
        settled=by_name_alone,
    ),
    steered(
        "key-cut",
        "Of a Secret's text the first thousand characters are the key.",
        "auth",
        "SEED table authToken",
        "key",
        token=key_cut,
    ),
    steered(
        "grant-by-beginning-of-namespace",
        "A grant from one namespace is for all whose names begin so.",
        "status",
        "GW ReferenceGrantFrom.namespace",
        "",
        granted=from_a_beginning,
    ),
    steered(
        "header-expression-open",
        "Expressions of header matches are not held to the beginning of a value.",
        "routing",
        "GW HTTPHeaderMatch RegularExpression",
        "matched a route for other headers",
        settled=open_headers,
    ),
    made(
        "filters-change-ignored",
        "The filters of a route are as they first were.",
        "lifecycle",
        "GW: implementations follow the objects",
        _LASTING,
        "settled",
        _lasting(same_filters),
        controller=True,
    ),
    made(
        "hostnames-change-ignored",
        "The hostnames of a route are as they first were.",
        "lifecycle",
        "GW: implementations follow the objects",
        _LASTING,
        "settled",
        _lasting(lambda first, now: replace(now, hostnames=first.hostnames)),
        controller=True,
    ),
    made(
        "path-in-groups-lasts",
        "The path of a provider in priority groups is as it first was.",
        "lifecycle",
        "GW: implementations follow the objects",
        _LASTING,
        "settled",
        lasting_path,
        controller=True,
    ),
)
