"""Checks a value against its schema, with Kubernetes' own messages (kube-openapi and apiextensions-apiserver)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.manifests.schemas.errors import FieldError, go_json, type_name
from conformance.manifests.schemas.schema import Rule, Schema, Unevaluable

__all__ = ["UNCHECKED", "blocks_rules", "broken_rules", "schema_causes"]

# A text longer than this is too long anyway; no pattern is tried on it.
_MOST_MATCHED = 10_000
_BLOCKING = (
    "FieldValueRequired",
    "FieldValueNotSupported",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
)

UNCHECKED = FieldError(
    "<nil>",
    "FieldValueInvalid",
    "some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation",
)
"""What the API server adds when the schema's refusal keeps it from running the rules (FACTS 7.2)."""


def blocks_rules(causes: list[FieldError]) -> bool:
    """Whether one of the causes is of a class that keeps the rules from being asked."""
    return any(cause.type in _BLOCKING for cause in causes)


def schema_causes(schema: Schema, value: Any, path: str) -> Iterator[FieldError]:
    """Everything about the value that its schema refuses, in the schema's order."""
    fits = fits_type(schema, value)
    if not fits:
        yield wrong_type(schema, value, path)
    elif causes := _BY_TYPE.get(schema.type):
        yield from causes(schema, value, path)
    if schema.enum and value not in schema.enum and not isinstance(value, dict | list):
        supported = ", ".join(go_json(each) for each in schema.enum)
        yield FieldError(path, "FieldValueNotSupported", f"supported values: {supported}", value)
    for check in schema.checks if fits else ():
        if not check.check(value, None):
            yield FieldError(path, "FieldValueInvalid", f"{path} in body {check.message}", value)


def fits_type(schema: Schema, value: Any) -> bool:
    """Whether the value is of the schema's type; 443.0 is an integer, true is not."""
    if schema.type == "any":
        return True
    if schema.type == "integer":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool)
    return type_name(value) == schema.type


def wrong_type(schema: Schema, value: Any, path: str) -> FieldError:
    """The cause for a value of another type."""
    seen = type_name(value)
    detail = f'{path} in body must be of type {schema.type}: "{seen}"'
    return FieldError(path, "FieldValueTypeInvalid", detail, seen)


def object_causes(schema: Schema, value: dict[str, Any], path: str) -> Iterator[FieldError]:
    """Missing fields, too few or too many keys, and what the fields themselves break."""
    for name in sorted(schema.required):
        if name not in value:
            yield FieldError(f"{path}.{name}" if path else name, "FieldValueRequired")
    if schema.least is not None and len(value) < schema.least:
        detail = f"{path} in body should have at least {schema.least} properties"
        yield FieldError(path, "FieldValueInvalid", detail, len(value))
    if schema.most is not None and len(value) > schema.most:
        yield FieldError(path, "FieldValueTooMany", at_most(schema.most), len(value))
    for name, child in schema.properties.items():
        if name in value:
            yield from schema_causes(child, value[name], f"{path}.{name}" if path else name)
    if schema.additional is not None:
        for name, item in value.items():
            yield from schema_causes(schema.additional, item, f"{path}.{name}")


def at_most(most: int) -> str:
    """The words for too many of something."""
    return f"must have at most {most} item{'' if most == 1 else 's'}"


def array_causes(schema: Schema, value: list[Any], path: str) -> Iterator[FieldError]:
    """Too few or too many items, what the items break, and duplicates where items have an identity."""
    if schema.least is not None and len(value) < schema.least:
        detail = f"{path} in body should have at least {schema.least} items"
        yield FieldError(path, "FieldValueInvalid", detail, len(value))
    if schema.most is not None and len(value) > schema.most:
        yield FieldError(path, "FieldValueTooMany", at_most(schema.most), len(value))
    if schema.items is not None:
        for index, item in enumerate(value):
            yield from schema_causes(schema.items, item, f"{path}[{index}]")
    if schema.list_type != "atomic":
        yield from duplicates(schema, value, path)


def duplicates(schema: Schema, value: list[Any], path: str) -> Iterator[FieldError]:
    """Items of a set or map list that stand there twice."""
    seen: set[str] = set()
    for index, item in enumerate(value):
        identity = item
        if schema.list_type == "map":
            if not isinstance(item, dict):
                continue
            identity = {key: item[key] for key in schema.list_keys if key in item}
        text = go_json(identity)
        if text in seen:
            yield FieldError(f"{path}[{index}]", "FieldValueDuplicate", value=identity)
        seen.add(text)


def text_causes(schema: Schema, value: str, path: str) -> Iterator[FieldError]:
    """What is wrong with a string first: its length, or that it does not fit its pattern."""
    if schema.most is not None and len(value) > schema.most:
        yield FieldError(path, "FieldValueTooLong", f"may not be more than {schema.most} bytes", value)
    elif schema.least is not None and len(value) < schema.least:
        yield FieldError(
            path, "FieldValueInvalid", f"{path} in body should be at least {schema.least} chars long", value
        )
    elif schema.pattern and (len(value) > _MOST_MATCHED or not schema.matches(value)):
        yield FieldError(path, "FieldValueInvalid", f"{path} in body should match '{schema.pattern}'", value)


def number_causes(schema: Schema, value: float, path: str) -> Iterator[FieldError]:
    """Limits of a number; those of int32 count where none are given."""
    most = schema.most if schema.most is not None else 2**31 - 1 if schema.format == "int32" else None
    least = schema.least if schema.least is not None else -(2**31) if schema.format == "int32" else None
    if most is not None and value > most:
        detail = f"{path} in body should be less than or equal to {most}"
        yield FieldError(path, "FieldValueInvalid", detail, value)
    if least is not None and value < least:
        detail = f"{path} in body should be greater than or equal to {least}"
        yield FieldError(path, "FieldValueInvalid", detail, value)


_BY_TYPE: Mapping[str, Callable[[Schema, Any, str], Iterator[FieldError]]] = {
    "object": object_causes,
    "array": array_causes,
    "string": text_causes,
    "integer": number_causes,
}


def broken_rules(schema: Schema, value: Any, old: Any, path: str) -> Iterator[FieldError]:
    """Every rule that the value breaks, outer ones first. The value must have passed the schema's type checks."""
    for each in schema.rules:
        if problem := broken(each, value, old):
            # The API server names the type where a rule fails, not the value.
            yield FieldError(path, "FieldValueInvalid", problem, schema.type)
    if schema.type == "object":
        before = old if isinstance(old, dict) else {}
        for name, item in value.items():
            child = schema.properties.get(name, schema.additional)
            if child is not None:
                yield from broken_rules(child, item, before.get(name), f"{path}.{name}" if path else name)
    elif schema.type == "array" and schema.items is not None:
        for index, item in enumerate(value):
            # Only items of a map list keep their identity; nothing here has rules about their change.
            yield from broken_rules(schema.items, item, None, f"{path}[{index}]")


def broken(each: Rule, value: Any, old: Any) -> str:
    """What is said of a value that breaks the rule; empty when it holds, as one about a change does for what is new."""
    if each.transition and old is None:
        return ""
    try:
        return "" if each.check(value, old) else each.message
    except Unevaluable as error:
        return f"{error} evaluating rule: {each.message}"
