"""The fields that an object has, each with what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.literal import is_literal
from conformance.manifests.dialects.model import Origin
from conformance.manifests.fields.table import EVERYTHING, Aspect, FieldClass, Row, Table

__all__ = ["UNKNOWN", "FoundField", "fields_in"]

UNKNOWN = Row((), FieldClass.OPAQUE, EVERYTHING, "nothing is known of it", "")
"""What is known of a field that the table does not have."""


@dataclass(frozen=True)
class FoundField:
    """A field of an object, and the row that is about it and all below it."""

    origin: Origin
    row: Row

    @property
    def aspects(self) -> frozenset[Aspect]:
        """What of an exchange it changes in ways that nobody knows."""
        return self.row.aspects


def fields_in(table: Table, origin: Origin) -> Iterator[FoundField]:
    """Every field at and below a place of an object, if it is there, of which the table says something, or should."""
    value: Any = origin.manifest.data
    for part in origin.path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return
    # An enterprise edition has the shape of what it is an edition of, and more fields, of which nothing is known.
    kind = origin.manifest.kind.removeprefix("Enterprise")
    name = ".".join([kind, *(part for part in origin.path if isinstance(part, str))])
    evaluated = _acts_before_routing(origin)
    for path, row in _walk(table, name, value):
        if evaluated or not (row.literal and is_literal(_at(value, path))):
            yield FoundField(origin.below(*path), row)


def _acts_before_routing(origin: Origin) -> bool:
    """Whether a policy changes requests before a route is chosen, by what it changes, too."""
    traffic = origin.manifest.spec.get("traffic")
    return isinstance(traffic, dict) and str(traffic.get("phase", "")).startswith("Pre")


def _at(value: Any, path: FieldPath) -> Any:
    for part in path:
        value = value[part]
    return value


def _walk(table: Table, name: str, value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Row]]:
    """By (path, row). What is null is not there; a list is what its items are."""
    if value is None:
        return
    row = table.row(name)
    if row is not None and value not in row.usual:
        yield path, row
    elif row is None and not table.is_parent(name):
        yield path, UNKNOWN
    if not table.is_parent(name):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(table, f"{name}.{key}", inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk_item(table, name, inner, (*path, index))


def _walk_item(table: Table, name: str, item: Any, path: FieldPath) -> Iterator[tuple[FieldPath, Row]]:
    for key, inner in item.items() if isinstance(item, dict) else ():
        yield from _walk(table, f"{name}.{key}", inner, (*path, key))
