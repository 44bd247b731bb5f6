"""The tables in fixtures/fields: of every field whether it is modelled, inert, or opaque as to some aspects."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

import yaml

from conformance.core.fixtures import fixtures
from conformance.core.startup.records import dataclass

__all__ = ["EVERYTHING", "VERSIONS", "Aspect", "FieldClass", "Row", "Section", "Table", "table_of"]

VERSIONS = ("agentgateway-1-main",)
"""The tables of versions that say only what is new since the dialect's own."""


class Aspect(StrEnum):
    """What of an exchange a field may change."""

    BODY = "body"
    MODEL = "model"
    HEADERS = "headers"
    PATH = "path"
    CALLERS = "who may call"
    ANSWER = "answer"
    CONNECTION = "connection"


EVERYTHING = frozenset(Aspect)


class FieldClass(StrEnum):
    """What is known of a field."""

    MODELLED = "modelled"
    INERT = "inert"
    OPAQUE = "opaque"


@dataclass(frozen=True)
class Row:
    """What is known of some fields, named as below the places of their section; NAME.*: with all that is below it.

    Only of opaque fields it is said which aspects they change. With a value that is `usual` a field changes nothing,
    and where `literal`, one that only has texts in quotes is modelled.
    """

    fields: tuple[str, ...]
    known: FieldClass
    aspects: frozenset[Aspect]
    why: str
    source: str
    usual: tuple[Any, ...] = ()
    literal: bool = False


@dataclass(frozen=True)
class Section:
    """The rows about what is below these places, each `KIND.spec.…` without the indices of lists."""

    at: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """What is known of a dialect's fields; of two rows about one field that of the later section is right."""

    dialect: str
    api: str
    version: str
    source: str
    sections: tuple[Section, ...]
    base: Table | None = None

    @property
    def own(self) -> tuple[Section, ...]:
        """What is said of this version, and not of the one that it goes on from."""
        return self.sections[len(self.base.sections) :] if self.base else self.sections

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        """By field; NAME.* stands for NAME and all that is below it."""
        return {
            f"{place}.{name}": row
            for section in self.sections
            for place in section.at
            for row in section.rows
            for name in row.fields
        }

    @cached_property
    def _parents(self) -> frozenset[str]:
        names = (field.removesuffix(".*").split(".") for field in self._rows)
        return frozenset(".".join(parts[:length]) for parts in names for length in range(1, len(parts)))

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that have a row of their own, as the rows name them."""
        return tuple(self._rows)

    def row(self, field: str) -> Row | None:
        """What is known of a field: by its own row, else by the nearest that is about all below one above."""
        if found := self._rows.get(field):
            return found
        parts = field.split(".")
        above = (self._rows.get(".".join([*parts[:length], "*"])) for length in range(len(parts), 0, -1))
        return next((row for row in above if row is not None), None)

    def is_parent(self, field: str) -> bool:
        """Whether there are rows about what is below a field."""
        return field in self._parents


@cache
def table_of(name: str) -> Table:
    """The table of a dialect, or of a version (VERSIONS) that a dialect's table goes on to."""
    with fixtures("fields", f"{name}.yaml").open(encoding="utf-8") as file:
        data = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    sections = tuple(Section(tuple(one["at"]), tuple(map(_row, one["rows"]))) for one in data["sections"])
    if "base" not in data:
        return Table(name, data["api"], data["version"], data["source"], sections)
    base = table_of(data["base"])
    return Table(base.dialect, base.api, data["version"], data["source"], (*base.sections, *sections), base)


def _row(data: Mapping[str, Any]) -> Row:
    known, aspects = FieldClass(data["is"]), frozenset(Aspect(name) for name in data.get("of", ()))
    usual, literal = tuple(data.get("usual", ())), bool(data.get("literal"))
    return Row(tuple(data["fields"]), known, aspects, data["why"], data["source"], usual, literal)
