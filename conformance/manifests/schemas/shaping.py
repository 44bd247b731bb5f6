"""Gives an object its stored shape: unknown fields out (and told), nulls out, defaults in."""

from __future__ import annotations

from typing import Any

from conformance.manifests.schemas.errors import Undecodable
from conformance.manifests.schemas.schema import Schema

__all__ = ["copied", "shaped"]

# Deeper than any schema or real manifest goes.
_MOST_DEPTH = 100


def shaped(schema: Schema, value: Any, path: str, unknown: list[str]) -> Any:
    """A copy of the value without unknown fields, whose paths are added to `unknown`, and with defaults.

    A null counts as absent, as the API server has it for fields that are not nullable. A value of another type
    than the schema's is left as it is, for validation to refuse. Raises Undecodable when nested too deeply.
    """
    if schema.type == "object" and isinstance(value, dict):
        return shaped_object(schema, value, path, unknown)
    if schema.type == "array" and isinstance(value, list) and schema.items is not None:
        return [shaped(schema.items, item, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return copied(value) if schema.preserve else value


def shaped_object(schema: Schema, value: dict[str, Any], path: str, unknown: list[str]) -> dict[str, Any]:
    """The part of `shaped` for objects and maps."""
    result: dict[str, Any] = {}
    for name, item in value.items():
        child = schema.properties.get(name, schema.additional)
        if child is None:
            unknown.append(f"{path}.{name}" if path else str(name))
        elif item is not None:
            result[name] = shaped(child, item, f"{path}.{name}" if path else name, unknown)
        elif schema.additional is not None:
            result[name] = None
    for name, child in schema.properties.items():
        if child.default is not None and name not in result:
            result[name] = copied(child.default)
    return result


def copied(value: Any, depth: int = 0) -> Any:
    """A deep copy of JSON data. Raises Undecodable when nested too deeply."""
    if isinstance(value, dict | list) and depth > _MOST_DEPTH:
        raise Undecodable("json: exceeded max depth")
    if isinstance(value, dict):
        return {name: copied(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [copied(item, depth + 1) for item in value]
    return value
