"""Parts of a page that only some readers see: Hugo's version and product conditions, tests and comments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePath

from conformance.page.rendering import Remark, remark
from conformance.page.source import Row

__all__ = ["Conditions", "words_of"]

_MARK = re.compile(
    r"\{\{[<%]\s*(?P<end>/?)\s*(?P<name>version|conditional-text|doc-test)\b(?P<rest>[^{}]{0,300}?)[%>]\}\}"
    r"|(?P<comment><!--)|(?P<over>-->)"
)
_IF = re.compile(r"\b(include|exclude)-if\s*=\s*[\"']([^\"']*)[\"']")
# What this suite is about; pages of several products say so with the same words.
_ALWAYS = frozenset({"agentgateway", "kubernetes"})


def words_of(file: str) -> frozenset[str]:
    """The words that a page's place in a documentation tree gives its conditions: `docs/agentgateway/2.1.x/llm/`."""
    parts = PurePath(file).parts[:-1]
    roots = [index for index, part in enumerate(parts) if part in ("docs", "content")]
    return frozenset(parts[roots[0] + 1 :]) if roots else frozenset()


class Conditions:
    """Takes out of the rows what a reader does not see who is there for `words`."""

    def __init__(self, words: Collection[str]) -> None:
        self._words = _ALWAYS | set(words)
        self._open: list[tuple[str, str]] = []  # what is open, and why it is hidden; empty: it is not
        self._hidden: list[Row] = []
        self.rows: list[Row] = []
        self.remarks: list[Remark] = []

    def apply(self, rows: Iterable[Row]) -> None:
        """Go through the rows, into `rows` and `remarks`."""
        for row in rows:
            self._row(row)
        self._flush()

    def _row(self, row: Row) -> None:
        kept, at, marks = "", 0, 0
        for found in _MARK.finditer(row.text):
            if not self._is_mark(found):
                continue
            kept += self._keep(row, row.text[at : found.start()])
            at = found.end()
            marks += 1
            self._turn(found)
        kept += self._keep(row, row.text[at:])
        if not marks and not self._why:
            self.rows.append(row)
        elif kept.strip():
            self.rows.append(row.changed(kept))

    def _is_mark(self, found: re.Match[str]) -> bool:
        """Whether it is no variable (`{{< version >}}`), and no arrow that happens to stand outside a comment."""
        if found["over"]:
            return bool(self._open) and self._open[-1][0] == "comment"
        return bool(found["comment"] or found["end"] or found["name"] == "doc-test" or _IF.search(found["rest"]))

    def _turn(self, found: re.Match[str]) -> None:
        if found["end"] or found["over"]:
            name = found["name"] or "comment"
            if self._open and self._open[-1][0] == name:
                shown = not self._why
                self._open.pop()
                if not shown and not self._why:
                    self._flush()
            return
        self._open.append((found["name"] or "comment", self._why_hidden(found)))

    def _why_hidden(self, found: re.Match[str]) -> str:
        if found["comment"] or found["name"] == "doc-test":
            return f"readers do not see it: it stands in a {found['name'] or 'comment'}"
        condition = _IF.search(found["rest"])
        assert condition  # or it was no mark
        named = [word.strip() for word in condition[2].split(",")]
        if bool(self._words.intersection(named)) == (condition[1] == "include"):
            return ""
        remedy = f"; --when {named[0]} asks for it" if condition[1] == "include" else ""
        return f'it is for other readers: {condition[1]}-if="{condition[2][:60]}"{remedy}'

    @property
    def _why(self) -> str:
        return next((why for _, why in self._open if why), "")

    def _keep(self, row: Row, text: str) -> str:
        if not self._why:
            return text
        if text.strip():
            self._hidden.append(Row(text, row.origin))
            self._reason = self._why
        return ""

    def _flush(self) -> None:
        if self._hidden:
            self.remarks += remark(len(self.rows), self._hidden, self._reason)
            self._hidden = []
