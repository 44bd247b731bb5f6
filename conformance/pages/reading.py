"""Reads a page into sections and steps, one page for each alternative of its tabs; carries nothing out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from conformance.core.problems import InputProblem
from conformance.pages.context import Context
from conformance.pages.markup.hypertext import is_html, render_html
from conformance.pages.markup.markdown import render_markdown
from conformance.pages.markup.prompts import without_continuations
from conformance.pages.markup.rendering import Alternative, Form, Rendering, alternatives
from conformance.pages.markup.source import PageText, load_source
from conformance.pages.model import Page
from conformance.pages.steps import StepReader

__all__ = ["load_page", "load_pages", "read_page", "read_pages"]


def load_pages(path: Path, when: Collection[str] = ()) -> list[Page]:
    """The page in a file, once for each alternative of its tabs; `when` are words of its readers, such as a version.

    Raises InputProblem when it cannot be read, or a quote or heredoc on it is never closed.
    """
    source = load_source(path)
    return _pages(source, path, when)


def read_pages(text: str, file: str, when: Collection[str] = ()) -> list[Page]:
    """The alternatives of a page from its text; `file` is its name in positions. Includes nothing.

    Raises InputProblem as `load_pages` does.
    """
    return _pages(PageText(text, file), None, when)


def load_page(path: Path) -> Page:
    """The page in a file, at the first tab of each set. Raises InputProblem as `load_pages` does."""
    return load_pages(path)[0]


def read_page(text: str, file: str) -> Page:
    """A page from its text, at the first tab of each set. Raises InputProblem as `load_pages` does."""
    return read_pages(text, file)[0]


def _pages(source: PageText, path: Path | None, when: Collection[str]) -> list[Page]:
    if is_html(source.text):
        rendering = render_html(source)
    else:
        rendering = render_markdown(source, path, when)
        if not _is_markdown(source):
            rendering = Rendering("text", rendering.rows, rendering.tab_sets, rendering.remarks)
    return [_page(one, source.file, rendering.form) for one in alternatives(rendering)]


def _page(alternative: Alternative, file: str, form: Form) -> Page:
    source = PageText.of(list(without_continuations(alternative.rows)), file)
    context = Context()
    gateways = set(context.gateways)
    sections = StepReader(source, form, alternative.remarks, context).sections()
    if context.gateways != gateways:
        # Pages forward a Gateway's port before their routes tell its name: read with all names from the start.
        again = Context(gateways=context.gateways)
        sections = StepReader(source, form, alternative.remarks, again).sections()
    if not sections:
        raise InputProblem("the page is empty", position=source.place(0))
    return Page(sections[0].title, file, sections, alternative.tabs)


def _is_markdown(source: PageText) -> bool:
    return Path(source.file).suffix.lower() in (".md", ".mdx", ".markdown")
