"""A JSON value that fits a JSON Schema: what a model answers that is held to one, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["instance"]

_DEEPEST = 20
"""Levels of a schema that refers to itself; what lies below is left out where that is allowed, else null."""
_OF_FORMAT = {
    "date-time": "2024-10-03T14:57:42Z",
    "date": "2024-10-03",
    "time": "14:57:42Z",
    "duration": "PT1S",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "5f0c2f64-3b7e-4c55-9a0e-2b8c1d7e9f10",
    "uri": "https://example.com/",
}


def instance(schema: Any, root: Mapping[str, Any] | None = None, name: str = "value", depth: int = 0) -> Any:
    """The value; `root` is where references lead, `name` what a text says that is free to say anything.

    Of the keywords those that vendors take with `strict`: types, enum, const, properties, items, anyOf, $ref, format,
    and the limits of numbers, texts and lists. `pattern` is not looked at.
    """
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return name if schema is True else None
    root = schema if root is None else root
    if "$ref" in schema:
        return instance(_found(root, schema["$ref"]), root, name, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword):
            return instance(schema[keyword][0], root, name, depth + 1)
    return _of_type(_type(schema), schema, root, name, depth)


def _type(schema: Mapping[str, Any]) -> str:
    named = schema.get("type")
    if isinstance(named, list):
        return str(next((one for one in named if one != "null"), "null"))
    if named is None:
        return "array" if "items" in schema else "object"
    return str(named)


def _of_type(type_: str, schema: Mapping[str, Any], root: Mapping[str, Any], name: str, depth: int) -> Any:
    match type_:
        case "object":
            given = schema.get("properties") or {}
            # Where a schema comes back to itself only what must be there is.
            wanted = given if depth < _DEEPEST // 2 else {key: given[key] for key in schema.get("required") or []}
            return {key: instance(one, root, key, depth + 1) for key, one in wanted.items()}
        case "array":
            count = max(int(schema.get("minItems", 1)), 0) if depth < _DEEPEST // 2 else int(schema.get("minItems", 0))
            return [instance(schema.get("items", True), root, name, depth + 1) for _ in range(count)]
        case "integer" | "number":
            return _number(schema, whole=type_ == "integer")
        case "boolean":
            return True
        case "null":
            return None
    text = str(_OF_FORMAT.get(str(schema.get("format")), name))
    return text.ljust(int(schema.get("minLength", 0)), ".")[: schema.get("maxLength")]


def _number(schema: Mapping[str, Any], *, whole: bool) -> int | float:
    step = schema.get("multipleOf", 1 if whole else 0.5)
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    value = -(-lowest // step) * step
    if value == schema.get("exclusiveMinimum"):
        value += step
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    if highest is not None and value > highest:
        value = highest // step * step
    return int(value) if whole else float(value)


def _found(root: Mapping[str, Any], reference: Any) -> Any:
    """What a reference within the schema leads to; None for others."""
    found: Any = root
    start, *parts = str(reference).split("/")
    if start != "#":
        return None
    for part in parts:
        if not isinstance(found, Mapping):
            return None
        found = found.get(part.replace("~1", "/").replace("~0", "~"))
    return found
