"""Transformations that need nobody to evaluate them: every value is a text in quotes."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["is_literal", "text_of"]

_TEXT = re.compile(r"""\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)')\s*""")


def text_of(expression: Any) -> str | None:
    """What an expression (CEL) comes to that is a text in quotes, without escapes; None for any other."""
    found = _TEXT.fullmatch(expression) if isinstance(expression, str) else None
    return None if found is None else found[1] if found[1] is not None else found[2]


def is_literal(value: Any) -> bool:
    """Whether headers are set to such texts, or taken away; `:path` and its like are no headers."""
    entries = value if isinstance(value, list) else [value]
    return all(_plain(one) for one in entries)


def _plain(entry: Any) -> bool:
    if isinstance(entry, str):
        return not entry.startswith(":")
    if not isinstance(entry, dict) or str(entry.get("name", "")).startswith(":"):
        return False
    return text_of(entry.get("value")) is not None
