"""Structural schemas as values: what a field may hold, its default, and the rules that it must keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any, Literal

from conformance.core.startup.records import dataclass

__all__ = [
    "ListType",
    "Rule",
    "Schema",
    "Unevaluable",
    "anything",
    "choice",
    "flag",
    "integer",
    "listing",
    "mapping",
    "record",
    "rule",
    "text",
]

Type = Literal["object", "array", "string", "integer", "boolean", "any"]
ListType = Literal["atomic", "map", "set"]
# A rule sees the value, and the one it replaces (None on creation or when the field is new).
Check = Callable[[Any, Any], bool]


class Unevaluable(Exception):
    """A rule cannot be asked of a value; the text is CEL's for the reason."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL rule of the CRD as a Python function: true when the value keeps it."""

    check: Check
    message: str
    # A rule about a change is asked only when there is an old value.
    transition: bool = False


def rule(message: str, *, transition: bool = False) -> Callable[[Check], Rule]:
    """Makes a function of (value, old value) a rule with this message."""
    return lambda check: Rule(check, message, transition)


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """One node of a schema; only the limits that fit its type are set.

    `additional` is the schema of a map's values; `preserve` keeps what is not declared.
    `checks` are limits that the documented Go type has and the CRD's schema language cannot say.
    """

    type: Type
    doc: str = ""
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: Schema | None = None
    preserve: bool = False
    items: Schema | None = None
    list_type: ListType = "atomic"
    list_keys: tuple[str, ...] = ()
    map_type: Literal["granular", "atomic"] = "granular"
    enum: tuple[Any, ...] = ()
    pattern: str = ""
    format: str = ""
    least: int | None = None
    most: int | None = None
    default: Any = None
    rules: tuple[Rule, ...] = ()
    checks: tuple[Rule, ...] = ()
    go: str = ""

    def matches(self, value: str) -> bool:
        """Whether a text fits the pattern, read as Go reads it."""
        return compiled(self.pattern).search(value) is not None


def text(
    doc: str = "",
    *,
    least: int | None = None,
    most: int | None = None,
    pattern: str = "",
    default: str | None = None,
    format: str = "",  # noqa: A002 - the schema's own word
    rules: Sequence[Rule] = (),
    checks: Sequence[Rule] = (),
) -> Schema:
    """A string; `least` and `most` count characters."""
    return Schema(
        "string", doc, least=least, most=most, pattern=pattern, default=default, format=format,
        rules=tuple(rules), checks=tuple(checks),
    )  # fmt: skip


def choice(doc: str, *values: str | int, default: str | int | None = None) -> Schema:
    """One of a few values."""
    kind: Type = "integer" if isinstance(values[0], int) else "string"
    return Schema(kind, doc, enum=values, default=default)


def integer(
    doc: str = "",
    *,
    least: int | None = None,
    most: int | None = None,
    default: int | None = None,
    format: str = "int32",  # noqa: A002 - the schema's own word
) -> Schema:
    """A whole number within limits."""
    return Schema("integer", doc, least=least, most=most, default=default, format=format)


def flag(doc: str = "", *, default: bool | None = None) -> Schema:
    """True or false."""
    return Schema("boolean", doc, default=default)


def anything(doc: str = "") -> Schema:
    """A value that nobody looks into."""
    return Schema("any", doc, preserve=True)


def record(
    doc: str,
    fields: Mapping[str, Schema],
    *,
    rules: Sequence[Rule] = (),
    checks: Sequence[Rule] = (),
    default: Mapping[str, Any] | None = None,
    atomic: bool = False,
    go: str = "",
) -> Schema:
    """An object of known fields; a name that ends in `!` is a required one."""
    return Schema(
        "object",
        doc,
        properties={name.removesuffix("!"): schema for name, schema in fields.items()},
        required=tuple(name.removesuffix("!") for name in fields if name.endswith("!")),
        rules=tuple(rules),
        checks=tuple(checks),
        default=default,
        map_type="atomic" if atomic else "granular",
        go=go,
    )


def mapping(
    doc: str,
    values: Schema,
    *,
    least: int | None = None,
    most: int | None = None,
    rules: Sequence[Rule] = (),
    checks: Sequence[Rule] = (),
    atomic: bool = False,
) -> Schema:
    """An object of free keys."""
    return Schema(
        "object", doc, additional=values, least=least, most=most, rules=tuple(rules), checks=tuple(checks),
        map_type="atomic" if atomic else "granular",
    )  # fmt: skip


def listing(
    doc: str,
    items: Schema,
    *,
    least: int | None = None,
    most: int | None = None,
    keys: Sequence[str] = (),
    unique: bool = False,
    default: Sequence[Any] | None = None,
    rules: Sequence[Rule] = (),
) -> Schema:
    """A list; with `keys` its items are merged by them, with `unique` as a set, else it is replaced as a whole."""
    return Schema(
        "array",
        doc,
        items=items,
        least=least,
        most=most,
        list_type="map" if keys else "set" if unique else "atomic",
        list_keys=tuple(keys),
        default=default,
        rules=tuple(rules),
    )


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """A Go pattern for Python: there `$` is the very end of the text, here it would forgive a newline."""
    inside, text, index = False, "", 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            text += pattern[index : index + 2]
            index += 2
            continue
        inside = char == "[" or (inside and char != "]")
        text += r"\Z" if char == "$" and not inside else char
        index += 1
    return re.compile(text)
