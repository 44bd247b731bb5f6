"""Parts of a page that only some readers see: Hugo's version and product conditions, tests and comments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePath

from conformance.core.startup.records import dataclass
from conformance.pages.markup.rendering import Remark, remark
from conformance.pages.markup.source import Row

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


@dataclass(frozen=True)
class _Part:
    """An open part: what opens it, why it is hidden (empty: it is not), and the row that it begins on.

    `within` is why it or a part that it stands in is hidden.
    """

    name: str
    mark: str
    why: str
    within: str
    row: Row
    by_inclusion: bool


class Conditions:
    """Takes out of the rows what a reader does not see who is there for `words`."""

    def __init__(self, words: Collection[str]) -> None:
        self._words = _ALWAYS | set(words)
        self._open: list[_Part] = []
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
        shown, gap = False, (0, "")
        for found in _MARK.finditer(row.text):
            if not self._is_mark(found):
                continue
            text = self._keep(row, row.text[at : found.start()])
            shown = shown or bool(text.strip() and self._open)
            kept += text
            at = found.end()
            marks += 1
            ended = self._turn(found, row)
            if ended and ended.why and ended.by_inclusion and ended.row is row and not self._why:
                gap = (len(kept), ended.mark)
        kept += self._keep(row, row.text[at:])
        if not marks and not self._why:
            self.rows.append(row)
        elif kept.strip():
            # A value for each version, and none for this reader: the line has a gap, and that must be seen.
            kept = kept if shown else kept[: gap[0]] + gap[1] + kept[gap[0] :]
            self.rows.append(row.changed(kept))

    def _is_mark(self, found: re.Match[str]) -> bool:
        """Whether it is no variable (`{{< version >}}`), and no arrow that happens to stand outside a comment."""
        if found["over"]:
            return bool(self._open) and self._open[-1].name == "comment"
        return bool(found["comment"] or found["end"] or found["name"] == "doc-test" or _IF.search(found["rest"]))

    def _turn(self, found: re.Match[str], row: Row) -> _Part | None:
        """Open a part, or end one; gives the one that ends."""
        name = found["name"] or "comment"
        if not (found["end"] or found["over"]):
            condition = _IF.search(found["rest"] or "")
            by_inclusion = condition is not None and condition[1] == "include"
            why = self._why_hidden(name, condition)
            self._open.append(_Part(name, found[0], why, self._why or why, row, by_inclusion))
            return None
        if not self._open or self._open[-1].name != name:
            return None
        ended = self._open.pop()
        if ended.why and not self._why:
            self._flush()
        return ended

    def _why_hidden(self, name: str, condition: re.Match[str] | None) -> str:
        if name in ("comment", "doc-test"):
            return f"readers do not see it: it stands in a {name}"
        assert condition  # or it was no mark
        named = [word.strip() for word in condition[2].split(",")]
        if bool(self._words.intersection(named)) == (condition[1] == "include"):
            return ""
        remedy = f"; --when {named[0]} asks for it" if condition[1] == "include" else ""
        return f'it is for other readers: {condition[1]}-if="{condition[2][:60]}"{remedy}'

    @property
    def _why(self) -> str:
        return self._open[-1].within if self._open else ""

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
