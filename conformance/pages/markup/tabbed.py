"""Collects rows and the tabs among them, however the page's markup says where one begins and ends."""

from __future__ import annotations

from conformance.core.problems import InputProblem
from conformance.pages.markup.fences import Fence, opening
from conformance.pages.markup.rendering import Tab, TabSet
from conformance.pages.markup.source import LineOrigin, Row

__all__ = ["TabCollector"]

_DEEPEST = 10


class _Open:
    def __init__(self, index: int, parent: tuple[int, int] | None, names: list[str]) -> None:
        self.index = index
        self.parent = parent
        self.names = names
        self.tabs: list[Tab] = []
        self.current: tuple[str, int] | None = None


class TabCollector:
    """Rows in, `rows` and `tab_sets` out. Tabs may hold sets of their own."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.fence: Fence | None = None
        self._fence_depth = 0
        self._sets: list[_Open] = []
        self._stack: list[_Open] = []

    @property
    def tab_sets(self) -> tuple[TabSet, ...]:
        """The sets in the order in which they begin."""
        return tuple(TabSet(tuple(one.tabs), one.parent) for one in self._sets)

    def row(self, row: Row) -> None:
        """A line of the page. Follows the fences, so that none stays open beyond its tab or its list item."""
        if self.fence is not None and self.fence.left_by(row.text):
            self.rows.append(Row(self.fence.marker, row.origin))
            self.fence = None
        self.rows.append(row)
        if self.fence is not None:
            if self.fence.closed_by(row.text):
                self.fence = None
        elif (found := opening(row.text)) is not None:
            self.fence, self._fence_depth = found, len(self._stack)

    def open_set(self, names: list[str], origin: LineOrigin) -> None:
        """A set of tabs begins; `names` are those that it gives to tabs without one.

        Raises InputProblem for sets that stand in each other without end.
        """
        if len(self._stack) == _DEEPEST:
            raise InputProblem(f"more than {_DEEPEST} sets of tabs stand in each other here", position=origin.at())
        parent = None
        if self._stack and self._stack[-1].current is not None:
            parent = (self._stack[-1].index, len(self._stack[-1].tabs))
        opened = _Open(len(self._sets), parent, names)
        self._sets.append(opened)
        self._stack.append(opened)

    def open_tab(self, name: str, origin: LineOrigin) -> None:
        """A tab begins, and the one before it ends."""
        if not self._stack:
            self.open_set([], origin)
        self.close_tab(origin)
        last = self._stack[-1]
        number = len(last.tabs)
        name = name or (last.names[number] if number < len(last.names) else f"tab {number + 1}")
        last.current = (name, len(self.rows))

    def close_tab(self, origin: LineOrigin) -> None:
        """The innermost set's tab ends, if one is open."""
        if not self._stack or self._stack[-1].current is None:
            return
        # The page as it is shown ends the block here; else all of the other tabs would be part of it.
        if self.fence is not None and self._fence_depth >= len(self._stack):
            self.row(Row(self.fence.marker, origin))
        name, start = self._stack[-1].current
        self._stack[-1].tabs.append(Tab(name, start, len(self.rows)))
        self._stack[-1].current = None

    def close_set(self, origin: LineOrigin) -> None:
        """The innermost set ends."""
        self.close_tab(origin)
        if self._stack:
            self._stack.pop()

    def close(self, origin: LineOrigin) -> None:
        """The page ends, and every set with it."""
        while self._stack:
            self.close_set(origin)
