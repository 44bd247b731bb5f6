"""As much of JSON Schema as our own schemas use: whether a value is as they say."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["fits"]

_TELLING = {"$schema", "title", "description", "default"}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether the value is valid. Raises KeyError for a keyword that is not known here."""
    return all(_RULES[name](rule, value, schema) for name, rule in schema.items() if name not in _TELLING)


def _type(rule: str, value: Any) -> bool:
    return isinstance(value, _TYPES[rule]) and (rule == "boolean" or not isinstance(value, bool))


def _properties(rule: dict[str, Any], value: Any) -> bool:
    return not isinstance(value, dict) or all(fits(rule[name], one) for name, one in value.items() if name in rule)


def _additional(rule: bool, value: Any, schema: dict[str, Any]) -> bool:
    return rule or not isinstance(value, dict) or set(value) <= set(schema["properties"])


def _pattern(rule: str, value: Any) -> bool:
    # Unlike JSON Schema's, Python's $ matches before a line break at the end, too.
    return not isinstance(value, str) or (bool(re.search(rule, value)) and not value.endswith("\n"))


def _unique(rule: bool, value: Any) -> bool:
    return not isinstance(value, list) or len({repr(one) for one in value}) == len(value)


_RULES: dict[str, Any] = {
    "type": lambda rule, value, _: _type(rule, value),
    "required": lambda rule, value, _: not isinstance(value, dict) or set(rule) <= set(value),
    "properties": lambda rule, value, _: _properties(rule, value),
    "additionalProperties": _additional,
    "enum": lambda rule, value, _: value in rule,
    "items": lambda rule, value, _: not isinstance(value, list) or all(fits(rule, one) for one in value),
    "minItems": lambda rule, value, _: not isinstance(value, list) or len(value) >= rule,
    "uniqueItems": lambda rule, value, _: _unique(rule, value),
    "minLength": lambda rule, value, _: not isinstance(value, str) or len(value) >= rule,
    "pattern": lambda rule, value, _: _pattern(rule, value),
    "minimum": lambda rule, value, _: not isinstance(value, int) or value >= rule,
    "maximum": lambda rule, value, _: not isinstance(value, int) or value <= rule,
    "const": lambda rule, value, _: value == rule,
    "anyOf": lambda rule, value, _: any(fits(one, value) for one in rule),
    "oneOf": lambda rule, value, _: sum(fits(one, value) for one in rule) == 1,
}
