"""Heredocs of a page: where one ends, and its text without the page's indentation."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.pages.markup.source import LineOrigin, PageText
from conformance.pages.shell.words import NotCarriedOut, expand, pieces_of_heredoc

__all__ = ["MOST_LINES", "Announced", "Heredoc", "read_heredoc", "text_of"]

# No command of a real page is longer; bounds the work that a page full of open quotes can cause.
MOST_LINES = 2000


@dataclass(frozen=True)
class Heredoc:
    """The text between `<<EOF` and its end marker, without the page's indentation.

    `origins` has where each line stands, and last where the text ends; `removed` how many columns of indentation each
    line lost.
    """

    lines: tuple[str, ...]
    origins: tuple[LineOrigin, ...]
    removed: tuple[int, ...]
    expands: bool

    @property
    def text(self) -> str:
        """The text as written, variables and all."""
        return "".join(f"{line}\n" for line in self.lines)

    def resolve(self, variables: Mapping[str, str]) -> str:
        """The text a shell would pass on; each of its lines stays the line it was.

        Raises InputProblem for a variable without a value or with several lines, NotCarriedOut for what needs a shell.
        """
        if not self.expands:
            return self.text
        resolved: list[str] = []
        for number, line in enumerate(self.lines):
            if line.endswith("\\") and not line.endswith("\\\\"):
                raise NotCarriedOut("it continues a line with a backslash inside the heredoc")
            position = self.locate(number + 1)
            text = expand(pieces_of_heredoc(line), variables, position)
            if "\n" in text:
                raise InputProblem("the value of a variable has more than one line", position=position)
            resolved.append(f"{text}\n")
        return "".join(resolved)

    def locate(self, line: int, column: int = 0) -> Position:
        """The page's line and column of a place in the text (both from 1; column 0 is none)."""
        index = min(max(line, 1), max(len(self.lines), 1)) - 1
        shift = self.removed[index] if index < len(self.removed) else 0
        return self.origins[index].at(column + shift if column else 0)


@dataclass(frozen=True)
class Announced:
    """A heredoc that its command's line announces; the text begins on the next line."""

    marker: str
    expands: bool
    tabs: bool
    position: Position


def read_heredoc(
    source: PageText, announced: Announced, offset: int, *, column: int, margin: int
) -> tuple[Heredoc, int]:
    """The heredoc whose first line begins at the offset, and the offset after its end marker.

    `column` is where its command begins on the line, `margin` the indentation of that line. The end marker may not be
    indented deeper than the command, as in the shell that gets the page's text without its indentation.
    Raises InputProblem when there is no end.
    """
    first = source.index(offset) if offset < len(source.text) else len(source.lines)
    why = ""
    for index in range(first, min(len(source.lines), first + MOST_LINES)):
        line = source.lines[index]
        indent = len(line) - len(line.lstrip(" \t"))
        if line.strip() == announced.marker:
            if indent <= column or (announced.tabs and not line[:indent].strip("\t")):
                return text_of(source, first, index, announced), source.start(index + 1)
            why = f"; the {announced.marker} on line {source.origin(index).line} is indented deeper than the command"
        elif line.strip() and indent < margin:
            why = why or f" before line {source.origin(index).line}, which is indented less than the command"
            break
    raise InputProblem(
        f"the heredoc that begins here is never closed{why}",
        position=announced.position,
        remedy=f"end it with a line that holds only {announced.marker}",
    )


def text_of(source: PageText, first: int, end: int, announced: Announced | None = None) -> Heredoc:
    """The lines from the one with index `first` to before `end`, without the indentation that all share.

    Without `announced` they are a block that no shell reads.
    """
    lines = source.lines[first:end]
    strips_tabs = announced is not None and announced.tabs
    tabs = [len(line) - len(line.lstrip("\t")) if strips_tabs else 0 for line in lines]
    stripped = [line[count:] for line, count in zip(lines, tabs, strict=True)]
    # Taking off what all lines share changes nothing in YAML and leaves the columns easy to map back.
    common = min((len(line) - len(line.lstrip(" \t")) for line in stripped if line.strip()), default=0)
    return Heredoc(
        lines=tuple(line[common:] for line in stripped),
        origins=tuple(source.origin(index) for index in range(first, end + 1)),
        removed=tuple(count + common for count in tabs),
        expands=announced is not None and announced.expands,
    )
