"""Fenced code blocks of Markdown: where one begins, what it says of its content, and where it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Fence", "opening"]

_FENCE = re.compile(r"([ \t]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?)(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+-]*")
_FILE = re.compile(r"(?:file|filename|title|name)\s*=\s*[\"'{]*([\w./-]+\.(?:ya?ml|json))\b")


@dataclass(frozen=True)
class Fence:
    """An open fence: its marker, the language after it (lower case) and the file name that it gives its content."""

    marker: str
    language: str
    file: str = ""

    def closed_by(self, line: str) -> bool:
        """Whether a line ends the block: the same character, at least as many times, and nothing else."""
        stripped = line.strip()
        return stripped.startswith(self.marker) and not stripped.strip(self.marker[0])


def opening(line: str) -> Fence | None:
    """The fence that a line opens, if it does."""
    found = _FENCE.match(line)
    if not found:
        return None
    info = found[3]
    language = _LANGUAGE.match(info)[0].lower()  # type: ignore[index]  # it matches nothing, too
    named = _FILE.search(info)
    return Fence(found[2], language, named[1] if named else "")
