"""Reads what a page says comes back."""

from __future__ import annotations

import json

from conformance.core.problems import Position
from conformance.pages.model import ExpectedOutput, Item

__all__ = ["read_output"]


def read_output(text: str, offset: int, position: Position, item: Item | None) -> tuple[ExpectedOutput, int]:
    """The output that begins at the offset, and where it ends.

    JSON ends with its closing bracket, whatever follows; of anything else only the caller knows the end and the text.
    """
    value, end = None, -1
    if text[offset : offset + 1] in ("{", "["):
        try:
            value, end = json.JSONDecoder().raw_decode(text, offset)
        except (ValueError, RecursionError):
            end = -1  # `{"a": ...}`: shortened, or no JSON at all
    if end < 0:
        return ExpectedOutput("", False, None, position, item), len(text)
    return ExpectedOutput(text[offset:end], True, value, position, item), end
