"""Prompts of terminal sessions that pages show: `$ ` before a command, `> ` before each line that goes on with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.page.source import Row

__all__ = ["PROMPT", "without_continuations"]

PROMPT = re.compile(r"[$%][ \t]+(?=\S)")
_CONTINUED = re.compile(r"([ \t]*)>(?:[ \t]|$)")


def without_continuations(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, less the `> ` of those that follow one with `$ `; the command's own prompt stays."""
    goes_on = False
    for row in rows:
        found = _CONTINUED.match(row.text) if goes_on else None
        goes_on = bool(found or PROMPT.match(row.text.lstrip()))
        yield row.changed(found[1] + row.text[found.end() :]) if found else row
