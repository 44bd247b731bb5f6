"""Pages that a page asks its readers to have carried out before it, where it leaves to them what it goes on from."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.pages.model import Apply, Dummies, Page, Request
from conformance.pages.reading import load_pages

__all__ = ["Prerequisite", "prerequisites"]

_TITLE = re.compile(r"\b(?:before you (?:begin|start)|prerequisites?)\b", re.IGNORECASE)
_LINK = re.compile(r"\]\(\s*([^()\s]{1,300}?)(?:[#?][^()\s]*)?\s*\)")
_BACKENDS = ("AgentgatewayBackend", "Backend")
# A guide may go on from one that goes on from another; a chain that is longer goes round.
_DEEPEST = 3


@dataclass(frozen=True)
class Prerequisite:
    """A page to be carried out first, at the tabs that go with the page's own; `position` is where it is asked for.

    `others` are its other alternatives.
    """

    page: Page
    position: Position
    others: tuple[Page, ...] = ()


def prerequisites(page: Page, path: Path, when: Collection[str] = ()) -> list[Prerequisite]:
    """In the order in which they are carried out; none for a page that makes a Backend and a route by itself.

    Only files of the documentation tree that `path` is in are read. Raises InputProblem as `load_pages` does.
    """
    found: list[Prerequisite] = []
    _gather(page, path, when, {path.resolve()}, found, 1)
    return found


def _gather(
    page: Page, path: Path, when: Collection[str], seen: set[Path], found: list[Prerequisite], depth: int
) -> None:
    if _is_complete(page) or depth > _DEEPEST:
        return
    for link, position in _links(page):
        file = _file(link, path)
        if file is None or file in seen:
            continue
        seen.add(file)
        shown = file if path.is_absolute() else Path(os.path.relpath(file))
        loaded = load_pages(shown, when)
        best = max(loaded, key=lambda one: _likeness(one, page))
        if _kinds(best).intersection(_BACKENDS):
            _gather(best, shown, when, seen, found, depth + 1)
            found.append(Prerequisite(best, position, tuple(one for one in loaded if one is not best)))


def _is_complete(page: Page) -> bool:
    kinds = _kinds(page)
    return "HTTPRoute" in kinds and bool(kinds.intersection(_BACKENDS))


def _kinds(page: Page) -> set[str]:
    return {str(data.get("kind")) for data in _objects(page)}


def _links(page: Page) -> Iterator[tuple[str, Position]]:
    """What is linked to from a section about what is to be there before."""
    for section in page.sections:
        if _TITLE.search(section.title):
            for line in section.prose:
                yield from ((found[1], line.position) for found in _LINK.finditer(line.text))


def _file(link: str, path: Path) -> Path | None:
    """The page that a link leads to: from the page on, or, with a slash, from the nearest folder above that has it."""
    path = path.resolve()
    roots = [one for one in path.parents if one.name in ("docs", "content")]
    if "://" in link or not roots:
        return None
    starts = [one for one in path.parents if one.is_relative_to(roots[-1])] if link.startswith("/") else [path.parent]
    name = link.strip("/").removesuffix(".md")
    for start in starts:
        for file in (start / f"{name}.md", start / name / "_index.md", start / name / "index.md"):
            if file.is_file() and (there := file.resolve()).is_relative_to(roots[-1]):
                return there
    return None


def _likeness(one: Page, page: Page) -> tuple[int, int]:
    """How well an alternative goes with a page: tabs of the same name, then requests by paths that its routes have."""
    paths = set(_route_paths(one))
    asked = [step.curl.url for step in page.steps if isinstance(step, Request)]
    fitting = sum(any(path.rstrip("/") in url for path in paths if path != "/") for url in asked)
    return len(set(one.tabs) & set(page.tabs)), fitting


def _route_paths(page: Page) -> Iterator[str]:
    for data in _objects(page):
        rules = _dig(data, "spec", "rules") if data.get("kind") == "HTTPRoute" else None
        for rule in rules if isinstance(rules, list) else ():
            matches = _dig(rule, "matches")
            for match in matches if isinstance(matches, list) else ():
                if isinstance(path := _dig(match, "path", "value"), str):
                    yield path


def _objects(page: Page) -> Iterable[dict[str, Any]]:
    """All that a page applies, as far as it can be read before its steps are carried out."""
    for step in page.steps:
        try:
            documents = step.documents(Dummies({})) if isinstance(step, Apply) else ()
        except InputProblem:
            continue
        yield from (one.data for one in documents if isinstance(one.data, dict))


def _dig(value: Any, *path: str) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
