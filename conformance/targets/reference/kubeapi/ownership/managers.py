"""Who set which field: `metadata.managedFields`, read, kept up to date on writes, and written back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from conformance.core.startup.records import dataclass
from conformance.targets.reference.kubeapi.jsontree import MISSING, Json
from conformance.targets.reference.kubeapi.ownership.fields import (
    METADATA_SCHEMA,
    FieldPath,
    Schema,
    flatten,
    from_fields_v1,
    to_fields_v1,
)

__all__ = ["Manager", "Writer", "entries", "managers_of", "owned_fields", "track_update"]

# Of these the API server keeps no owner.
_OWNED_METADATA = ("labels", "annotations", "finalizers", "ownerReferences")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the field manager's name, how, in which version and through which subresource."""

    name: str
    operation: Literal["Apply", "Update"]
    api_version: str
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Manager:
    """A writer, when it wrote last, and what it owns."""

    writer: Writer
    time: str
    fields: frozenset[FieldPath]


def owned_fields(obj: Json, schema: Schema, subresource: str = "") -> dict[FieldPath, Any]:
    """The fields of an object that a write through this subresource can own, with their values."""
    if subresource == "status":
        return flatten({"status": obj["status"]}, schema) if obj.get("status") else {}
    rest = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata", "status")}
    fields = flatten(rest, schema) if rest else {}
    metadata = obj.get("metadata") or {}
    owned = {name: metadata[name] for name in _OWNED_METADATA if metadata.get(name)}
    if owned:
        fields.update((("f:metadata", *path), value) for path, value in flatten(owned, METADATA_SCHEMA).items())
    return fields


def managers_of(obj: Json | None) -> list[Manager]:
    """The managers that an object names; entries that cannot be read are left out."""
    found = []
    listed = obj["metadata"].get("managedFields") if obj else None
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or entry.get("operation") not in ("Apply", "Update"):
            continue
        writer = Writer(
            str(entry.get("manager", "")),
            entry["operation"],
            str(entry.get("apiVersion", "")),
            str(entry.get("subresource", "")),
        )
        found.append(Manager(writer, str(entry.get("time", "")), frozenset(from_fields_v1(entry.get("fieldsV1")))))
    return found


def entries(managers: Iterable[Manager]) -> list[Json]:
    """managedFields of the managers that own something: appliers first, then by age, as kube-apiserver orders them."""
    ordered = sorted(
        (manager for manager in managers if manager.fields),
        key=lambda manager: (manager.writer.operation != "Apply", manager.time, manager.writer.name),
    )
    return [_entry(manager) for manager in ordered]


def _entry(manager: Manager) -> Json:
    writer = manager.writer
    entry = {
        "manager": writer.name,
        "operation": writer.operation,
        "apiVersion": writer.api_version,
        "time": manager.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields_v1(manager.fields),
    }
    if writer.subresource:
        entry["subresource"] = writer.subresource
    return entry


def track_update(
    managers: list[Manager], old: dict[FieldPath, Any], new: dict[FieldPath, Any], writer: Writer, time: str
) -> list[Manager]:
    """The managers after a write that is no apply: what changed becomes the writer's, what is gone nobody's."""
    changed = {path for path, value in new.items() if old.get(path, MISSING) != value}
    gone = old.keys() - new.keys()
    if not changed and not gone:
        return managers
    lost = changed | gone
    kept = []
    own: frozenset[FieldPath] = frozenset()
    for manager in managers:
        if manager.writer == writer:
            own = manager.fields - gone
        else:
            kept.append(replace(manager, fields=manager.fields - lost))
    return [*kept, Manager(writer, time, own | changed)]
