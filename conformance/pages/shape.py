"""Compares an answer with a page's example in shape: the same fields with the same JSON types, whatever the values."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.startup.records import dataclass

__all__ = ["ShapeDifference", "is_vendors_own", "shape_differences"]

# What every answer to a chat request has (OpenAI, API reference, "The chat completion object").
_CORE = re.compile(
    r"id|object|created|model|choices(?:\[\d+\])?(?:\.(?:index|finish_reason|message(?:\.(?:role|content))?))?"
    r"|usage(?:\.(?:prompt|completion|total)_tokens)?"
)
_DEEPEST = 100
# Elements of an example list that serve as patterns; more than a page ever shows different ones of.
_MOST_PATTERNS = 20


@dataclass(frozen=True)
class ShapeDifference:
    """What is not as expected at a path, empty for the whole answer; `missing`: there is nothing."""

    path: str
    told: str
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.path or 'the answer'}: {self.told}"


def shape_differences(expected: Any, actual: Any) -> list[ShapeDifference]:
    """What the actual value lacks of the expected one's shape; empty when nothing.

    Further fields are welcome. An expected null says nothing: neither of the type nor
    that the field is there. Each element of a list must have the
    shape of one of the expected elements.
    """
    return _differences(expected, actual, "", 0)


def _differences(expected: Any, actual: Any, path: str, depth: int) -> list[ShapeDifference]:
    if expected is None:
        return []
    if depth > _DEEPEST:
        return [ShapeDifference(path, "nested too deeply to compare")]
    if _type(expected) != _type(actual):
        return [ShapeDifference(path, f"expected {_type(expected)}, got {_type(actual)}")]
    if isinstance(expected, dict):
        return _of_object(expected, actual, path, depth)
    if isinstance(expected, list):
        return _of_list(expected, actual, path, depth)
    return []


def _of_object(expected: dict[str, Any], actual: dict[str, Any], path: str, depth: int) -> list[ShapeDifference]:
    found: list[ShapeDifference] = []
    for key, value in expected.items():
        inner = f"{path}.{key}" if path else key
        if key in actual:
            found += _differences(value, actual[key], inner, depth + 1)
        elif value is not None:
            found.append(ShapeDifference(inner, f"expected {_type(value)}, got nothing", missing=True))
    return found


def _of_list(expected: list[Any], actual: list[Any], path: str, depth: int) -> list[ShapeDifference]:
    if expected and not actual:
        return [ShapeDifference(path, "expected at least one element, got an empty list")]
    found: list[ShapeDifference] = []
    patterns = expected[:_MOST_PATTERNS]
    for index, element in enumerate(actual if patterns else []):
        # The nearest pattern's differences, so that one missing field does not read as several.
        candidates = [_differences(one, element, f"{path}[{index}]", depth + 1) for one in patterns]
        found += sorted(candidates, key=len)[0]
    return found


def _type(value: Any) -> str:
    """The JSON type in words; a bool is no number."""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "null"
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)


def is_vendors_own(difference: ShapeDifference) -> bool:
    """Whether a field is missing that vendors add to the common ones: a lookalike cannot know those of all."""
    return difference.missing and not _CORE.fullmatch(difference.path)
