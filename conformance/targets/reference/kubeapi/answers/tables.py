"""Objects as rows of a table, which is what `kubectl get` asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from conformance.manifests.schemas.columns import Column
from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.jsontree import Json

__all__ = ["age", "as_table"]

# The API server's own formats: kubectl reads `name` as the object's name.
_UNITS = ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def as_table(kind: Kind, objects: Iterable[Json], *, include: str, resource_version: str, group_version: str) -> Json:
    """A meta.k8s.io Table; `include` is None, Metadata or Object: how much of the object goes with each row."""
    at = datetime.now(UTC)
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{group_version}",
        "metadata": {"resourceVersion": resource_version},
        "columnDefinitions": [_definition(column) for column in kind.columns],
        "rows": [_row(kind, obj, include, group_version, at) for obj in objects],
    }


def _definition(column: Column) -> Json:
    # Ages are sent as text, as the API server does for its own kinds.
    type_ = "string" if column.type == "date" else column.type
    return {
        "name": column.name,
        "type": type_,
        "format": "name" if column.name == "Name" else "",
        "description": column.description,
        "priority": column.priority,
    }


def _row(kind: Kind, obj: Json, include: str, group_version: str, at: datetime) -> Json:
    row: Json = {"cells": [_cell(column, obj, at) for column in kind.columns]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": f"meta.k8s.io/{group_version}",
            "metadata": obj["metadata"],
        }
    return row


def _cell(column: Column, obj: Json, at: datetime) -> Any:
    value = column.value(obj)
    return age(value, at) if column.type == "date" else value


def age(timestamp: Any, at: datetime) -> str:
    """How long ago that was, as kubectl prints it: `5s`, `3m20s`, `2d`."""
    try:
        then = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return "<unknown>"
    seconds = max(0, int((at - then.replace(tzinfo=then.tzinfo or UTC)).total_seconds()))
    for index, (length, unit) in enumerate(_UNITS):
        if seconds >= length or unit == "s":
            whole, rest = divmod(seconds, length)
            # Small numbers are told more exactly, as k8s.io/apimachinery/pkg/util/duration does.
            if unit != "s" and whole < 10 and rest >= _UNITS[index + 1][0]:
                lower, lower_unit = _UNITS[index + 1]
                return f"{whole}{unit}{rest // lower}{lower_unit}"
            return f"{whole}{unit}"
    raise AssertionError("seconds are the last unit")
