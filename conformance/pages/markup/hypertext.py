"""HTML pages: headings, text, code blocks and tabs, as rows that remember the line of the file they stand on."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from conformance.pages.markup.rendering import Rendering
from conformance.pages.markup.source import LineOrigin, PageText, Row
from conformance.pages.markup.tabbed import TabCollector

__all__ = ["is_html", "render_html"]

_MARKUP = re.compile(r"\s{0,64}<(?:!doctype html|html|head|body|main|article)\b", re.IGNORECASE)
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source)-([A-Za-z0-9_+-]+)")
_NUMBERS = re.compile(r"\b(?:lnt?|linenos?|line-numbers?)\b")
# Elements of whose content nothing is the page's own text.
_SKIPPED = frozenset("button footer head iframe nav noscript script select style svg template textarea".split())  # noqa: SIM905
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
_BLOCKS = frozenset(
    """address article aside blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li main ol p pre
    section summary table tbody td th thead tr ul""".split()  # noqa: SIM905 - reads better than many quoted words
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MOST_DEEP = 100


def is_html(text: str) -> bool:
    """Whether a page's text begins as HTML does."""
    return bool(_MARKUP.match(text))


def render_html(source: PageText) -> Rendering:
    """The page in Markdown's form. Only the first `main`, else the first `article`, is read, where there is one."""
    for element in (*(name for name in ("main", "article") if f"<{name}" in source.text.lower()), ""):
        reader = _Reader(source, element)
        reader.feed(source.text)
        reader.finish()
        if reader.found:
            break
    return Rendering("html", tuple(reader.out.rows), reader.out.tab_sets)


class _Element:
    def __init__(self, tag: str, *, panel: bool) -> None:
        self.tag = tag
        self.panel = panel
        self.tabs: list[str] = []  # the names of the tabs in it whose panels are still to come
        self.in_set = False
        self.number = 0  # of the last item, in a list


