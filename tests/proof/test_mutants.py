"""Mutants are data, the record of them is complete, and a sample of them is caught as recorded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.proof.finding import Ended
from conformance.proof.page import page
from conformance.proof.record import known_tests, recorded
from conformance.proof.sight import SEES, areas_that_see
from conformance.proof.workers import Order
from conformance.stage.case import AREAS, catalogue
from conformance.targets.embedded.mutations import MUTANTS
from tests.support.nightly import share
from tests.support.paths import ROOT

ROWS: dict[str, dict[str, Any]] = {name: {one["id"]: one for one in recorded(name)["mutants"]} for name in DIALECTS}


def test_every_mutant_says_what_it_breaks() -> None:
    for name, one in MUTANTS.items():
        assert (one.name, one.area in AREAS, bool(one.source)) == (name, True, True), name
        assert one.defect.endswith("."), name
        assert one.only in ("", *DIALECTS), name
        assert set(one.steps) <= set(SEES), name
        assert areas_that_see(one)[0] == one.area, name
    assert len(MUTANTS) >= 300
    assert {area for areas in SEES.values() for area in areas} <= set(AREAS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_record_is_of_these_mutants_and_cases(dialect: str) -> None:
    assert set(ROWS[dialect]) <= {one.name for one in MUTANTS.values() if one.is_of(dialect)}, "make mutants"
    cases = {one.id for one in catalogue()}
    assert {one["case"] for one in ROWS[dialect].values() if "case" in one} <= cases
    for name, row in ROWS[dialect].items():
        mutant = MUTANTS[name]
        assert (row["area"], row["defect"], row["reference"]) == (mutant.area, mutant.defect, mutant.source), name


@pytest.mark.slow
def test_the_page_is_of_the_record() -> None:
    written = (ROOT / "docs" / "reference" / "mutants.md").read_text(encoding="utf-8")
    assert written == page(), "renew it with: make table"


def sample(dialect: str, *, nth: int) -> list[str]:
    """Of each area's mutants every so many, the first included; by day an area's in one of the dialects.

    The nightly workflow plays all of them with `agw-conformance mutants`.
    """
    chosen = []
    for area in share(AREAS, list(DIALECTS).index(dialect), len(DIALECTS)):
        caught = [name for name, row in ROWS[dialect].items() if row["area"] == area and row["ended"] == Ended.CAUGHT]
        chosen += caught[::nth]
    return chosen


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_sample_is_caught_as_recorded(dialect: str) -> None:
    names = sample(dialect, nth=24)
    play, known = Order(names, dialect).play(), known_tests(dialect)
    for name in names:
        found = asyncio.run(play.mutant(MUTANTS[name], known[name]))
        assert (found.ended, found.case) == (Ended.CAUGHT, ROWS[dialect][name]["case"]), found
