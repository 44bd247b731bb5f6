"""The patch formats: JSON merge patch (RFC 7396), JSON patch (RFC 6902), strategic merge patch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.targets.reference.kubeapi.jsontree import Json, clone
from conformance.targets.reference.kubeapi.status import ApiError, bad_request

__all__ = ["PatchFailed", "json_patch", "merge_patch", "strategic_merge_patch"]

# Which lists of the core kinds merge, and by which key (patchMergeKey in k8s.io/api/core/v1). All other lists are
# replaced as in a merge patch; a key of None is a set of plain values.
_MERGE_KEYS: Mapping[str, str | None] = {
    "metadata.ownerReferences": "uid",
    "metadata.finalizers": None,
    "spec.ports": "port",
    "status.conditions": "type",
}


class PatchFailed(Exception):
    """A JSON patch that does not fit the object; the API answers 422."""


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON merge patch; null removes. Neither argument is changed."""
    if not isinstance(patch, dict):
        return clone(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def json_patch(target: Any, operations: Any) -> Any:
    """The target after a JSON patch. Raises PatchFailed, and ApiError 400 for what is no patch."""
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise bad_request("a JSON patch is a list of operations")
    if len(operations) > 10_000:
        raise ApiError(413, "RequestEntityTooLarge", "The allowed maximum operations in a JSON patch is 10000")
    result = clone(target)
    for operation in operations:
        result = _operate(result, operation)
    return result


def _operate(target: Any, operation: Json) -> Any:
    name, path = operation.get("op"), _pointer(operation.get("path"))
    if name in ("add", "replace", "test"):
        if "value" not in operation:
            raise PatchFailed(f"the operation {name} has no value")
        value = operation["value"]
        if name == "test":
            if _read(target, path) != value:
                raise PatchFailed(f"testing value {operation['path']} failed")
            return target
        if name == "replace":
            target = _take(target, path)[0]
        return _put(target, path, clone(value))
    if name == "remove":
        return _take(target, path)[0]
    if name == "copy":
        return _put(target, path, clone(_read(target, _pointer(operation.get("from")))))
    if name == "move":
        target, value = _take(target, _pointer(operation.get("from")))
        return _put(target, path, value)
    raise PatchFailed(f"unexpected kind: {name}")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchFailed(f"not a JSON pointer: {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _child(parent: Any, name: str) -> Any:
    if isinstance(parent, dict) and name in parent:
        return parent[name]
    if isinstance(parent, list):
        return parent[_index(parent, name, len(parent) - 1)]
    raise PatchFailed(f"the path has no {name!r}: missing value")


def _index(parent: list[Any], name: str, last: int) -> int:
    if not name.isdecimal() or len(name) > 9 or int(name) > last:
        raise PatchFailed(f"invalid array index: {name!r}")
    return int(name)


def _read(target: Any, path: list[str]) -> Any:
    for name in path:
        target = _child(target, name)
    return target


def _put(target: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, name = _read(target, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent.insert(len(parent) if name == "-" else _index(parent, name, len(parent)), value)
    elif isinstance(parent, dict):
        parent[name] = value
    else:
        raise PatchFailed(f"the path has no {name!r}: missing container")
    return target


def _take(target: Any, path: list[str]) -> tuple[Any, Any]:
    if not path:
        return None, target
    parent, name = _read(target, path[:-1]), path[-1]
    value = _child(parent, name)
    if isinstance(parent, list):
        del parent[int(name)]
    else:
        del parent[name]
    return target, value


def strategic_merge_patch(target: Any, patch: Any, path: str = "") -> Any:
    """The target after a strategic merge patch, for the lists of `_MERGE_KEYS` and the `$` directives.

    Other lists are replaced: the core kinds served have no other list that merges.
    """
    if not isinstance(patch, dict):
        return clone(patch)
    if patch.get("$patch") == "replace":
        return {name: clone(value) for name, value in patch.items() if name != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if not name.startswith("$"):
            _merge_field(merged, name, value, f"{path}.{name}" if path else name)
    for name, value in patch.items():
        _directive(merged, name, value)
    return merged


def _merge_field(merged: Json, name: str, value: Any, path: str) -> None:
    if value is None:
        merged.pop(name, None)
    elif isinstance(value, list) and path in _MERGE_KEYS:
        live = merged.get(name)
        merged[name] = _merge_list(live if isinstance(live, list) else [], value, path)
    else:
        merged[name] = strategic_merge_patch(merged.get(name), value, path)


def _directive(merged: Json, name: str, value: Any) -> None:
    """`$retainKeys` keeps only these fields; `$deleteFromPrimitiveList/x` takes values out of a set."""
    if name == "$retainKeys" and isinstance(value, list):
        for key in [key for key in merged if key not in value]:
            del merged[key]
    elif name.startswith("$deleteFromPrimitiveList/") and isinstance(value, list):
        field = name.partition("/")[2]
        merged[field] = [item for item in merged.get(field) or [] if item not in value]


def _merge_list(items: list[Any], patch: list[Any], path: str) -> list[Any]:
    key = _MERGE_KEYS[path]
    if key is None:
        return [*items, *(item for item in patch if item not in items)]
    if {"$patch": "replace"} in patch:
        return [clone(item) for item in patch if item != {"$patch": "replace"}]
    merged = list(items)
    for change in patch:
        if not isinstance(change, dict) or key not in change:
            raise bad_request(f"map: {change} does not contain declared merge key: {key}")
        at = next((i for i, item in enumerate(merged) if isinstance(item, dict) and item.get(key) == change[key]), None)
        if change.get("$patch") == "delete":
            if at is not None:
                del merged[at]
        elif at is None:
            merged.append(strategic_merge_patch({}, change, path))
        else:
            merged[at] = strategic_merge_patch(merged[at], change, path)
    return merged
