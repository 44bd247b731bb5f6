"""The text of a page as it is read: guarded against what is no page, and able to name any place in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path

from conformance.problems import InputProblem, Position

__all__ = ["MOST_BYTES", "Source", "load_source"]

# A hundred times the length of the documented page; a bigger file is something else.
MOST_BYTES = 1024 * 1024

# Nothing that could steer a terminal or end a C string belongs on a page; tab, newline and form feed do occur.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s{0,64}(<!doctype html|<html\b)", re.IGNORECASE)


class Source:
    """A page's text with `\\n` line ends; offsets count characters from 0, lines and columns from 1."""

    def __init__(self, text: str, file: str) -> None:
        """Raises InputProblem when the text is too large, binary, or HTML."""
        self.file = file
        if len(text) > MOST_BYTES:
            raise _too_large(file)
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.lines = self.text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        if found := _CONTROL.search(self.text):
            raise InputProblem(
                f"holds the control character U+{ord(found[0]):04X}, so it is not a page of plain text",
                position=self.position(found.start()),
            )
        if _MARKUP.match(self.text):
            raise InputProblem(
                "is HTML, not plain text", position=Position(file, 1), remedy="save the page as text and pass that file"
            )

    def start(self, index: int) -> int:
        """The offset at which the line with this index (from 0) begins; past the end, the text's length."""
        return min(self._starts[min(index, len(self.lines))], len(self.text))

    def index(self, offset: int) -> int:
        """The index (from 0) of the line that holds the offset."""
        return min(bisect_right(self._starts, offset) - 1, len(self.lines) - 1)

    def position(self, offset: int) -> Position:
        """Where the offset is, for a person."""
        index = self.index(offset)
        return Position(self.file, index + 1, offset - self._starts[index] + 1)


def load_source(path: Path) -> Source:
    """A file's text. Raises InputProblem when it cannot be read, is too large, or is not UTF-8 text."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputProblem(f"cannot be read: {error.strerror}", position=Position(file)) from error
    if len(data) > MOST_BYTES:
        raise _too_large(file)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputProblem("is not text in UTF-8", position=Position(file, line)) from error
    return Source(text, file)


def _too_large(file: str) -> InputProblem:
    return InputProblem(f"is larger than {MOST_BYTES // 1024} KiB, which no page is", position=Position(file))
