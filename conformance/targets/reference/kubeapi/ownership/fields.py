"""Sets of fields, as structured-merge-diff sees them: paths through maps, keyed lists and sets, by schema.

A path is a tuple of the elements that fieldsV1 writes: `f:spec`, `k:{"name":"http"}`, `v:"x"`. A keyed list's item is
a path of its own (fieldsV1 writes it as `.`); a list that the schema does not key is one field, as kube-apiserver
treats it ("atomic").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.targets.reference.kubeapi.jsontree import Json

__all__ = [
    "ITEM",
    "METADATA_SCHEMA",
    "FieldPath",
    "Schema",
    "flatten",
    "from_fields_v1",
    "item_key",
    "shown",
    "step",
    "to_fields_v1",
]

FieldPath = tuple[str, ...]
Schema = Mapping[str, Any]

ITEM = "\0item"
"""The value of an item of a keyed list or set in a flattened object: it is there, whatever it holds."""

METADATA_SCHEMA: Schema = {
    "properties": {
        "finalizers": {"x-kubernetes-list-type": "set"},
        "ownerReferences": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"]},
    }
}
"""How lists of every object's metadata merge."""

_NONE: Schema = {}


def step(schema: Schema, name: str) -> Schema:
    """The schema of a field of an object; an empty one when it is not described."""
    found = (schema.get("properties") or _NONE).get(name)
    if found is None:
        found = schema.get("additionalProperties")
    return found if isinstance(found, Mapping) else _NONE


def list_type(schema: Schema) -> str:
    """`atomic`, `map` or `set`."""
    return str(schema.get("x-kubernetes-list-type", "atomic"))


def item_key(item: Any, schema: Schema) -> str:
    """The path element of a keyed list's item, or of a set's."""
    if list_type(schema) == "set" or not isinstance(item, dict):
        return "v:" + json.dumps(item, separators=(",", ":"))
    items = schema.get("items") or _NONE
    key = {}
    for name in sorted(schema.get("x-kubernetes-list-map-keys") or ()):
        value = item.get(name, step(items, name).get("default"))
        if value is not None:
            key[name] = value
    return "k:" + json.dumps(key, separators=(",", ":"))


def flatten(obj: Json, schema: Schema) -> dict[FieldPath, Any]:
    """Every field of an object with its value."""
    return dict(_walk(obj, schema, ()))


def _walk(value: Any, schema: Schema, path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    if isinstance(value, dict) and value and schema.get("x-kubernetes-map-type") != "atomic":
        for name, item in value.items():
            yield from _walk(item, step(schema, name), (*path, f"f:{name}"))
    elif isinstance(value, list) and value and list_type(schema) in ("map", "set"):
        items = schema.get("items") or _NONE
        for item in value:
            here = (*path, item_key(item, schema))
            yield here, ITEM
            if isinstance(item, dict):
                yield from _walk(item, items, here)
    else:
        yield path, value


def to_fields_v1(paths: Iterable[FieldPath]) -> Json:
    """The set as managedFields keep it."""
    tree: Json = {}
    for path in sorted(paths):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        if path[-1][0] in "kv":
            node["."] = {}
    # A keyed item without any field of its own is written {}, as a set's item is.
    return {key: _without_lone_dots(value) for key, value in tree.items()}


def _without_lone_dots(node: Json) -> Json:
    if node.keys() == {"."}:
        return {}
    return {key: _without_lone_dots(value) for key, value in node.items()}


def from_fields_v1(tree: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """The paths of a fieldsV1 tree, which a client may have written; what is no path is passed over."""
    if not isinstance(tree, dict):
        return
    for element, below in tree.items():
        if element == ".":
            if path:
                yield path
        elif element[:2] in ("f:", "k:", "v:"):
            here = (*path, element)
            if below:
                yield from from_fields_v1(below, here)
            else:
                yield here


def shown(path: FieldPath) -> str:
    """The path as kube-apiserver writes it in conflicts: `.spec.listeners[name="http"].port`."""
    text = ""
    for element in path:
        kind, value = element[0], element[2:]
        if kind == "f":
            text += f".{value}"
        elif kind == "k":
            text += f"[{_shown_key(value)}]"
        else:
            text += f"[={value}]"
    return text


def _shown_key(key: str) -> str:
    try:
        return ",".join(f"{name}={json.dumps(item)}" for name, item in json.loads(key).items())
    except (ValueError, AttributeError):
        return key  # a client wrote it, and no key of ours
