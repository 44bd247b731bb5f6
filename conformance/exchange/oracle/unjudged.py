"""What of an exchange is not known: aspects that policies change in ways that the oracle does not know."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.problems import Place
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import dotted
from conformance.exchange.oracle.endpoints import is_translated, routes_of
from conformance.manifests.dialects.in_force import in_force
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Origin, Route, Rule, ways_or_none
from conformance.manifests.fields.found import FoundField, fields_in
from conformance.manifests.fields.table import Aspect, table_of

__all__ = ["Unjudged", "before_routing", "open_sides", "unjudged"]


@dataclass(frozen=True)
class Unjudged:
    """An aspect that nobody can judge, because of this field."""

    aspect: Aspect
    field: str
    where: Place
    why: str

    @property
    def told(self) -> str:
        """The aspect and why, with the place in the manifests."""
        return f"{self.aspect}, because of {self.field} at {self.where.position}: {self.why}"


def unjudged(configuration: Configuration, route: Route, rule: Rule) -> tuple[Unjudged, ...]:
    """The aspects of requests by a rule that cannot be judged, field by field; of all providers they may go to."""
    if not configuration.attached and not any(
        _has_policies(one.origin.manifest.spec) for one in configuration.backends
    ):
        return ()
    fields = [field for field in _fields(configuration, route, rule) if not _is_known_key(field, rule)]
    found = [one for field in fields for one in _of(field)]
    return tuple(dict.fromkeys((*found, *_translated(configuration, route, rule))))


_OF_APIS = (Aspect.BODY, Aspect.MODEL, Aspect.PATH, Aspect.ANSWER)


def _translated(configuration: Configuration, route: Route, rule: Rule) -> Iterator[Unjudged]:
    """API BackendAI.routes: requests by any path may be for an API that the provider has not, and are translated."""
    for backend, llm in _reached(configuration, rule):
        routes, origin = routes_of(configuration, backend, llm, route, rule) or ({}, None)
        if origin is not None and is_translated(llm, routes.get("*", "")):
            why = f"any other request is for {routes['*']}, which this provider has not: the gateway translates"
            yield from (Unjudged(one, "ai.routes", origin.place, why) for one in _OF_APIS)


def _is_known_key(field: FoundField, rule: Rule) -> bool:
    """Whether it only asks clients for a key that the manifests hold, and that is sent therefore."""
    return bool(rule.callers) and "apiKeyAuthentication" in field.origin.path


def before_routing(configuration: Configuration) -> tuple[Unjudged, ...]:
    """What policies leave open that act before a route is chosen: by it a request may match what it did not."""
    table = table_of(configuration.dialect)
    early = (one for one in configuration.attached if _is_early(one.origin))
    fields = (field for one in early for field in fields_in(table, one.origin.below("traffic")))
    return tuple(one for field in fields for one in _of(field) if one.aspect in _ROUTED_BY)


def open_sides(configuration: Configuration, backend: Backend, llm: Llm) -> frozenset[Aspect]:
    """The aspects of requests to a provider that are not known, by whatever rule they come."""
    if not configuration.attached and not _has_policies(backend.origin.manifest.spec):
        return frozenset()
    table = table_of(configuration.dialect)
    return frozenset(
        aspect
        for route, rule in ways_or_none(configuration.routes, backend.id)
        for one in in_force(configuration, backend, llm, route, rule)
        for field in fields_in(table, one.origin)
        for aspect in field.aspects
    )


# What routes are chosen by.
_ROUTED_BY = frozenset({Aspect.HEADERS, Aspect.PATH})
_PARTS = ("traffic", "backend", "frontend", "policies")


def _is_early(spec: Origin) -> bool:
    """Whether what a policy says of traffic acts before a route is chosen."""
    traffic = spec.manifest.spec.get("traffic")
    return isinstance(traffic, dict) and str(traffic.get("phase", "")).startswith("Pre")


def _has_policies(spec: object) -> bool:
    """Whether `policies` stand anywhere in a Backend, its providers included."""
    if isinstance(spec, dict):
        return "policies" in spec or any(map(_has_policies, spec.values()))
    return isinstance(spec, list) and any(map(_has_policies, spec))


def _fields(configuration: Configuration, route: Route, rule: Rule) -> Iterator[FoundField]:
    table = table_of(configuration.dialect)
    for backend, llm in _reached(configuration, rule):
        for one in in_force(configuration, backend, llm, route, rule):
            yield from fields_in(table, one.origin)


def _reached(configuration: Configuration, rule: Rule) -> Iterator[tuple[Backend, Llm]]:
    wanted = {ref.id for ref in rule.backends if ref.weight > 0}
    return ((backend, llm) for backend, llm in configuration.llms() if backend.id in wanted)


def _of(field: FoundField) -> Iterator[Unjudged]:
    place = field.origin.place
    path = field.origin.path
    start = next((number for number, part in enumerate(path, 1) if part in _PARTS), 1)
    aspects = field.aspects
    if aspects & _ROUTED_BY and path[1:2] == ("traffic",) and _is_early(Origin(field.origin.manifest, path[:1])):
        aspects |= {Aspect.CONNECTION}  # another route may take the request
    for aspect in Aspect:
        if aspect in aspects:
            yield Unjudged(aspect, dotted(path[start:]), place, field.row.why)
