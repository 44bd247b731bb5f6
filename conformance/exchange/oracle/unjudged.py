"""What of an exchange is not known: aspects that policies change in ways that the oracle does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.core.problems import Place
from conformance.core.yaml.located import dotted
from conformance.manifests.dialects.in_force import in_force
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Route, Rule
from conformance.manifests.fields.found import FoundField, fields_in
from conformance.manifests.fields.table import Aspect, table_of

__all__ = ["Unjudged", "open_sides", "unjudged"]


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
    found = (one for field in _fields(configuration, route, rule) for one in _of(field))
    return tuple(dict.fromkeys(found))


def open_sides(configuration: Configuration, backend: Backend, llm: Llm) -> frozenset[Aspect]:
    """The aspects of requests to a provider that are not known, by whatever rule they come."""
    if not configuration.attached and not _has_policies(backend.origin.manifest.spec):
        return frozenset()
    table = table_of(configuration.dialect)
    ways: list[tuple[Route | None, Rule | None]] = [
        (route, rule)
        for route in configuration.routes
        for rule in route.rules
        if any(ref.id == backend.id for ref in rule.backends)
    ]
    return frozenset(
        aspect
        for route, rule in ways or [(None, None)]
        for one in in_force(configuration, backend, llm, route, rule)
        for field in fields_in(table, one.origin)
        for aspect in field.aspects
    )


_PARTS = ("traffic", "backend", "frontend", "policies")


def _has_policies(spec: object) -> bool:
    """Whether `policies` stand anywhere in a Backend, its providers included."""
    if isinstance(spec, dict):
        return "policies" in spec or any(map(_has_policies, spec.values()))
    return isinstance(spec, list) and any(map(_has_policies, spec))


def _fields(configuration: Configuration, route: Route, rule: Rule) -> Iterator[FoundField]:
    table = table_of(configuration.dialect)
    wanted = {ref.id for ref in rule.backends if ref.weight > 0}
    for backend, llm in configuration.llms():
        if backend.id in wanted:
            for one in in_force(configuration, backend, llm, route, rule):
                yield from fields_in(table, one.origin)


def _of(field: FoundField) -> Iterator[Unjudged]:
    place = field.origin.place
    path = field.origin.path
    start = next((number for number, part in enumerate(path, 1) if part in _PARTS), 1)
    for aspect in Aspect:
        if aspect in field.aspects:
            yield Unjudged(aspect, dotted(path[start:]), place, field.row.why)
