"""Markdown as documentation sites write it: shortcodes of Hugo, tabs of Docusaurus, GitBook and MkDocs, made plain."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from conformance.pages.markup.conditions import Conditions, words_of
from conformance.pages.markup.includes import Includes
from conformance.pages.markup.rendering import Remark, Rendering
from conformance.pages.markup.source import PageText, Row
from conformance.pages.markup.tabbed import TabCollector

__all__ = ["render_markdown"]

_TAG = re.compile(
    r"\{\{[<%]\s*(?P<end>/?)\s*(?P<hugo>tabs|tabpane|tab)\b(?P<rest>[^{}]{0,500}?)/?[%>]\}\}"
    r"|<(?P<jsx_end>/?)(?P<jsx>Tabs|TabItem|Tab)\b(?P<jsx_rest>[^<>]{0,500})>"
    r"|\{%\s*(?P<git_end>end)?(?P<git>tabs|tab)\b(?P<git_rest>[^%]{0,500}?)%\}"
)
# MkDocs: `=== "Name"`, and what belongs to it indented.
_INDENTED_TAB = re.compile(r"([ \t]*)===[+!]{0,2}[ \t]+\"([^\"]*)\"[ \t]*$")
_SETS = ("tabs", "tabpane", "Tabs")
_NAME = re.compile(r"\b(?:name|tabName|title|label|header)\s*=\s*\{?(?:\"([^\"]*)\"|'([^']*)')")
_VALUE = re.compile(r"\bvalue\s*=\s*\{?(?:\"([^\"]*)\"|'([^']*)')")
_FIRST = re.compile(r"\s*\"([^\"]*)\"")
_ITEMS = re.compile(r"\bitems\s*=\s*[\"']([^\"']*)[\"']")
# Shortcodes that only decorate what stands between them, or stand for a link or a picture.
_DECORATION = re.compile(
    r"\{\{[<%]\s*/?\s*(?:callout|gloss|details|steps|cards?|icon|link-hextra|relref|ref|reuse-image[\w-]*|badge|button"
    r"|tooltip|term)\b(?:[^{}]|\{\{[^{}]*\}\}){0,500}?[%>]\}\}"
)
# A link keeps its target: `[text]({{< link-hextra path="/llm/" >}})`.
_LINK = re.compile(r"\{\{[<%]\s*(?:link-hextra|relref|ref)\s+(?:path\s*=\s*)?\"([^\"{}]{0,300})\"\s*[%>]\}\}")
_QUOTED = re.compile(r"[ \t]{0,6}>[ \t]?")


def render_markdown(source: PageText, path: Path | None, when: Collection[str]) -> Rendering:
    """The page with its includes in place, less what readers do not see who are there for the words in `when`.

    Raises InputProblem for includes that never end.
    """
    seen = Conditions({*words_of(source.file), *when})
    seen.apply(Includes(path).expand(source.rows))
    return _Tabs(seen).rendering()


class _Tabs:
    """Finds the tabs in rows, and takes the decoration away."""

    def __init__(self, seen: Conditions) -> None:
        self._seen = seen
        self._out = TabCollector()
        self._quoted = False
        self._indents: list[int] = []  # of the open sets that indentation ends

    def rendering(self) -> Rendering:
        remarks, waiting = list[Remark](), list(self._seen.remarks)
        rows = _joined_tags(self._seen.rows)
        for index, row in rows:
            while waiting and waiting[0].index <= index:
                first = waiting.pop(0)
                remarks.append(Remark(len(self._out.rows), first.text, first.reason, first.position))
            self._row(self._unquoted(row))
        if rows:
            self._out.close(rows[-1][1].origin)
        remarks += [Remark(len(self._out.rows), one.text, one.reason, one.position) for one in waiting]
        return Rendering("markdown", tuple(self._out.rows), self._out.tab_sets, tuple(remarks))

    def _unquoted(self, row: Row) -> Row:
        """A row of a quotation (`> [!NOTE]`) without its mark, inside code only where the code is quoted too."""
        found = _QUOTED.match(row.text)
        if self._out.fence is None:
            self._quoted = bool(found)
        return Row(row.text[found.end() :], row.changed("x").origin) if found and self._quoted else row

    def _row(self, row: Row) -> None:
        if self._out.fence is None and self._indentation(row):
            return
        at = 0
        for found in _TAG.finditer(row.text):
            if self._out.fence is not None and not found["hugo"]:
                continue  # Hugo fills in its shortcodes everywhere; the others leave code alone
            self._text(row, at, found.start(), between=True)
            at = found.end()
            self._turn(found, row)
        self._text(row, at, len(row.text), between=bool(at))

    def _indentation(self, row: Row) -> bool:
        """End the sets that a row is not indented enough for; whether it begins a tab itself."""
        found = _INDENTED_TAB.match(row.text)
        indent = len(row.text) - len(row.text.lstrip())
        while self._indents and row.text.strip() and indent <= self._indents[-1]:
            if found and indent == self._indents[-1]:
                break
            self._indents.pop()
            self._out.close_set(row.origin)
        if found:
            if not self._indents or self._indents[-1] < indent:
                self._indents.append(indent)
                self._out.open_set([], row.origin)
            self._out.open_tab(found[2], row.origin)
        return bool(found)

    def _text(self, row: Row, start: int, end: int, *, between: bool) -> None:
        text = row.text[start:end]
        if between and not text.strip():
            return
        plain = _DECORATION.sub("", _LINK.sub(r"\1", text)) if "{{" in text else text
        self._out.row(row if plain == row.text else row.changed(plain))

    def _turn(self, found: re.Match[str], row: Row) -> None:
        name = found["hugo"] or found["jsx"] or found["git"]
        rest = found["rest"] or found["jsx_rest"] or found["git_rest"] or ""
        if found["end"] or found["jsx_end"] or found["git_end"]:
            (self._out.close_set if name in _SETS else self._out.close_tab)(row.origin)
        elif name in _SETS:
            items = _ITEMS.search(rest)
            self._out.open_set([one.strip() for one in items[1].split(",")] if items else [], row.origin)
        else:
            named = _NAME.search(rest) or _VALUE.search(rest) or _FIRST.match(rest)
            self._out.open_tab(next((one for one in named.groups() if one), "") if named else "", row.origin)


def _joined_tags(rows: list[Row]) -> list[tuple[int, Row]]:
    """The rows with their indexes; a tag of several lines (`<Tabs`, `groupId=...`, `>`) is made one."""
    joined: list[tuple[int, Row]] = []
    index = 0
    while index < len(rows):
        row, first = rows[index], index
        if re.match(r"[ \t]*<(?:Tabs|TabItem|Tab)\b[^<>]*$", row.text):
            for later in range(index + 1, min(index + 20, len(rows))):
                row = Row(f"{row.text} {rows[later].text.strip()}", row.origin)
                if ">" in rows[later].text:
                    index = later
                    break
            else:
                row = rows[first]
        joined.append((first, row))
        index += 1
    return joined
