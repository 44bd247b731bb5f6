"""The text of a page as it is read: guarded against what is no page, and able to name any place in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass

__all__ = ["MOST_BYTES", "LineOrigin", "PageText", "Row", "load_source"]

# A hundred times the length of the documented page; a bigger file is something else.
MOST_BYTES = 1024 * 1024

# Nothing that could steer a terminal or end a C string belongs on a page; tab, newline and form feed do occur.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """The line of a person's file that a line of the text comes from; `exact`: its columns are the file's too."""

    file: str
    line: int
    exact: bool = True

    def at(self, column: int = 0) -> Position:
        """The place of a column (from 1; 0 is none) of this line, as far as it is known."""
        return Position(self.file, self.line, column if self.exact else 0)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a page on its way from the file to what a reader sees."""

    text: str
    origin: LineOrigin

    def changed(self, text: str) -> Row:
        """The row with another text; columns stay known only where the old text goes on as it began."""
        exact = self.origin.exact and self.text.startswith(text.rstrip())
        return Row(text, LineOrigin(self.origin.file, self.origin.line, exact))


class PageText:
    """A page's text with `\\n` line ends; offsets count characters from 0, lines and columns from 1."""

    def __init__(self, text: str, file: str, origins: Sequence[LineOrigin] | None = None) -> None:
        """`origins` has one for each line; without them the text is the file's own.

        Raises InputProblem when the text is too large or binary.
        """
        self.file = file
        if len(text) > MOST_BYTES:
            raise _too_large(file)
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.lines = self.text.split("\n")
        self._origins = origins
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        if found := _CONTROL.search(self.text):
            raise InputProblem(
                f"holds the control character U+{ord(found[0]):04X}, so it is not a page of plain text",
                position=self.position(found.start()),
            )

    @classmethod
    def of(cls, rows: Sequence[Row], file: str) -> PageText:
        """The text of these rows. Raises InputProblem as the constructor does."""
        return cls("\n".join(row.text for row in rows), file, [row.origin for row in rows])

    @property
    def rows(self) -> list[Row]:
        """The lines, each with its origin."""
        return [Row(line, self.origin(index)) for index, line in enumerate(self.lines)]

    def start(self, index: int) -> int:
        """The offset at which the line with this index (from 0) begins; past the end, the text's length."""
        return min(self._starts[min(index, len(self.lines))], len(self.text))

    def index(self, offset: int) -> int:
        """The index (from 0) of the line that holds the offset."""
        return min(bisect_right(self._starts, offset) - 1, len(self.lines) - 1)

    def origin(self, index: int) -> LineOrigin:
        """Where the line with this index comes from; past the end, the last line's."""
        if self._origins is None:
            return LineOrigin(self.file, index + 1)
        return self._origins[min(index, len(self._origins) - 1)] if self._origins else LineOrigin(self.file, 1)

    def place(self, index: int, column: int = 0) -> Position:
        """Where a column (from 1; 0 is none) of the line with this index is, for a person."""
        return self.origin(index).at(column)

    def position(self, offset: int) -> Position:
        """Where the offset is, for a person."""
        index = self.index(offset)
        return self.place(index, offset - self._starts[index] + 1)


def load_source(path: Path) -> PageText:
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
    return PageText(text, file)


def _too_large(file: str) -> InputProblem:
    return InputProblem(f"is larger than {MOST_BYTES // 1024} KiB, which no page is", position=Position(file))
