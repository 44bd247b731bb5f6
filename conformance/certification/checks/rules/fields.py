"""Checks for fields that an object's schema does not have: they are refused, or silently pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig, nearest
from conformance.certification.checks.registry import reports
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.objects import BACKEND, Manifest
from conformance.manifests.remedies import CALLED, MOVED
from conformance.manifests.schemas.crds import RELEASES, Edition, Schemas, schemas
from conformance.manifests.schemas.schema import Schema

__all__: list[str] = []

_DEEPEST = 12
_UNREAD = ("status",)


@reports(
    experimental_field=(
        "a field of the Gateway API's experimental channel: with the standard one it is refused, or silently pruned",
        "Gateway API, release channels",
    )
)
def experimental_field(sheet: Sheet) -> Iterator[Found]:
    """Nobody can see in manifests which channel a cluster has."""
    release = RELEASES[sheet.dialect]
    standard, wide = schemas(Edition(release)), _schemas(sheet.dialect)
    for one in sheet.manifests:
        key = one.group, one.kind
        if key not in wide or wide[key] is standard[key]:
            continue
        unknown = {path for path, _ in _unknown(wide[key], one.data, ())}
        for path, _ in _unknown(standard[key], one.data, ()):
            if path not in unknown:
                message = f"{path[-1]} is in the experimental channel of Gateway API {release} only"
                remedy = f"have the cluster install experimental-install.yaml of Gateway API {release}, or do without"
                yield Found("experimental-field", one, path, message, remedy, Severity.WARNING)


@reports(
    unknown_field=(
        "a field that the API does not know: it is refused, or silently pruned where validation is not strict",
        "the kinds' schemas; agentgateway#1712",
    ),
    dialect_mixed=(
        "a field of the other dialect's Backend",
        "kgateway API, Backend; agentgateway API, AgentgatewayBackend",
    ),
)
def unknown_field(sheet: Sheet) -> Iterator[Found]:
    """What is misplaced under openai is told by host-under-openai."""
    told = {
        (id(entry.manifest), (*entry.path, entry.llm.provider, name))
        for entry in sheet.entries
        for name in sheet.api.misplaced_fields(entry.llm)
    }
    for one in sheet.manifests:
        schema = _schemas(sheet.dialect).get((one.group, one.kind))
        if schema is None:
            continue
        for path, siblings in _unknown(schema, one.data, ()):
            if (id(one), path) in told:
                continue
            name = str(path[-1])
            if one.role == BACKEND and (moved := MOVED[sheet.dialect].get(name)) and _is_others(sheet.dialect, name):
                other = next(dialect for dialect in DIALECTS if dialect != sheet.dialect)
                message = f"{name} is a field of the dialect {other}; {one.kind} has none"
                yield Found("dialect-mixed", one, path, message, moved)
            else:
                message = f"{one.kind} has no such field: it is refused, or dropped without a word"
                meant = _meant(one, path, siblings)
                remedy = f"write {meant}" if meant else _remedy(sheet.dialect, one, schema, path, siblings)
                missing = meant is not None and dig(one.data, *path[:-1], meant) is None
                place = (*path[:-1], str(meant)) if missing else ()
                yield Found("unknown-field", one, path, message, remedy, meant=place)


def _schemas(dialect: str) -> Schemas:
    """Those with the fields of the experimental channel, which are told by themselves."""
    return schemas(Edition(RELEASES[dialect], experimental=True))


def _unknown(schema: Schema, value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, tuple[str, ...]]]:
    """Each field that the schema does not have, with those that it has there."""
    if schema.type == "object" and isinstance(value, dict):
        for name, item in value.items():
            child = schema.properties.get(name, schema.additional)
            if child is not None:
                if path or name not in _UNREAD:
                    yield from _unknown(child, item, (*path, name))
            elif not schema.preserve:
                yield (*path, name), tuple(schema.properties)
    elif schema.type == "array" and isinstance(value, list) and schema.items is not None:
        for index, item in enumerate(value):
            yield from _unknown(schema.items, item, (*path, index))


def _meant(one: Manifest, path: FieldPath, siblings: tuple[str, ...]) -> str | None:
    """The name that was meant, of a field that has another in its place."""
    name = str(path[-1])
    if one.role == BACKEND and len(path) > 1 and (called := CALLED.get((str(path[-2]), name))) in siblings:
        return called
    return nearest(name, siblings, cutoff=0.75)


def _remedy(dialect: str, one: Manifest, schema: Schema, path: FieldPath, siblings: tuple[str, ...]) -> str:
    """The place where a field of this name belongs."""
    name = str(path[-1])
    here = [part for part in path[:-1] if isinstance(part, str)]
    # What a reference to another object may not say is to be said nowhere else.
    reference = bool(here) and here[-1].endswith(("Ref", "Refs"))
    places = [place for place in _places(dialect, one.group, one.kind).get(name, ()) if place[0] == "spec"]
    if places and not reference:
        best = max(places, key=lambda place: (_common(place, here), -len(place)))
        return f"move it to {dotted(best)}"
    return f"known here: {', '.join(siblings[:12])}" if siblings else "take it away"


def _common(one: tuple[str, ...], other: list[str]) -> int:
    """How many names two paths begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@cache
def _places(dialect: str, group: str, kind: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Where a kind has fields of each name, lists left out of the paths."""
    found: dict[str, list[tuple[str, ...]]] = {}

    def walk(schema: Schema, path: tuple[str, ...]) -> None:
        if len(path) > _DEEPEST:
            return
        if schema.items is not None:
            walk(schema.items, path)
        for name, child in schema.properties.items():
            found.setdefault(name, []).append((*path, name))
            walk(child, (*path, name))

    walk(_schemas(dialect)[group, kind], ())
    return {name: tuple(paths) for name, paths in found.items()}


@cache
def _is_others(dialect: str, name: str) -> bool:
    """Whether the other dialect's Backend has a field of this name."""
    other = next(dialect_named(one) for one in DIALECTS if one != dialect)
    return name in _places(other.NAME, other.BACKEND_GROUP, other.BACKEND_KIND)
