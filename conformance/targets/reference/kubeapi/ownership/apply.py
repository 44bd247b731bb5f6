"""Server-side apply: merge by schema, ownership of fields, conflicts between managers, removal of what is given up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from conformance.targets.reference.kubeapi.jsontree import MISSING, Json
from conformance.targets.reference.kubeapi.ownership.fields import (
    METADATA_SCHEMA,
    FieldPath,
    Schema,
    item_key,
    list_type,
    shown,
    step,
)
from conformance.targets.reference.kubeapi.ownership.managers import Manager, Writer, owned_fields
from conformance.targets.reference.kubeapi.status import ApiError, StatusCause, apply_conflict

__all__ = ["merge", "owners"]


def merge(live: Json, config: Json, managers: list[Manager], writer: Writer, schema: Schema) -> Json:
    """The live object with what the writer wants laid over it, without what only it wanted before.

    Parts that did not change are shared with `live`. The rules are those of sigs.k8s.io/structured-merge-diff v6.
    """
    schema = _with_metadata(schema)
    merged: Json = _merge(live, config, schema)
    given_up = _given_up(_wanted(config, schema, writer), managers, writer)
    if given_up:
        # What is wanted empty went with its last field, and is laid over again.
        merged = _merge(_remove(merged, _tree(given_up), schema), config, schema)
    return merged


def owners(
    live: Json,
    config: Json,
    result: Json,
    managers: list[Manager],
    writer: Writer,
    schema: Schema,
    *,
    force: bool,
    time: str,
) -> list[Manager]:
    """The managers after an apply that made `result` of `live`.

    Raises ApiError 409 for fields that others own and that it changes, unless forced. The result is compared after
    defaulting, so that applying what is there already changes nothing, also in lists that are owned as a whole.
    """
    schema = _with_metadata(schema)
    wanted = _wanted(config, schema, writer)
    before = owned_fields(live, schema, writer.subresource)
    after = owned_fields(result, schema, writer.subresource)
    changes = {path for path in wanted if before.get(path, MISSING) != after.get(path, MISSING)}
    own = next((manager for manager in managers if manager.writer == writer), None)
    others = [manager for manager in managers if manager is not own]
    if force:
        others = [replace(manager, fields=manager.fields - changes) for manager in others]
    elif conflicts := [(manager, path) for manager in others for path in sorted(manager.fields & changes)]:
        raise _conflict(conflicts)
    if own is None or own.fields != wanted or changes:
        own = Manager(writer, time, wanted)
    return [*others, own]


def _with_metadata(schema: Schema) -> Schema:
    return {**schema, "properties": {**(schema.get("properties") or {}), "metadata": METADATA_SCHEMA}}


def _wanted(config: Json, schema: Schema, writer: Writer) -> frozenset[FieldPath]:
    return frozenset(owned_fields(config, schema, writer.subresource))


def _given_up(wanted: frozenset[FieldPath], managers: list[Manager], writer: Writer) -> set[FieldPath]:
    """What the writer applied before and no longer wants, unless somebody else owns it too."""
    given_up: set[FieldPath] = set()
    # A mapping that was empty and has fields now is wanted as much as they are.
    above = {path[:length] for path in wanted for length in range(len(path))}
    for manager in managers:
        if manager.writer == writer:
            given_up |= manager.fields - wanted - above
    for manager in managers:
        if manager.writer != writer:
            given_up -= manager.fields
    return given_up


def _merge(live: Any, config: Any, schema: Schema) -> Any:
    if isinstance(live, dict) and isinstance(config, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        merged = dict(live)
        for name, value in config.items():
            merged[name] = _merge(live[name], value, step(schema, name)) if name in live else value
        return merged
    if isinstance(live, list) and isinstance(config, list) and list_type(schema) in ("map", "set"):
        return _merge_list(live, config, schema)
    return config


def _merge_list(live: list[Any], config: list[Any], schema: Schema) -> list[Any]:
    items = schema.get("items") or {}
    wanted = {item_key(item, schema): item for item in config}
    merged = []
    for item in live:
        key = item_key(item, schema)
        merged.append(_merge(item, wanted.pop(key), items) if key in wanted else item)
    return [*merged, *wanted.values()]


_Tree = dict[str, Any]


def _tree(paths: Iterable[FieldPath]) -> _Tree:
    tree: _Tree = {}
    for path in paths:
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        node[""] = True  # this field itself goes
    return tree


def _remove(value: Any, gone: _Tree, schema: Schema) -> Any:
    """The value without these fields; a map or list that loses its last entry goes too."""
    if isinstance(value, dict):
        kept: Any = {}
        for name, item in value.items():
            left = _left(item, gone.get(f"f:{name}"), step(schema, name))
            if left is not MISSING:
                kept[name] = left
        return kept if kept else MISSING
    if isinstance(value, list):
        items = schema.get("items") or {}
        kept = [_left(item, gone.get(item_key(item, schema)), items) for item in value]
        kept = [item for item in kept if item is not MISSING]
        return kept if kept else MISSING
    return value


def _left(item: Any, gone: _Tree | None, schema: Schema) -> Any:
    if gone is None:
        return item
    if "" in gone:
        return MISSING
    return _remove(item, gone, schema)


def _conflict(conflicts: list[tuple[Manager, FieldPath]]) -> ApiError:
    """The refusal in kube-apiserver's words (k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go)."""
    causes = [
        StatusCause("FieldManagerConflict", f"conflict with {_described(manager)}", shown(path))
        for manager, path in conflicts
    ]
    if len(conflicts) == 1:
        manager, path = conflicts[0]
        return apply_conflict(
            f"Apply failed with 1 conflict: conflict with {_described(manager)}: {shown(path)}", causes
        )
    by_manager: dict[str, list[str]] = {}
    for manager, path in conflicts:
        by_manager.setdefault(_described(manager), []).append(shown(path))
    lines = [
        line
        for who in sorted(by_manager)
        for line in (f"conflicts with {who}:", *(f"- {path}" for path in by_manager[who]))
    ]
    return apply_conflict(f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines), causes)


def _described(manager: Manager) -> str:
    writer = manager.writer
    text = json.dumps(writer.name)
    if writer.subresource:
        text += f" with subresource {json.dumps(writer.subresource)}"
    if writer.operation == "Update":
        text += f" using {writer.api_version}" + (f" at {manager.time}" if manager.time else "")
    return text
