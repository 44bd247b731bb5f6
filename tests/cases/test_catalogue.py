"""The catalogue of conformance cases is covered, and the committed table of it is current."""

from __future__ import annotations

import pytest

from conformance.cli.commands.cases import LEFT_OUT, LINES, table
from conformance.stage.case import catalogue
from tests.support.paths import ROOT


@pytest.mark.parametrize("line", LINES)
def test_every_line_has_a_case_or_a_reason(line: int) -> None:
    assert line in LEFT_OUT or any(line in case.lines for case in catalogue())


def test_cases_name_known_lines_only() -> None:
    assert {line for case in catalogue() for line in case.lines} <= set(LINES)


def test_the_committed_table_is_current() -> None:
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == table(catalogue()), "renew it: make table"
