"""What a stream can show: colours and lines that change, or plain lines only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

__all__ = ["is_live", "one_line", "wants_colour"]


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to write colours there. Source: no-color.org; terminfo's name of a terminal that has none, `dumb`."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and stream.isatty()


def is_live(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines may change after they were written: a person looks at them, not a log.

    Systems for continuous integration set CI, and some give their jobs a terminal.
    """
    return wants_colour(stream, environment) and environment.get("CI", "false").lower() in ("", "0", "false")


def one_line(text: str) -> str:
    """The text without what would move a terminal's cursor, begin a second line or change its state."""
    return "".join(char if char.isprintable() else " " for char in text)
