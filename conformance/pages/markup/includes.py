"""Fills in `reuse` shortcodes from the `assets` folder of the checkout that the page is in, and reads nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.core.problems import InputProblem, Position
from conformance.pages.markup.source import MOST_BYTES, LineOrigin, Row

__all__ = ["Includes"]

_REUSE = re.compile(r"\{\{[<%]\s*reuse\s+\"([^\"<>{}\n]{1,200})\"\s*[%>]\}\}")
_DEEPEST = 5
_MOST_ROWS = 50_000


class Includes:
    """The files that a page may include: those below an `assets` folder beside or above it."""

    def __init__(self, page: Path | None) -> None:
        above = page.resolve().parents if page else ()
        self._relative = page is not None and not page.is_absolute()
        self._roots = [folder / "assets" for folder in above if (folder / "assets").is_dir()]
        self._texts: dict[str, list[Row] | None] = {}
        self._count = 0

    def expand(self, rows: Iterable[Row], depth: int = 0) -> Iterator[Row]:
        """The rows with the files' text in place as Hugo puts it there: not indented, its shortcodes filled in too.

        What cannot be found stays as it is. Raises InputProblem when files include each other without end.
        """
        for row in rows:
            self._count += 1
            if self._count > _MOST_ROWS:
                raise InputProblem("what it includes never ends", position=row.origin.at())
            yield from self._expanded(row, depth) if "reuse" in row.text else (row,)

    def _expanded(self, row: Row, depth: int) -> Iterator[Row]:
        pending, at = Row("", row.origin), 0
        for found in _REUSE.finditer(row.text):
            content = self._content(found[1], depth)
            if content is None:
                continue
            pending = _joined(pending, row.text[at : found.start()], row.origin)
            at = found.end()
            if len(content) == 1:
                pending = Row(pending.text + content[0].text, LineOrigin(row.origin.file, row.origin.line, exact=False))
                continue
            yield content[0] if not pending.text.strip() else _joined(pending, content[0].text, pending.origin)
            yield from content[1:-1]
            pending = content[-1]
        yield row if not at else _joined(pending, row.text[at:], pending.origin)

    def _content(self, name: str, depth: int) -> list[Row] | None:
        if name not in self._texts:
            self._texts[name] = self._read(name)
        rows = self._texts[name]
        if rows is None or depth >= _DEEPEST:
            return None
        return list(self.expand(rows, depth + 1)) or None

    def _read(self, name: str) -> list[Row] | None:
        for root in self._roots:
            file = (root / name.lstrip("/")).resolve()
            # A page may name what it likes; only what the folder itself holds is read.
            if not file.is_relative_to(root.resolve()) or not file.is_file() or file.stat().st_size > MOST_BYTES:
                continue
            try:
                lines = file.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
            except (OSError, UnicodeDecodeError) as error:
                raise InputProblem(f"cannot be included: {error}", position=Position(str(file))) from error
            shown = os.path.relpath(file) if self._relative else str(file)
            return [Row(line, LineOrigin(shown, number)) for number, line in enumerate(lines, 1)]
        return None


def _joined(row: Row, text: str, origin: LineOrigin) -> Row:
    """A row with more text; its columns stay known where nothing stood before."""
    if not text:
        return row
    return Row(row.text + text, LineOrigin(origin.file, origin.line, origin.exact and not row.text))
