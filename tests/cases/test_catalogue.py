"""The catalogue of conformance cases is covered, and the committed table of it is current."""

from __future__ import annotations

from conformance.cli.commands.cases import LEFT_OUT, LINES, table
from conformance.stage.case import catalogue
from tests.support.paths import ROOT


def test_every_line_has_a_case_or_a_reason_and_no_case_has_another() -> None:
    told = {line for case in catalogue() for line in case.lines}
    assert told | set(LEFT_OUT) == set(LINES)


def test_the_committed_table_is_current() -> None:
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == table(catalogue()), "renew it: make table"


def test_no_case_file_imports_another() -> None:
    files = (ROOT / "conformance" / "cases").glob("*.py")
    assert [one.name for one in files if "conformance.cases.test_" in one.read_text(encoding="utf-8")] == []
