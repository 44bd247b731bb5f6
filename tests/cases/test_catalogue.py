"""The catalogue of conformance cases is covered, and the committed table of it is current."""

from __future__ import annotations

import ast

from conformance.cli.commands.cases import LEFT_OUT, LINES, table
from conformance.stage.case import catalogue
from tests.support.paths import ROOT


def test_every_line_has_a_case_or_a_reason_and_no_case_has_another() -> None:
    told = {line for case in catalogue() for line in case.lines}
    assert told | set(LEFT_OUT) == set(LINES)


def test_the_committed_table_is_current() -> None:
    written = (ROOT / "docs" / "reference" / "catalogue.md").read_text(encoding="utf-8")
    assert written == table(catalogue()), "renew it: make table"


def test_no_case_file_imports_another() -> None:
    files = (ROOT / "conformance" / "cases").glob("*.py")
    assert [one.name for one in files if "conformance.cases.test_" in one.read_text(encoding="utf-8")] == []


def test_case_files_import_from_two_places() -> None:
    """What a case declares is in `conformance.cases`, what it states in `conformance.exchange.expectations`."""
    doors = ("conformance.stage.", "conformance.exchange.expectations.")
    found = [
        f"{file.name}: {node.module}"
        for file in (ROOT / "conformance" / "cases").glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(doors)
    ]
    assert found == []
