"""The kind target from end to end, on a real cluster that is kept; only where somebody says that there may be one."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.support.nimbus import KEY, Process

OPTIONS = os.environ.get("AGW_CONFORMANCE_KIND", "")
"""Further options of the run, `--cluster-name`, `--chart` and the like: see CONTRIBUTING.md."""

pytestmark = pytest.mark.skipif(
    not OPTIONS, reason="needs Docker, kind and Helm: set AGW_CONFORMANCE_KIND to options of a run on kind"
)


def test_a_selection_on_a_kept_cluster(tmp_path: Path) -> None:
    report = tmp_path / "report"
    arguments = ("--target", "kind", "--keep-cluster", *shlex.split(OPTIONS), "--report", str(report))
    code, printed = Process(tmp_path, "run", "-k", "mistral and path", *arguments).end(seconds=600)
    assert code == 0, printed
    said = yaml.safe_load((report / "report.yaml").read_text())
    assert said["target"] == "kind"
    assert said["implementation"]["project"] == "agentgateway"
    assert said["implementation"]["version"][0].isdigit()
    assert [(one["name"], one["result"]) for one in said["profiles"]] == [("mistral", "no verdict")]
    verdicts = {case["verdict"] for case in said["cases"]}
    assert "pass" in verdicts
    assert "fail" not in verdicts
    suite = ElementTree.parse(report / "junit.xml").getroot()
    assert len(list(suite.iter("testcase"))) == len(said["cases"])
    assert {"gateway.log", "events.txt", "objects.yaml", "config-dump.json"} == {
        one.name for one in (report / "cluster").iterdir()
    }
    assert KEY not in "".join(one.read_text() for one in report.rglob("*") if one.is_file())
