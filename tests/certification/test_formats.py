"""`certify --format`: one document for a program on standard output, without keys; the exit code stays the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.certification.formats import FORMATS
from conformance.cli import main
from tests.support.nimbus import KEY, NIMBUS, command, edited

Capture = pytest.CaptureFixture[str]

HOSTNAME = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")
BROKEN = ("      port: 8443", "      port: https")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k8s").mkdir()


def document(capsys: Capture, form: str, text: str, *options: str) -> tuple[int, str]:
    Path("k8s/nimbus.yaml").write_text(text)
    code = main(["certify", "--format", form, *options, "k8s"])
    printed = capsys.readouterr().out
    assert KEY not in printed
    return code, printed


def line_of(text: str) -> int:
    lines = Path("k8s/nimbus.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.slow
def test_json(capsys: Capture) -> None:
    code, printed = document(capsys, "json", NIMBUS)
    data = json.loads(printed)
    assert (code, data["exitCode"], data["verdict"]) == (0, 0, "conformant")
    assert {one["severity"] for one in data["findings"]} == {"warning"}
    assert data["providers"][0]["name"] == "nimbus"
    assert data["providers"][0]["statements"]["pass"] > 50

    code, printed = document(capsys, "json", edited(HOSTNAME))
    data = json.loads(printed)
    assert (code, data["exitCode"], data["verdict"]) == (1, 1, "not conformant")
    [finding] = [one for one in data["findings"] if one["severity"] == "error"]
    assert (finding["file"], finding["line"], finding["field"]) == (
        "k8s/nimbus.yaml",
        line_of("hostname: lm"),
        "spec.validation.hostname",
    )
    assert (finding["id"], finding["shownBy"][0]) == ("policy-hostname-differs", "checks/policy-hostname-differs")
    assert "+    hostname: llm.nimbus.example\n" in data["fix"]["diff"]


@pytest.mark.slow
def test_sarif(capsys: Capture) -> None:
    code, printed = document(capsys, "sarif", edited(HOSTNAME), "--no-fix")
    [run] = json.loads(printed)["runs"]
    [result] = [one for one in run["results"] if one["level"] == "error"]
    assert code == 1
    assert result["ruleId"] == "checks/policy-hostname-differs"
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place: dict[str, Any] = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "k8s/nimbus.yaml"
    assert place["region"] == {"startLine": line_of("hostname: lm"), "startColumn": 5}


@pytest.mark.slow
def test_github(capsys: Capture) -> None:
    code, printed = document(capsys, "github", edited(HOSTNAME), "--no-fix")
    assert code == 1
    errors = [line for line in printed.splitlines() if line.startswith("::error ")]
    assert len(errors) == 1
    assert f"file=k8s/nimbus.yaml,line={line_of('hostname: lm')},col=5" in errors[0]
    assert all(line.startswith("::") for line in printed.splitlines())


@pytest.mark.slow
def test_junit(capsys: Capture) -> None:
    code, printed = document(capsys, "junit", edited(HOSTNAME), "--no-fix")
    suite = ElementTree.fromstring(printed)[0]
    assert code == 1
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0


@pytest.mark.parametrize("form", [one for one in FORMATS if one != "text"])
def test_input_that_cannot_be_used_is_told_in_the_same_form(form: str, capsys: Capture) -> None:
    code, printed = document(capsys, form, edited(BROKEN))
    assert code == 2
    assert "expected a number" in printed
    if form in ("json", "sarif"):
        json.loads(printed)
    if form == "junit":
        ElementTree.fromstring(printed)


def test_not_with_the_whole_catalogue(capsys: Capture) -> None:
    code, printed = command(capsys, "certify", "--full", "--format", "json", "k8s")
    assert code == 2
    assert "--report DIR" in printed
