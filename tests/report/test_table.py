"""The table of areas and targets: what it counts, that the README's is current, and what cannot be made into one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli import main
from conformance.cli.commands.report import BEGIN, END
from conformance.report.areas_table import areas_table
from conformance.report.kept.reading import read_report
from tests.support.paths import ROOT

KEPT = sorted(ROOT.glob("reports/*/report.yaml"))


def report(*verdicts: tuple[str, str], target: str = "kind") -> dict[str, Any]:
    return {
        "kind": "ConformanceReport",
        "implementation": {"project": "agentgateway", "version": "1.4.1"},
        "target": target,
        "dialect": "agentgateway-1",
        "level": "SHOULD",
        "date": "2026-11-30",
        "tested": "agentgateway 1.4.1",
        "profiles": [],
        "cases": [
            {"case": case, "verdict": verdict, "level": "MUST", "test": case, "providers": []}
            for case, verdict in verdicts
        ],
    }


def test_cells_count_verdicts_by_area_and_observations_as_passes() -> None:
    one = report(("tls/a", "pass"), ("tls/b", "deviation"), ("path/c", "observed"), ("path/d", "not applicable"))
    other = report(("tls/a", "fail"), target="standalone")
    assert areas_table([one, other]).splitlines() == [
        "| area | kind, agentgateway-1: agentgateway 1.4.1 | standalone, agentgateway-1: agentgateway 1.4.1 |",
        "| --- | ---: | ---: |",
        "| path | 1 / 0 / 1 | – |",
        "| tls | 1 / 1 / 0 | 0 / 0 / 0 (1 fail) |",
        "| **all** | 2 / 1 / 1 | 0 / 0 / 0 (1 fail) |",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("kind: Pod\n", "is no ConformanceReport - give a report.yaml of ours"),
        ("- 1\n", "is no ConformanceReport"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_what_is_no_report_is_one_message(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.yaml"
    file.write_text(content)
    assert main(["report", "table", str(file)]) == 2
    assert message in capsys.readouterr().err
    assert main(["report", "table", str(tmp_path / "missing.yaml")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_the_table_goes_between_the_marks_and_nothing_else_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "report.yaml", tmp_path / "README.md"
    file.write_text(yaml.safe_dump(report(("tls/a", "pass"))))
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main(["report", "table", str(file), "--into", str(page)]) == 0
    table = areas_table([report(("tls/a", "pass"))])
    assert page.read_text() == f"before\n{BEGIN}\n{table}{END}\nafter\n"
    page.write_text("no marks\n")
    assert main(["report", "table", str(file), "--into", str(page)]) == 2
    assert page.read_text() == "no marks\n"
    assert "has no place for the table" in capsys.readouterr().err


@pytest.mark.slow
def test_the_readme_shows_the_kept_reports() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n{areas_table([read_report(one) for one in KEPT])}{END}" in readme, "run `make table`"


@pytest.mark.slow
@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.parent.name)
def test_kept_reports_hold_nothing_unexplained(path: Path) -> None:
    kept = read_report(path)
    assert [one["test"] for one in kept["cases"] if one["verdict"] in ("fail", "setup error")] == []
    assert all(one["reason"] for one in kept["cases"] if one["verdict"] in ("deviation", "not applicable"))


@pytest.mark.slow
@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.parent.name)
def test_kept_reports_are_as_they_were_written(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "digest" not in read_report(path):
        pytest.skip("made before reports had digests; see reports/README.md")
    assert main(["report", "verify", str(path)]) == 0, capsys.readouterr().out
