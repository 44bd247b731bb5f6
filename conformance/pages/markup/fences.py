"""Fenced code blocks of Markdown: where one begins, what it says of its content, and where it ends."""

from __future__ import annotations

import re

from conformance.core.startup.records import dataclass

__all__ = ["Fence", "opening"]

_FENCE = re.compile(r"([ \t]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?)(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_NEXT = re.compile(r"([ \t]*)(?:\d{1,3}[.)]|#{2,6})[ \t]+\S")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+-]*")
_FILE = re.compile(r"(?:file|filename|title|name)\s*=\s*[\"'{]*([\w./-]+\.(?:ya?ml|json))\b")


@dataclass(frozen=True)
class Fence:
    """An open fence: its marker, the language after it (lower case) and the file name that it gives its content."""

    marker: str
    language: str
    file: str = ""
    indent: int = 0

    def closed_by(self, line: str) -> bool:
        """Whether a line ends the block: the same character, at least as many times, and nothing else."""
        stripped = line.strip()
        return stripped.startswith(self.marker) and not stripped.strip(self.marker[0])

    def left_by(self, line: str) -> bool:
        """Whether a line ends the list item that the block stands in, and so the block, though nobody closed it."""
        found = _NEXT.match(line) if self.indent > 1 else None
        return bool(found) and len(found[1]) < self.indent  # type: ignore[index]


def opening(line: str) -> Fence | None:
    """The fence that a line opens, if it does."""
    found = _FENCE.match(line)
    if not found:
        return None
    info = found[3]
    language = _LANGUAGE.match(info)[0].lower()  # type: ignore[index]  # it matches nothing, too
    named = _FILE.search(info)
    return Fence(found[2], language, named[1] if named else "", len(found[1]))
