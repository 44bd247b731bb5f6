"""Verdicts and what reports make of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from conformance.core.files import write_atomically
from conformance.core.problems import InputProblem, Place, Position, SetupProblem
from conformance.core.redaction import register_key
from conformance.report.conformance_report import conformance_report
from conformance.report.facts import run_facts
from conformance.report.junit import junit
from conformance.report.kept.reading import kept_verdict
from conformance.report.summary import header_lines, label, summary_lines
from conformance.report.write import check_writable, write_reports
from conformance.stage.case import Level
from conformance.stage.settings import Settings
from conformance.stage.target import Implementation
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.verdict.results import Outcome, Result, Verdict
from tests.support.nimbus import command

REFERENCE = Implementation("us", "reference gateway", "https://example.test", "9.9", product=False)
PRODUCT = replace(REFERENCE, project="agentgateway", product=True)
SETTINGS = Settings(profiles=(), on=EmbeddedOptions())


def result(outcome: Outcome = Outcome.PASS, level: Level = Level.MUST, **fields: Any) -> Result:
    given: dict[str, Any] = {
        "test": "test_x[opal]",
        "case": "path/x",
        "area": "path",
        "level": level,
        "statement": "It is so.",
        "source": "SEED",
        "providers": ("opal",),
        "outcome": outcome,
    }
    return Result(**{**given, **fields})


@pytest.mark.parametrize(
    ("outcome", "level", "threshold", "fails"),
    [
        (Outcome.FAIL, Level.MUST, Level.MUST, True),
        (Outcome.FAIL, Level.SHOULD, Level.MUST, False),
        (Outcome.FAIL, Level.SHOULD, Level.SHOULD, True),
        (Outcome.FAIL, Level.MAY, Level.SHOULD, False),
        (Outcome.FAIL, Level.MAY, Level.MAY, True),
        (Outcome.FAIL, Level.INFO, Level.MAY, False),
        (Outcome.DEVIATION, Level.MUST, Level.MUST, False),
        (Outcome.NOT_APPLICABLE, Level.MUST, Level.MUST, False),
        (Outcome.PASS, Level.MUST, Level.MUST, False),
    ],
)
def test_what_fails_a_run(outcome: Outcome, level: Level, threshold: Level, fails: bool) -> None:
    assert Verdict(threshold).fails(result(outcome, level)) is fails


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "no verdict"),
        ([result()], "conformant"),
        ([result(), result(Outcome.DEVIATION)], "conformant"),
        ([result(), result(Outcome.FAIL, Level.SHOULD)], "conformant"),
        ([result(), result(Outcome.FAIL)], "not conformant"),
        ([result(), result(Outcome.SETUP_ERROR)], "no verdict"),
        ([result(Outcome.FAIL), result(Outcome.SETUP_ERROR)], "not conformant"),
        ([result(level=Level.SHOULD)], "no verdict"),
    ],
)
def test_who_is_conformant(results: list[Result], expected: str) -> None:
    assert Verdict(Level.SHOULD, results).conclude("opal") == expected


def plain(value: Any) -> bool:
    if isinstance(value, dict | tuple | list):
        return all(map(plain, [*value.values(), *value] if isinstance(value, dict) else value))
    return type(value) in (str, int, float, NoneType)


@pytest.mark.parametrize("where", [None, Place(Position("a.yaml", 3, 4), "spec.x")])
def test_results_survive_the_way_between_processes(where: Place | None) -> None:
    one = result(Outcome.FAIL, Level.MAY, explanation=("a", "b"), observations=("c",), seconds=1.5, where=where)
    data = one.as_data()
    assert plain(data)
    assert Result.from_data(data) == one


VERDICT = Verdict(
    Level.SHOULD,
    [
        result(),
        result(test="test_y[opal]", outcome=Outcome.FAIL, cause="a <b> & c", reason="r", explanation=("l\x1b1", "l2")),
        result(test="test_z[opal]", outcome=Outcome.FAIL, level=Level.MAY, reason="may fail"),
        result(test="test_n[opal]", outcome=Outcome.NOT_APPLICABLE, reason="no Secret"),
        result(test="test_d[opal]", outcome=Outcome.DEVIATION, reason="D1"),
        result(test="test_o[opal]", outcome=Outcome.OBSERVED, level=Level.INFO, observations=("saw\x00 it",)),
        result(test="test_e[opal+ruby]", outcome=Outcome.SETUP_ERROR, providers=("opal", "ruby"), area="tls"),
    ],
)


def test_statistics_and_providers() -> None:
    assert VERDICT.providers == ["opal", "ruby"]
    assert VERDICT.counted(VERDICT.of("opal")) == {
        "pass": 1,
        "fail": 1,
        "warning": 1,
        "deviation": 1,
        "not applicable": 1,
        "observed": 1,
        "setup error": 1,
    }
    assert VERDICT.counted(VERDICT.of("ruby")) == {"setup error": 1}


@pytest.mark.parametrize("problem", [None, SetupProblem("no cluster")])
def test_junit_counts_as_the_run_does(problem: SetupProblem | None) -> None:
    suite = ElementTree.fromstring(junit(VERDICT, str(problem or ""))).find("testsuite")
    assert suite is not None
    extra = int(problem is not None)
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        str(7 + extra),
        "1",
        str(1 + extra),
        "3",
    ]
    assert [len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")] == [1, 1 + extra, 3]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("a <b> & c", "l?1\nl2")
    assert [one.text for one in suite.iter("system-out")] == ["saw? it"]
    skips = {case.get("name"): case.find("skipped") for case in suite.iter("testcase")}
    deviation = skips["path/x test_d[opal]"]
    assert deviation is not None
    assert deviation.get("message") == "deviation: D1"
    warning = skips["path/x test_z[opal]"]
    assert warning is not None
    assert warning.get("message") == "warning: may fail"


def test_a_test_is_called_by_its_name_once() -> None:
    results = [
        result(),
        result(case="checks/y", test="checks/y[opal]"),
        result(case="checks/y", test="checks/y[opal-1]"),
    ]
    names = [
        one.get("name") for one in ElementTree.fromstring(junit(Verdict(Level.SHOULD, results), "")).iter("testcase")
    ]
    assert names == ["path/x test_x[opal]", "checks/y[opal]", "checks/y[opal-1]"]


def test_a_key_in_a_name_spoils_no_xml() -> None:
    register_key("topaz-key", "sk-topaz-0123456789")
    text = junit(Verdict(Level.SHOULD, [result(test="test_x[sk-topaz-0123456789]", reason="sk-topaz-0123456789")]), "")
    assert "sk-topaz" not in text
    case = ElementTree.fromstring(text).find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == "path/x test_x[<topaz-key>]"


def test_the_yaml_report() -> None:
    data = yaml.safe_load(conformance_report(VERDICT, run_facts(SETTINGS, REFERENCE, SetupProblem("no cluster"))))
    assert (data["kind"], data["target"], data["dialect"], data["level"]) == (
        "ConformanceReport",
        "embedded",
        "kgateway-2.1",
        "SHOULD",
    )
    assert data["implementation"] == {
        "organization": "us",
        "project": "reference gateway",
        "url": "https://example.test",
        "version": "9.9",
        "contact": [],
    }
    assert data["setupProblem"] == "no cluster"
    opal, ruby = data["profiles"]
    assert (opal["name"], opal["result"], ruby["result"]) == ("opal", "not conformant", "no verdict")
    assert opal["failedTests"] == ["test_y[opal]", "test_e[opal+ruby]"]
    assert opal["warnedTests"] == ["test_z[opal]"]
    assert (opal["statistics"]["fail"], opal["statistics"]["warning"]) == (1, 1)
    assert [one["verdict"] for one in data["cases"] if one["test"] == "test_z[opal]"] == ["warning"]
    again = kept_verdict(data, Path("report.yaml"))
    assert again.counted(again.of("opal")) == opal["statistics"]
    assert opal["skippedTests"] == ["test_n[opal]", "test_d[opal]"]
    assert len(data["cases"]) == 7
    assert {"case": "path/x", "test": "test_n[opal]", "level": "MUST", "providers": ["opal"],
            "verdict": "not applicable", "reason": "no Secret"} in data["cases"]  # fmt: skip


def test_the_summary() -> None:
    lines = summary_lines(VERDICT, replace(SETTINGS, report=Path("out")), REFERENCE)
    assert lines[0].split() == ["area", "opal", "ruby"]
    assert ["path", "3/5"] in [line.split() for line in lines]
    assert ["tls", "0/1", "0/1"] in [line.split() for line in lines]
    others = "1 deviation, 1 not applicable, 1 observed, 1 setup error"
    assert f"opal: NOT conformant (1 pass, 1 fail, 1 warning, {others})" in lines
    assert "  1 x a <b> & c" in lines
    assert lines[-1] == "Report: out/report.html, out/report.yaml"
    assert "no gateway product was certified" in lines[-2]
    assert "providers " in header_lines(SETTINGS, REFERENCE)[0]
    assert label(SETTINGS, PRODUCT) == "agentgateway 9.9 on the embedded target"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register_key("beryl-key", "sk-beryl-0123456789")
    file = tmp_path / "report.yaml"
    write_atomically(file, "old sk-beryl-0123456789")
    assert file.read_text() == "old <beryl-key>"
    assert file.stat().st_mode & 0o777 == 0o644

    def interrupted(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.yaml"]
    assert file.read_text() == "old <beryl-key>"


def test_reports_need_a_folder(tmp_path: Path) -> None:
    facts = run_facts(SETTINGS, REFERENCE, None)
    write_reports(tmp_path / "a" / "b", VERDICT, facts)
    written = ["exchanges.har", "junit.xml", "report.html", "report.yaml", "summary.md"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == written
    check_writable(tmp_path / "c" / "d")
    assert not (tmp_path / "c").exists()
    (tmp_path / "file").touch()
    with pytest.raises(SetupProblem, match="is no folder - choose another --report"):
        check_writable(tmp_path / "file" / "deeper")
    with pytest.raises(SetupProblem, match="the report cannot be written to"):
        write_reports(tmp_path / "file", VERDICT, facts)


def test_a_report_replaces_no_file_of_somebody_else(tmp_path: Path) -> None:
    facts = run_facts(SETTINGS, REFERENCE, None)
    (tmp_path / "notes.txt").write_text("mine")
    check_writable(tmp_path)
    (tmp_path / "summary.md").write_text("mine")
    with pytest.raises(InputProblem) as raised:
        check_writable(tmp_path)
    assert str(raised.value) == (
        f"--report {tmp_path}: summary.md in there would be lost, and no report of ours is"
        " - choose an empty folder, or remove what is in this one"
    )
    others = ("", "a: 1\n", "apiVersion: v1\nkind: ConformanceReport\n", "apiVersion: agw-conformance/v1\nkind: X\n")
    for text in others:
        (tmp_path / "report.yaml").write_text(text)
        with pytest.raises(InputProblem, match=r"report\.yaml, summary\.md in there would be lost"):
            check_writable(tmp_path)
    (tmp_path / "report.yaml").unlink()
    (tmp_path / "report.yaml").mkdir()
    with pytest.raises(InputProblem, match="would be lost"):
        check_writable(tmp_path)
    ours = tmp_path / "ours"
    write_reports(ours, VERDICT, facts)
    check_writable(ours)
    (ours / "report.yaml").rename(ours / "kept.yaml")
    (ours / "report.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputProblem, match="would be lost"):
        check_writable(ours)


@pytest.mark.parametrize("arguments", [["run", "--provider", "mistral"], ["certify", "--provider", "mistral"]])
def test_a_folder_with_files_of_ones_own_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (tmp_path / "junit.xml").write_text("mine")
    code, printed = command(capsys, *arguments, "--report", str(tmp_path))
    assert (code, (tmp_path / "junit.xml").read_text()) == (2, "mine")
    assert f"--report {tmp_path}: junit.xml in there would be lost" in printed
    assert "conformant" not in printed
    assert [one.name for one in tmp_path.iterdir()] == ["junit.xml"]
