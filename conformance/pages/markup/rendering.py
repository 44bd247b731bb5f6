"""A page as its readers see it: lines with their origin, the tabs among them, and what readers do not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.pages.markup.prompts import looks_like_command
from conformance.pages.markup.source import Row

__all__ = ["Alternative", "Form", "Remark", "Rendering", "Tab", "TabSet", "alternatives", "remark"]

Form: TypeAlias = Literal["text", "markdown", "html"]

# A page of more is no page that anybody wrote; each alternative is carried out by itself.
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True)
class Tab:
    """One alternative of a set: the rows from `start` to before `end`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class TabSet:
    """Tabs of which a reader follows one. `parent` is the set and the tab that it stands in, by their indexes."""

    tabs: tuple[Tab, ...]
    parent: tuple[int, int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What its tabs are called. Sets of the same names are chosen together, as their readers do."""
        return tuple(tab.name for tab in self.tabs)


@dataclass(frozen=True)
class Remark:
    """A command before row `index` that readers of this page do not see, and why."""

    index: int
    text: str
    reason: str
    position: Position


@dataclass(frozen=True)
class Rendering:
    """All of a page, with every tab."""

    form: Form
    rows: tuple[Row, ...]
    tab_sets: tuple[TabSet, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """The page with one tab of each set; `tabs` are their names."""

    tabs: tuple[str, ...]
    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...]


def remark(index: int, hidden: Sequence[Row], reason: str) -> list[Remark]:
    """What is to be told of hidden rows: the first command among them, or nothing."""
    first = next((row for row in hidden if looks_like_command(row.text.strip())), None)
    return [Remark(index, first.text.strip(), reason, first.origin.at())] if first else []


def alternatives(page: Rendering) -> list[Alternative]:
    """The page once with every set at its first tab, then once for each further tab, the other sets at their first.

    Raises InputProblem when there are too many.
    """
    if not page.rows:
        return [Alternative((), (), page.remarks)]
    sets = [one for one in page.tab_sets if one.tabs]
    first: dict[tuple[str, ...], int] = {}
    choices, varied = [first], set[tuple[str, ...]]()
    for one in sets:
        if one.names in varied:
            continue
        varied.add(one.names)
        for number in range(1, len(one.tabs)):
            choices.append({**_way_to(page.tab_sets, one), one.names: number})
    if len(choices) > _MOST_ALTERNATIVES:
        raise InputProblem(
            f"its tabs make {len(choices)} alternatives, more than the {_MOST_ALTERNATIVES} that are carried out",
            position=page.rows[0].origin.at(),
            remedy="cut the page into several",
        )
    return [_chosen(page, choice) for choice in choices]


def _way_to(sets: Sequence[TabSet], one: TabSet) -> dict[tuple[str, ...], int]:
    """The tabs that must be chosen for a set to be seen."""
    way: dict[tuple[str, ...], int] = {}
    while one.parent is not None:
        outer, tab = sets[one.parent[0]], one.parent[1]
        way[outer.names] = tab
        one = outer
    return way


def _is_seen(sets: Sequence[TabSet], one: TabSet, choice: Mapping[tuple[str, ...], int]) -> bool:
    return all(choice.get(names, 0) == number for names, number in _way_to(sets, one).items())


def _chosen(page: Rendering, choice: Mapping[tuple[str, ...], int]) -> Alternative:
    hidden = bytearray(len(page.rows) + 1)
    for one in page.tab_sets:
        for number, tab in enumerate(one.tabs):
            if number != choice.get(one.names, 0):
                hidden[tab.start : tab.end] = b"\1" * (tab.end - tab.start)
    seen = [one for one in page.tab_sets if one.tabs and _is_seen(page.tab_sets, one, choice)]
    names = dict.fromkeys(one.names[choice.get(one.names, 0)] for one in seen)
    # Where a row is now: as many rows further up as hidden ones stand before it.
    before, shift = [], 0
    for flag in hidden:
        before.append(shift)
        shift += flag
    return Alternative(
        tabs=tuple(names),
        rows=tuple(row for row, flag in zip(page.rows, hidden, strict=False) if not flag),
        remarks=tuple(
            Remark(one.index - before[one.index], one.text, one.reason, one.position)
            for one in page.remarks
            if not hidden[max(one.index - 1, 0)] or not hidden[one.index]
        ),
    )
