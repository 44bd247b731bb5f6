"""Candidates from the kinds' schemas: fields that no schema has, in the wrong place, of the wrong type or value."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.mending.candidate import Candidate, candidate, setting, taking
from conformance.certification.mending.candidates.misplaced import misplaced
from conformance.certification.mending.text.edits import Edit, Rename, Set
from conformance.certification.mending.view import Item, View
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import BEYOND
from conformance.manifests.schemas.admission import schema_for
from conformance.manifests.schemas.kinds import KINDS, kind_for
from conformance.manifests.schemas.schema import Schema

__all__ = ["fields"]


def fields(view: View) -> Iterator[Candidate]:
    """Everything that brings an object nearer to its schema."""
    for item in view.items:
        kind = kind_for(item.text("apiVersion"), item.kind)
        if kind is None:
            yield from _kinds(item)
            kind = next((one for one in KINDS if one.kind == item.kind), None)
        elif item.text("apiVersion") != kind.api_version:
            yield from setting(item, ("apiVersion",), kind.api_version, why="the version that is served now", doubt=1)
        if kind is not None:
            # What is known of the experimental channel is no place to move things to.
            schema, standard = (schema_for(kind, view.dialect.NAME, experimental=one) for one in (True, False))
            yield from _walk(view, item, standard, schema, item.data, ())


def _kinds(item: Item) -> Iterator[Candidate]:
    """An apiVersion or kind that nobody serves; not a kind that is one, and beyond this suite."""
    for kind in (one for one in KINDS if one.kind == item.kind):
        yield from setting(item, ("apiVersion",), kind.api_version)
    if item.kind in BEYOND:
        return
    served = [one.kind for one in KINDS if item.text("apiVersion") in [one.api_version_of(v) for v in one.versions]]
    for name in _near(item.kind, served):
        yield from setting(item, ("kind",), name)


def _walk(view: View, item: Item, root: Schema, schema: Schema, value: Any, path: FieldPath) -> Iterator[Candidate]:
    if isinstance(value, dict) and schema.type == "object":
        declared = schema.properties
        unknown = [name for name in value if name not in declared and not schema.additional and not schema.preserve]
        yield from misplaced(item, root, path, unknown)
        yield from _discriminators(item, schema, value, path)
        for name, one in value.items():
            child = declared.get(name, schema.additional)
            if child is not None:
                yield from _walk(view, item, root, child, one, (*path, name))
            elif name in unknown:
                yield from _unknown(item, schema, path, name)
    elif isinstance(value, list) and schema.type == "array" and schema.items is not None:
        for number, one in enumerate(value):
            yield from _walk(view, item, root, schema.items, one, (*path, number))
    elif value is not None:
        yield from _value(view, item, schema, value, path)


# What fields are called elsewhere: in other kinds, older versions, the standalone configuration.
_CALLED = {
    "hostname": ("sni", "host"),
    "serverName": ("sni", "hostname"),
    "sni": ("hostname",),
    "tls": ("validation",),
    "modelName": ("model",),
    "pathOverride": ("path",),
    "secretName": ("secretRef",),
    "backends": ("backendRefs",),
    "gateways": ("parentRefs",),
}


def _unknown(item: Item, schema: Schema, path: FieldPath, name: str) -> Iterator[Candidate]:
    place, there = (*path, name), item.get(*path)
    free = [one for one in schema.properties if one not in there]
    called = [one for one in _CALLED.get(name, ()) if one in free]
    for near in dict.fromkeys([*_near(name, free), *called]):
        edits: list[Edit] = [Rename(item.spot.below(*place), near)]
        if schema.properties[near].type == "array" and isinstance(there[name], dict):
            edits.append(Set(item.spot.below(*path, near), [there[name]]))
        if schema.properties[near].type == "object" and isinstance(there[name], str):
            inner = next((key for key, one in schema.properties[near].properties.items() if one.type == "string"), None)
            edits += [Set(item.spot.below(*path, near), {inner: there[name]})] if inner else []
        yield from candidate(f"Rename {dotted(place)} of {item} to {near}", edits)
    if not _holds_key(name, there[name]):
        yield from taking(item, place, why="no such field", doubt=2)


def _holds_key(name: str, value: Any) -> bool:
    """Whether an unknown field was meant to say where the key comes from: without it none would be sent."""
    if isinstance(value, dict):
        return any(_holds_key(key, one) for key, one in value.items())
    return name in ("secretRef", "inline", "key", "name", "kind")


def _discriminators(item: Item, schema: Schema, value: Mapping[str, Any], path: FieldPath) -> Iterator[Candidate]:
    """A `type` or `kind` that is said by which of the other fields is there: URLRewrite by urlRewrite."""
    for field in ("type", "kind"):
        for choice in schema.properties[field].enum if field in schema.properties else ():
            if any(name.lower() == str(choice).lower() and name in schema.properties for name in value):
                yield from setting(item, (*path, field), choice)


def _value(view: View, item: Item, schema: Schema, value: Any, path: FieldPath) -> Iterator[Candidate]:
    """A value of another type than the schema's, or not among those allowed."""
    better: list[Any] = []
    if schema.type == "integer" and isinstance(value, str) and value.strip().isdecimal():
        better = [int(value)]
    elif schema.type == "string" and isinstance(value, int | float):
        # What stands there is meant, and not what YAML makes of it: 0123 and no, not 83 and false.
        better = [view.written(item, *path) or (str(value).lower() if isinstance(value, bool) else str(value))]
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
    secret = (item.kind == "Secret" and path[0] in ("data", "stringData")) or path[-1] in ("inline", "key")
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
