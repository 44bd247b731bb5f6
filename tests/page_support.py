"""Small pages, and the steps that are read from them."""

from __future__ import annotations

from conformance.page import (
    Apply,
    Export,
    NotRun,
    Page,
    Request,
    Step,
    read_page,
    read_pages,
)

__all__ = ["apply_of", "export_of", "exported", "kinds", "left_out", "not_run", "one", "only", "pages", "request_of"]


def one(text: str) -> Step:
    steps = read_page(text, "page.txt").steps
    assert len(steps) == 1, steps
    return steps[0]


def not_run(text: str) -> NotRun:
    step = one(text)
    assert isinstance(step, NotRun), step
    return step


def request_of(text: str) -> Request:
    step = one(text)
    assert isinstance(step, Request), step
    return step


def apply_of(text: str) -> Apply:
    step = one(text)
    assert isinstance(step, Apply), step
    return step


def export_of(text: str) -> Export:
    step = one(text)
    assert isinstance(step, Export), step
    return step


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
