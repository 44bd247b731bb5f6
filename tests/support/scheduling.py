"""What a worker of `make test` gets at once: all cases, a module's tests, or, of those that take long, a function's."""

from __future__ import annotations

import re
from functools import cache

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.paths import ROOT

__all__ = ["Scheduling", "scope_of", "takes_long"]

_CASES = "conformance/cases/"
_TAKES_LONG = re.compile(r"pytest\.mark\.(slow|hostile)\b")


def takes_long(item: pytest.Item) -> bool:
    """Whether a test is one of those that are begun first: `make quick` leaves them out."""
    return any(item.get_closest_marker(name) for name in ("slow", "hostile"))


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Each worker that has a case arranges the scenes of all of them, and each with a module's test its fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """What a test goes to a worker with: all of one scope go to the same."""
    module = nodeid.partition("::")[0]
    if module.startswith(_CASES):
        return _CASES
    return nodeid.partition("[")[0] if _has_long_ones(module) else module


@cache
def _has_long_ones(module: str) -> bool:
    return bool(_TAKES_LONG.search((ROOT / module).read_text(encoding="utf-8")))
