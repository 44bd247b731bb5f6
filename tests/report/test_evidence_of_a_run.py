"""A run's evidence in its reports, and what it says on GitHub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.nimbus import KEY, NIMBUS, command

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def on_github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    return tmp_path / "nimbus.yaml"


@pytest.mark.slow
def test_a_failure_is_shown_with_its_evidence_and_on_its_line(on_github: Path, tmp_path: Path, capsys: Capture) -> None:
    on_github.write_text(NIMBUS.replace("    hostname: llm", "    hostname: lm"))
    report = tmp_path / "report"
    code, printed = command(
        capsys, "certify", str(on_github), "-q", "--case", "tls/policy-makes-tls", "--report", str(report)
    )
    assert code == 1, printed
    line = next(number for number, text in enumerate(on_github.read_text().splitlines(), 1) if "hostname: lm" in text)
    assert (
        f"\n::error file=nimbus.yaml,line={line},col=5,title=nimbus%3A checks/policy-hostname-differs and 1 more::"
        in printed
    )
    page = (report / "report.html").read_text()
    assert "handshake failed" in page
    assert "TLS, SNI lm.nimbus.example" in page
    entries = json.loads((report / "exchanges.har").read_text())["log"]["entries"]
    assert [one["_tls"]["sni"] for one in entries if one["_leg"] == "gateway → lookalike"] == ["lm.nimbus.example"]
    assert not [one.name for one in report.iterdir() if KEY in one.read_text()]
    assert command(capsys, "report", "verify", str(report), "--manifests", str(on_github))[0] == 0


def test_input_that_cannot_be_used_is_shown_on_its_line(on_github: Path, capsys: Capture) -> None:
    on_github.write_text("kind: Backend\napiVersion: 7\n")
    code, printed = command(capsys, "certify", str(on_github))
    assert code == 2
    assert "::error file=nimbus.yaml,line=2,col=1,title=agw-conformance%3A bad input::" in printed
