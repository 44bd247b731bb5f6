"""How much was run of what makes a verdict: of a selection, or of a run that broke off, nobody is called conformant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from conformance.stage.case import catalogue
from conformance.stage.parameters import parameter_sets
from conformance.verdict.results import Extent, Verdict

__all__ = ["extents_of", "whole_catalogue"]


def whole_catalogue(dialect: str) -> Counter[str]:
    """How many tests each case has for a provider; whatever was selected of them, all of them make a verdict."""
    return Counter({one.id: sum(1 for _ in parameter_sets(one.test, dialect)) for one in catalogue()})


def extents_of(verdict: Verdict, wanted: Mapping[str, Mapping[str, int]]) -> dict[str, Extent]:
    """By provider: how many tests have a result, of the number that is `wanted` of each case."""
    tests = {(name, one.case, one.test) for one in verdict.results for name in one.providers}
    run = Counter((name, case) for name, case, _ in tests)
    return {
        name: Extent(sum(min(run[name, case], number) for case, number in cases.items()), sum(cases.values()))
        for name, cases in wanted.items()
    }
