"""Beside a conformant verdict stands of which hosts nothing is known but what the manifests say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conformance import certify
from conformance.report.kept.reading import kept_verdict
from tests.support.checks import AGENTGATEWAY, documented
from tests.support.nimbus import KEY, NIMBUS, command

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]

FACTS = """\
name: nimbus
host: llm.nimbus.example
port: 8443
path: /api/v3/chat/completions
auth: {header: x-nimbus-token, scheme: Nimbus}
models: [cumulus-2-chat]
"""
SAID = (
    "Nothing is known of llm.nimbus.example but what the manifests say: compare them with the vendor's documentation."
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    (tmp_path / "nimbus.yaml").write_text(NIMBUS)
    (tmp_path / "facts.yaml").write_text(FACTS)
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--quiet"]])
def test_of_a_host_that_nobody_knows(options: list[str], capsys: Capture, folder: Path) -> None:
    code, printed = command(capsys, "certify", "nimbus.yaml", "--report", "out", *options)
    assert code == 0
    assert SAID in " ".join(printed.split())
    for name in ("report.html", "summary.md"):
        text = (folder / "out" / name).read_text().replace("&#39;", "'").replace("\\", "")
        assert SAID in text
    report = yaml.safe_load((folder / "out" / "report.yaml").read_text())
    assert report["profiles"][0]["unknownHosts"] == ["llm.nimbus.example"]
    assert kept_verdict(report, folder).taken_on_trust("nimbus") == ("llm.nimbus.example",)


def test_for_programs(capsys: Capture, folder: Path) -> None:
    code, printed = command(capsys, "certify", "nimbus.yaml", "--format", "json")
    assert (code, json.loads(printed)["providers"][0]["unknownHosts"]) == (0, ["llm.nimbus.example"])
    assert certify("nimbus.yaml", providers=["facts.yaml"])["nimbus"].unknown_hosts == ()
    assert certify("nimbus.yaml")["nimbus"].unknown_hosts == ("llm.nimbus.example",)


def test_whose_facts_a_person_gives_is_known(capsys: Capture, folder: Path) -> None:
    code, printed = command(capsys, "certify", "nimbus.yaml", "--provider", "facts.yaml", "--report", "out")
    assert (code, "Nothing is known" in printed) == (0, False)
    assert "unknownHosts" not in (folder / "out" / "report.yaml").read_text()


@pytest.mark.parametrize("host", ["api.mistral.ai", "api.lambdalabs.com"])
def test_nothing_is_said_of_whom_something_is_known(host: str, capsys: Capture, folder: Path) -> None:
    text = documented(AGENTGATEWAY).replace("api.mistral.ai", host).replace("$MISTRAL_API_KEY", "q8Vz3xL0bT7k")
    (folder / "known.yaml").write_text(text)
    code, printed = command(capsys, "certify", "known.yaml", "--no-fix")
    assert (code, "Nothing is known" in printed) == (0, False)
