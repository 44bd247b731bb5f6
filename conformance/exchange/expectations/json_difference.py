"""Where two JSON values differ first, as people find their way in JSON: `messages[1].content`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["ABSENT", "JsonDifference", "first_difference", "shown"]

ABSENT = object()
"""Stands for a field or item that is not there."""

_MOST_SHOWN = 200


class JsonDifference(NamedTuple):
    """The place, empty for the whole value, and what stands there in each."""

    path: str
    expected: Any
    observed: Any


def first_difference(expected: Any, observed: Any, path: str = "") -> JsonDifference | None:
    """The first difference, None when the values are the same JSON; 1 and 1.0 are, 1 and true are not."""
    if isinstance(expected, dict) and isinstance(observed, dict):
        for name in [*expected, *(name for name in observed if name not in expected)]:
            below = f"{path}.{name}" if path else name
            found = first_difference(expected.get(name, ABSENT), observed.get(name, ABSENT), below)
            if found is not None:
                return found
        return None
    if isinstance(expected, list) and isinstance(observed, list):
        for index in range(max(len(expected), len(observed))):
            left, right = (values[index] if index < len(values) else ABSENT for values in (expected, observed))
            if (found := first_difference(left, right, f"{path}[{index}]")) is not None:
                return found
        return None
    same = isinstance(expected, bool) == isinstance(observed, bool) and expected == observed
    return None if same else JsonDifference(path, expected, observed)


def shown(value: Any) -> str:
    """A JSON value on one line, shortened when it is long."""
    if value is ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}... ({len(text)} characters)"
