"""Small pages, and the steps that are read from them."""

from __future__ import annotations

from typing import TypeVar

from conformance.pages import Export, NotRun, Page, Step, read_page, read_pages

__all__ = ["exported", "kinds", "left_out", "one", "only", "pages"]

T = TypeVar("T")


def one(text: str, kind: type[T]) -> T:
    """The only step of a page, which must be of this kind."""
    steps = read_page(text, "page.txt").steps
    assert len(steps) == 1, steps
    assert isinstance(steps[0], kind), steps
    return steps[0]


def pages(text: str, *, when: tuple[str, ...] = (), file: str = "page.md") -> list[Page]:
    return read_pages(text, file, when)


def only(text: str, *, when: tuple[str, ...] = (), file: str = "page.md") -> Page:
    found = pages(text, when=when, file=file)
    assert len(found) == 1, [page.tabs for page in found]
    return found[0]


def exported(page: Page) -> list[str]:
    return [step.name for step in page.steps if isinstance(step, Export)]


def left_out(page: Page) -> list[str]:
    return [step.reason for step in page.steps if isinstance(step, NotRun)]


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [type(step).__name__ for step in steps]