class _Reader(HTMLParser):
    """Follows the elements; `only` is the one whose content counts (empty: all)."""

    def __init__(self, source: PageText, only: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.only = only
        self.found = not only
        self.inside = not only
        self.done = False
        self.out = TabCollector()
        self.stack = [_Element("", panel=False)]
        self.skipping = 0  # how deep the stack was where skipping began
        self.tab: list[str] | None = None  # the text of the tab's label that is being read
        self.label_depth = 0
        self.words: list[str] = []
        self.line = 1
        self.prefix = ""
        self.code: list[Row] | None = None
        self.language = ""

    def finish(self) -> None:
        """Close what the page left open."""
        self.close()
        while len(self.stack) > 1:
            self._end(self.stack[-1].tag)
        self._paragraph()
        self.out.close(LineOrigin(self.source.file, len(self.source.lines), exact=False))

    # --- what the parser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        if tag == self.only and not self.found:
            self.found = self.inside = True
        if tag in _VOID:
            self._void(tag)
            return
        if len(self.stack) > _MOST_DEEP:
            return
        if tag in ("p", "li") and self.stack[-1].tag == tag:
            self._end(tag)  # what authors leave out
        panel = given.get("role") == "tabpanel" and not self.skipping
        self.stack.append(_Element(tag, panel=panel))
        if self.skipping or self.tab is not None or not self.inside:
            return
        if given.get("role") == "tab":
            self.tab, self.label_depth = [], len(self.stack) - 1
        elif tag in _SKIPPED or (self.code is not None and _NUMBERS.search(given.get("class", ""))):
            self.skipping = len(self.stack)
        else:
            self._begin(tag, given, panel=panel)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and those that were left open in it."""
        if tag in _VOID or not any(one.tag == tag for one in self.stack[1:]):
            return
        while self.stack[-1].tag != tag:
            self._end(self.stack[-1].tag)
        self._end(tag)

    def handle_data(self, data: str) -> None:
        """Text; what stands in a code block keeps its lines."""
        if self.skipping or not self.inside or self.done:
            return
        line = self.getpos()[0]
        if self.tab is not None:
            self.tab.append(data)
        elif self.code is not None:
            for number, part in enumerate(data.split("\n")):
                if number:
                    self.code.append(self._row("", line + number))
                self.code[-1] = Row(self.code[-1].text + part, self.code[-1].origin)
                if not self.code[-1].text.strip():
                    self.code[-1] = self._row(self.code[-1].text, line + number)
        elif data.strip():
            if not self.words:
                self.line = line + data[: len(data) - len(data.lstrip())].count("\n")
            self.words.append(data)
        elif self.words:
            self.words.append(" ")

    # --- elements

    def _void(self, tag: str) -> None:
        if tag == "br" and self.code is not None and not self.skipping:
            self.code.append(self._row("", self.getpos()[0]))
        elif tag == "br" and self.words:
            self.words.append(" ")

    def _begin(self, tag: str, given: dict[str, str], *, panel: bool) -> None:
        if panel:
            self._paragraph()
            self._panel()
        if found := _LANGUAGE.search(given.get("class", "") + " " + _data_language(given)):
            self.language = found[1].lower()
        if tag == "pre" and self.code is None:
            self._paragraph()
            self.code = [self._row("", self.getpos()[0])]
        elif tag == "code" and self.code is None:
            self.words.append("`")
        elif tag in _BLOCKS and self.code is None:
            self._paragraph()
            self.prefix = self._prefix(tag)

    def _prefix(self, tag: str) -> str:
        if tag in _HEADINGS:
            return f"{'#' * int(tag[1])} "
        holder = self.stack[-2]
        if tag == "li" and holder.tag == "ol":
            holder.number += 1
            return f"{holder.number}. "
        return self.prefix if tag in ("p", "div") else ""

    def _end(self, tag: str) -> None:
        element = self.stack.pop()
        if self.skipping:
            self.skipping = 0 if len(self.stack) < self.skipping else self.skipping
            return
        if self.tab is not None:
            if len(self.stack) <= self.label_depth:
                self._labelled()
            return
        if tag == "code" and self.code is None and self.inside:
            self.words.append("`")
        elif tag == "pre" and self.code is not None and not any(one.tag == "pre" for one in self.stack):
            self._block()
        elif tag in _BLOCKS and self.code is None:
            self._paragraph()
        if element.panel:
            self.out.close_tab(self._origin(self.getpos()[0]))
        if element.in_set:
            self.out.close_set(self._origin(self.getpos()[0]))
        if tag == self.only and self.inside:
            self.inside, self.done = False, True

    # --- tabs

    def _labelled(self) -> None:
        """A tab's label has been read: it belongs to the panel that is open, or to the page."""
        assert self.tab is not None
        holder = next(one for one in reversed(self.stack) if one.panel or not one.tag)
        if holder.in_set and not holder.tabs:
            self.out.close_set(self._origin(self.getpos()[0]))
            holder.in_set = False
        holder.tabs.append(" ".join("".join(self.tab).split()))
        self.tab = None

    def _panel(self) -> None:
        holder = next(one for one in reversed(self.stack[:-1]) if one.panel or not one.tag)
        origin = self._origin(self.getpos()[0])
        if not holder.in_set:
            self.out.open_set([], origin)
            holder.in_set = True
        self.out.open_tab(holder.tabs.pop(0) if holder.tabs else "", origin)

    # --- rows

    def _paragraph(self) -> None:
        text = " ".join("".join(self.words).split())
        self.words = []
        if text.strip("` "):
            self.out.row(self._row(self.prefix + text, self.line))
            self.out.row(self._row("", self.line))
            self.prefix = ""

    def _block(self) -> None:
        assert self.code is not None
        full = [number for number, row in enumerate(self.code) if row.text.strip()]
        rows = self.code[full[0] : full[-1] + 1] if full else []
        self.code = None
        marker = "````" if not any("````" in row.text for row in rows) else "~" * 40
        first = rows[0].origin if rows else self._origin(self.getpos()[0])
        self.out.row(Row(marker + self.language, first))
        for row in rows:
            self.out.row(row)
        self.out.row(Row(marker, rows[-1].origin if rows else first))
        self.language = ""

    def _row(self, text: str, line: int) -> Row:
        return Row(text, self._origin(line))

    def _origin(self, line: int) -> LineOrigin:
        return LineOrigin(self.source.file, line, exact=False)


def _data_language(given: dict[str, str]) -> str:
    value = given.get("data-lang") or given.get("data-language") or ""
    return f"language-{value}" if value else ""
