"""Reads a plain-text (or Markdown) page into sections and steps; nothing on it is carried out here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from conformance.page.commands import interpret, looks_like_command
from conformance.page.model import ExpectedOutput, Export, Item, Line, NotRun, Page, Section, Step
from conformance.page.shell import scan
from conformance.page.source import Source, load_source
from conformance.page.words import Refused
from conformance.problems import InputProblem, Position

__all__ = ["load_page", "read_page"]

_FENCE = re.compile(r"[ \t]*(?:```|~~~)[ \t]*([A-Za-z0-9_-]*)")
_MARKDOWN_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_ITEM = re.compile(r"([ \t]*)(\d{1,3})[.)][ \t]+(?=\S)")
_LABEL = re.compile(r"(?:example|expected|sample)[ \t]+(?:output|response)[^\n:]{0,60}:[ \t*_]*", re.IGNORECASE)
_PROMPT = re.compile(r"\$[ \t]+(?=\S)")
_SHELLS = ("sh", "bash", "shell", "zsh")
_LONGEST_HEADING = 100


def load_page(path: Path) -> Page:
    """The page in a file. Raises InputProblem when it cannot be read or a quote or heredoc on it is never closed."""
    return _Reader(load_source(path)).page()


def read_page(text: str, file: str) -> Page:
    """A page from its text; `file` is its name in positions. Raises InputProblem as `load_page` does."""
    return _Reader(Source(text, file)).page()


class _Reader:
    """Goes through the page once, line by line; a command or an output takes as many lines as it has."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.index = 0
        self.fence: str | None = None
        self.item: Item | None = None
        self.known: dict[str, str] = {}
        self.sections: list[Section] = []
        self._open("", Position(source.file, 1))

    def page(self) -> Page:
        while self.index < len(self.source.lines):
            line = self.source.lines[self.index]
            if not line.strip():
                self.index += 1
            elif found := _FENCE.match(line):
                self.fence = None if self.fence is not None else found[1].lower()
                self.index += 1
            elif heading := self._heading(line):
                self._open(heading, Position(self.source.file, self.index + 1, 1))
                self.index += 1
            else:
                self._content(line)
        self._close()
        titled = [section for section in self.sections if section.title or section.steps or section.prose]
        if not titled:
            raise InputProblem("the page is empty", position=Position(self.source.file))
        return Page(titled[0].title, self.source.file, tuple(titled))

    def _open(self, title: str, position: Position) -> None:
        if self.sections or title:
            self._close()
        self.title, self.position, self.item = title, position, None
        self.steps: list[Step] = []
        self.prose: list[Line] = []

    def _close(self) -> None:
        self.sections.append(Section(self.title, self.position, tuple(self.steps), tuple(self.prose)))

    def _heading(self, line: str) -> str:
        """The heading on this line, or nothing: a short line by itself, at the margin, that is no sentence."""
        if self.fence is not None:
            return ""
        if found := _MARKDOWN_HEADING.match(line):
            return found[1].rstrip("# \t")
        alone = not self._neighbour(-1) and not self._neighbour(1)
        title = line.rstrip()
        if not alone or len(title) > _LONGEST_HEADING or not title[0].isalnum() or _ITEM.match(line):
            return ""
        return "" if title.endswith((".", ":", ",", ";", "!", "?", "\\")) or looks_like_command(title) else title

    def _neighbour(self, distance: int) -> str:
        index = self.index + distance
        return self.source.lines[index].strip() if 0 <= index < len(self.source.lines) else ""

    def _content(self, line: str) -> None:
        column = len(line) - len(line.lstrip())
        if self.fence is None and (found := _ITEM.match(line)):
            column = found.end()
            place = Position(self.source.file, self.index + 1, found.start(2) + 1)
            self.item = Item(int(found[2]), line[column:].strip(), place)
        text = line[column:]
        prompt = _PROMPT.match(text)
        if _LABEL.match(text.lstrip("*_")):
            self._output()
        elif text.startswith("apiVersion:"):
            self._manifest(line, column)
        elif prompt or looks_like_command(text, in_shell_block=self.fence in _SHELLS):
            self._command(column + (prompt.end() if prompt else 0))
        else:
            self.prose.append(Line(text.rstrip(), Position(self.source.file, self.index + 1, column + 1)))
            self.index += 1

    def _command(self, column: int) -> None:
        command = scan(self.source, self.source.start(self.index) + column)
        steps = interpret(command, self.known, self.item)
        self.steps += steps
        for step in steps:
            if isinstance(step, Export):
                step.remember(self.known)
        ended = command.end >= len(self.source.text)
        self.index = len(self.source.lines) if ended else self.source.index(command.end)

    def _manifest(self, line: str, column: int) -> None:
        """A manifest that no command applies: the page means something with it that is not carried out."""
        start, first = self.index, Position(self.source.file, self.index + 1, column + 1)
        text = self._block(len(line) - len(line.lstrip()))
        reason = "a manifest outside a command; only `kubectl apply -f- <<EOF` applies one"
        self.steps.append(NotRun(text, reason, first, self.item))
        self.index = max(self.index, start + 1)

    def _block(self, indent: int) -> str:
        """The lines from here to a blank line, a fence, or one that is indented less; moves past them."""
        start = self.index
        while self.index < len(self.source.lines):
            line = self.source.lines[self.index]
            if not line.strip() or _FENCE.match(line) or len(line) - len(line.lstrip()) < indent:
                break
            self.index += 1
        return "\n".join(line[indent:] for line in self.source.lines[start : self.index])

    def _output(self) -> None:
        """What stands after `Example output:`; JSON to its closing bracket, anything else to the next blank line."""
        self.index += 1
        while self.index < len(self.source.lines):
            line = self.source.lines[self.index]
            if found := _FENCE.match(line):
                self.fence = None if self.fence is not None else found[1].lower()
            elif line.strip():
                break
            self.index += 1
        else:
            return
        indent = len(line) - len(line.lstrip())
        position = Position(self.source.file, self.index + 1, indent + 1)
        if _ITEM.match(line) or self._heading(line) or looks_like_command(line.strip()):
            return  # the label stands alone
        offset = self.source.start(self.index) + indent
        try:
            value, end = _json(self.source.text, offset)
        except Refused:
            self.steps.append(ExpectedOutput(self._block(indent), False, None, position, self.item))
            return
        self.steps.append(ExpectedOutput(self.source.text[offset:end], True, value, position, self.item))
        self.index = self.source.index(end) + 1


def _json(text: str, offset: int) -> tuple[Any, int]:
    """The JSON object or list that begins at the offset, and where it ends. Raises Refused when there is none."""
    if text[offset] not in "{[":
        raise Refused("not JSON")
    try:
        return json.JSONDecoder().raw_decode(text, offset)
    except (ValueError, RecursionError) as error:
        raise Refused("not JSON") from error
