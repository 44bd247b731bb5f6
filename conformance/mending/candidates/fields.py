"""Candidates from the kinds' schemas: fields that no schema has, in the wrong place, of the wrong type or value."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.embedded.admission.admission import schema_for
from conformance.embedded.admission.schema import Schema
from conformance.embedded.kinds import KINDS, kind_for
from conformance.located import FieldPath, dotted
from conformance.mending.candidate import Candidate, candidate, setting, taking
from conformance.mending.edits import Edit, Move, Rename, Set
from conformance.mending.view import Item, View, change, take

__all__ = ["fields"]


def fields(view: View) -> Iterator[Candidate]:
    """Everything that brings an object nearer to its schema."""
    for item in view.items:
        kind = kind_for(item.text("apiVersion"), item.kind)
        if kind is None:
            yield from _kinds(item)
            kind = next((one for one in KINDS if one.kind == item.kind), None)
        if kind is not None:
            yield from _walk(item, schema_for(kind), item.data, ())


def _kinds(item: Item) -> Iterator[Candidate]:
    """An apiVersion or kind that nobody serves."""
    for kind in (one for one in KINDS if one.kind == item.kind):
        yield from setting(item, ("apiVersion",), kind.api_version)
    served = [one.kind for one in KINDS if item.text("apiVersion") in [one.api_version_of(v) for v in one.versions]]
    for name in _near(item.kind, served):
        yield from setting(item, ("kind",), name)


def _walk(item: Item, schema: Schema, value: Any, path: FieldPath) -> Iterator[Candidate]:
    if isinstance(value, dict) and schema.type == "object":
        unknown = [
            name for name in value if name not in schema.properties and not schema.additional and not schema.preserve
        ]
        if path or item.data is value:
            yield from _misplaced(item, path, unknown)
        for name, one in value.items():
            child = schema.properties.get(name, schema.additional)
            if child is not None:
                yield from _walk(item, child, one, (*path, name))
            elif name in unknown:
                yield from _unknown(item, schema, path, name)
    elif isinstance(value, list) and schema.type == "array" and schema.items is not None:
        for number, one in enumerate(value):
            yield from _walk(item, schema.items, one, (*path, number))
    elif value is not None:
        yield from _value(item, schema, value, path)


def _unknown(item: Item, schema: Schema, path: FieldPath, name: str) -> Iterator[Candidate]:
    place = (*path, name)
    there = item.get(*path)
    for near in _near(name, [one for one in schema.properties if one not in there]):
        title = f"Rename {dotted(place)} of {item} to {near}"
        yield from candidate(title, [Rename(item.spot.below(*place), near)])
    for child, inner in schema.properties.items():
        if name in inner.properties and item.get(*path, child, name) is None:
            yield from _moving(item, place, (*path, child, name))
    yield from taking(item, place, why="no such field", doubt=2)


def _misplaced(item: Item, path: FieldPath, unknown: list[str]) -> Iterator[Candidate]:
    """Fields that a mapping further up has: all that are indented too far are moved by one change."""
    for length in range(len(path) - 1, -1, -1):
        upper = _schema_at(item, path[:length])
        there = item.get(*path[:length])
        if upper is None or not isinstance(there, dict):
            continue
        fitting = [name for name in unknown if name in upper.properties and name not in there]
        if fitting:
            after, edits = str(path[length]), list[Edit]()
            for name in fitting:
                edits.append(Move(item.spot.below(*path, name), item.spot.below(*path[:length], name), after))
                after = name
            names = ", ".join(fitting[:-1]) + (" and " if fitting[:-1] else "") + fitting[-1]
            where = f"beside {path[length]}" if isinstance(path[length], str) else f"into {dotted(path[:length])}"
            yield from candidate(f"Move {names} of {item} out from under {dotted(path)}, {where}", edits)
        for child, inner in upper.properties.items():
            for name in unknown:
                if child != path[length] and name in inner.properties and item.get(*path[:length], child, name) is None:
                    yield from _moving(item, (*path, name), (*path[:length], child, name), doubt=1)


def _moving(item: Item, old: FieldPath, new: FieldPath, doubt: int = 0) -> list[Candidate]:
    title = f"Move {dotted(old)} of {item} to {dotted(new)}"
    if isinstance(item.get(*new[:-1]), dict):
        return candidate(title, [Move(item.spot.below(*old), item.spot.below(*new))], doubt=doubt)
    return candidate(title, [*change(item, new, item.get(*old), str(old[-1])), *take(item, old)], doubt=doubt)


def _schema_at(item: Item, path: FieldPath) -> Schema | None:
    kind = kind_for(item.text("apiVersion"), item.kind)
    found = schema_for(kind) if kind else None
    for part in path:
        if found is not None:
            found = found.items if isinstance(part, int) else found.properties.get(part, found.additional)
    return found


def _value(item: Item, schema: Schema, value: Any, path: FieldPath) -> Iterator[Candidate]:
    """A value of another type than the schema's, or not among those allowed."""
    better: list[Any] = []
    if schema.type == "integer" and isinstance(value, str) and value.strip().isdecimal():
        better = [int(value)]
    elif schema.type == "string" and isinstance(value, int | float):
        better = [str(value).lower() if isinstance(value, bool) else str(value)]
    elif schema.type == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        better = [value.lower() == "true"]
    elif schema.type == "string" and isinstance(value, Mapping) and len(value) == 1:
        better = [one for one in value.values() if isinstance(one, str)]
    elif schema.type == "object" and isinstance(value, str | int):
        better = [{name: value} for name, one in schema.properties.items() if one.type == "string"][:2]
    elif schema.type == "array" and isinstance(value, str | dict):
        better = [[value]]
    elif schema.type == "string" and schema.enum and value not in schema.enum:
        better = _near(str(value), schema.enum) or [str(one) for one in schema.enum[:3]]
    secret = item.kind == "Secret" or path[-1] in ("inline", "key")
    for one in better:
        if secret:
            yield from candidate(f"Write {dotted(path)} of {item} as a text", [Set(item.spot.below(*path), one)])
        else:
            yield from setting(item, path, one)


def _near(name: str, names: Any) -> list[str]:
    """The known names that are most like a name, whatever its capitals and dashes."""

    def folded(text: str) -> str:
        return text.lower().replace("_", "").replace("-", "")

    known = {folded(str(one)): str(one) for one in names}
    return [known[one] for one in difflib.get_close_matches(folded(name), known, n=2, cutoff=0.6)]
