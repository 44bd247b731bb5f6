"""Whether plain data, as JSON has it, can be what a type says: data classes, typed dictionaries and what is in them."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

__all__ = ["fits"]


def fits(data: Any, kind: Any, names: Mapping[str, Any]) -> bool:
    """`names` are those that annotations use and their modules import for type checkers only."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(fits(data, one, names) for one in inner)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(data, dict) and all(fits(one, inner[1], names) for one in data.values())
    if origin in (list, tuple):
        return isinstance(data, list) and all(fits(one, inner[0], names) for one in data)
    if typing.is_typeddict(kind):
        return _has(data, typing.get_type_hints(kind, localns=dict(names)), frozenset(), names)
    if is_dataclass(kind):
        optional = {
            one.name for one in fields(kind) if one.default is not MISSING or one.default_factory is not MISSING
        }
        return _has(data, typing.get_type_hints(kind, localns=dict(names)), frozenset(optional), names)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return data in [one.value for one in kind]
    if kind is float:
        return isinstance(data, int | float) and not isinstance(data, bool)
    return isinstance(data, kind) and (kind is not int or not isinstance(data, bool))


def _has(data: Any, hints: Mapping[str, Any], optional: frozenset[str], names: Mapping[str, Any]) -> bool:
    return (
        isinstance(data, dict)
        and set(hints) - optional <= set(data) <= set(hints)
        and all(fits(one, hints[name], names) for name, one in data.items())
    )
