"""Whether an apply patch fits the schema, in the words of structured-merge-diff, which server-side apply asks first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.manifests.schemas.errors import NotTyped, go_json
from conformance.manifests.schemas.schema import Schema

__all__ = ["refuse_untyped", "typed_errors"]

_MOST_DEPTH = 20


def refuse_untyped(schema: Schema, patch: Any, *, secret: bool = False) -> None:
    """Raises NotTyped, worded as for the apply patch of an object, unless the patch fits the schema.

    With `secret` no value is quoted, as it could be a key; kube-apiserver is less careful.
    """
    metadata = patch.get("metadata") if isinstance(patch, dict) else None
    named = metadata if isinstance(metadata, dict) else {}
    errors = list(typed_errors(schema, patch, "", secret=secret))
    if errors:
        told = errors[0] if len(errors) == 1 else "\n  ".join(["errors:", *errors])
        about = f"{named.get('namespace', '')}/{named.get('name', '')}; {group_version_kind(patch)}"
        raise NotTyped(f"failed to create typed patch object ({about}): {told}")


def group_version_kind(patch: Any) -> str:
    """The kind as Go prints it: `/v1, Kind=Secret`."""
    fields = patch if isinstance(patch, dict) else {}
    version = str(fields.get("apiVersion", ""))
    return f"{version if '/' in version else '/' + version}, Kind={fields.get('kind', '')}"


def typed_errors(schema: Schema, value: Any, path: str, *, secret: bool = False) -> Iterator[str]:
    """Each misfit as `.path: what`; nulls and undeclared contents of free-form fields always fit."""
    if value is None or schema.type == "any":
        return
    if schema.type == "object":
        yield from object_errors(schema, value, path, secret)
    elif schema.type == "array":
        yield from list_errors(schema, value, path, secret)
    elif schema.type == "string":
        if not isinstance(value, str):
            shown = "<hidden>" if secret else go_syntax(value)
            yield f"{path}: expected string, got &value.valueUnstructured{{Value:{shown}}}"
    elif schema.type == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: expected boolean, got {boxed(value, secret)}"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{path}: expected numeric (int or float), got {go_type_of(value)}"


def object_errors(schema: Schema, value: Any, path: str, secret: bool) -> Iterator[str]:
    """Undeclared fields, and what is wrong with the declared ones."""
    if not isinstance(value, dict):
        yield f"{path}: expected map, got {boxed(value, secret)}"
        return
    for name, item in value.items():
        child = schema.properties.get(name, schema.additional)
        if child is not None:
            yield from typed_errors(child, item, f"{path}.{name}", secret=secret)
        else:
            yield f"{path}.{name}: field not declared in schema"


def list_errors(schema: Schema, value: Any, path: str, secret: bool) -> Iterator[str]:
    """Items without the key of their list, duplicate ones, and what is wrong inside of items."""
    if not isinstance(value, list):
        yield f"{path}: expected list, got {boxed(value, secret)}"
        return
    items = schema.items
    seen: set[str] = set()
    for index, item in enumerate(value):
        place, problem = f"[{index}]", ""
        if schema.list_type == "map" and items is not None:
            place, problem = item_key(schema, items, item)
        elif schema.list_type == "set":
            place = f"[={json.dumps(item) if isinstance(item, str) else go_syntax(item)}]"
        if problem:
            yield f"{path}: element {index}: {problem}"
            return
        if place in seen:
            yield f"{path}: duplicate entries for key {place}"
        seen.add(place)
        if items is not None:
            yield from typed_errors(items, item, path + place, secret=secret)


def item_key(schema: Schema, items: Schema, item: Any) -> tuple[str, str]:
    """The path of an item of a map list, `[name="http"]`, or what keeps it from having one."""
    if item is None:
        return "", "associative list with keys may not have a null element"
    if not isinstance(item, dict):
        return "", "associative list with keys may not have non-map elements"
    parts = []
    for key in schema.list_keys:
        value = item.get(key, items.properties[key].default)
        if value is not None:
            parts.append(
                f"{key}={json.dumps(value) if isinstance(value, str) else go_words(value).removesuffix('map[]')}"
            )
    if not parts:
        keys = " ".join(json.dumps(key) for key in schema.list_keys)
        omitted = f"associative list with keys has an element that omits all key fields [{keys}]"
        return "", f"{omitted} (and doesn't have default values for any key fields)"
    return f"[{','.join(parts)}]", ""


def boxed(value: Any, secret: bool) -> str:
    """Go's `%v` of a value in its wrapper."""
    return "&{<hidden>}" if secret else f"&{{{go_words(value)}}}"


def go_type_of(value: Any) -> str:
    """Go's `%T` of a decoded JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "[]interface {}" if isinstance(value, list) else "map[string]interface {}"


def go_syntax(value: Any, depth: int = 0) -> str:
    """Go's `%#v` of a decoded JSON value."""
    if depth > _MOST_DEPTH:
        return "..."
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(str(key))}:{go_syntax(item, depth + 1)}" for key, item in in_order(value))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(go_syntax(item, depth + 1) for item in value)}}}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return scalar(value, "interface {}(nil)")


def go_words(value: Any, depth: int = 0) -> str:
    """Go's `%v` of a decoded JSON value."""
    if depth > _MOST_DEPTH:
        return "..."
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_words(item, depth + 1)}' for key, item in in_order(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_words(item, depth + 1) for item in value)}]"
    return value if isinstance(value, str) else scalar(value, "<nil>")


def scalar(value: Any, null: str) -> str:
    """A number, true, false or null as Go prints it."""
    if value is None:
        return null
    return go_json(value)


def in_order(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """The entries by key, which is how Go prints maps."""
    return sorted(value.items(), key=lambda entry: str(entry[0]))
