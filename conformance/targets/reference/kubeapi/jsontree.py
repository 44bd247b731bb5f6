"""Helpers for JSON values: plain dicts, lists and scalars, as Kubernetes objects are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

__all__ = ["MISSING", "Json", "clone", "now", "without_nulls"]

Json = dict[str, Any]
T = TypeVar("T")


class _Missing:
    def __repr__(self) -> str:
        return "<missing>"


MISSING = _Missing()
"""Stands for a value that is not there, where None is a value."""


def clone(value: T) -> T:
    """A copy that shares no dict or list with the value; several times faster than copy.deepcopy."""
    return cast(T, _clone(value))


def _clone(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clone(item) for item in value]
    return value


def without_nulls(value: Any) -> Any:
    """A copy without the null fields of objects: the API server keeps none."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def now() -> str:
    """The time as metav1.Time writes it, in whole seconds of UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
