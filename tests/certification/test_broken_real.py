"""The broken configurations on the real agentgateway: the same statements fail there as on the embedded target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.core.problems import ExitCode
from conformance.manifests.dialects import DIALECTS
from conformance.targets.standalone.binary import find_binary
from tests.support.broken import BROKEN, Expected, expected_of, files_of, folders
from tests.support.nimbus import Process
from tests.support.standalone import REAL, needs_binary

pytestmark = needs_binary

FAILURES = ("fail", "setup error")


def certified(folder: Path, name: str, expected: Expected, *options: str) -> dict[str, str]:
    """The verdict of every statement but the static checks, which look at no gateway."""
    folder.mkdir()
    report = folder / "report"
    chosen = (*expected.options, *options, "--no-fix", "-q", "--report", str(report))
    files = [str(BROKEN / name / one) for one in files_of(BROKEN / name)]
    process = Process(folder, "certify", *files, *chosen, **expected.environment)
    code, printed = process.end(seconds=300)
    if code == ExitCode.SETUP_FAILED and "can be tried on the standalone target" in printed:
        pytest.skip(printed.rpartition(" target: ")[2])
    assert code == expected.exit, printed
    if not (file := report / "report.yaml").exists():
        return {}
    cases: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
    return {one["test"]: one["verdict"] for one in cases if not one["case"].startswith("checks/")}


@pytest.mark.parametrize("name", folders(BROKEN))
def test_the_real_gateway_agrees(name: str, tmp_path: Path) -> None:
    expected = expected_of(name)
    modern = find_binary(REAL).line >= (1, 0)
    if expected.dialect != DIALECTS[modern]:
        pytest.skip(f"{expected.dialect} is not the dialect of this agentgateway")
    real = ("--target", "standalone", "--agentgateway-bin", str(REAL))
    there = certified(tmp_path / "standalone", name, expected, *real)
    if expected.by_chance:
        return
    here = certified(tmp_path / "embedded", name, expected)
    # What the local configuration file has no way to say is not applicable there, with the reason.
    spoken = {test for test in here if there.get(test) != "not applicable"}
    assert failing(there) == failing(here) & spoken


def failing(verdicts: dict[str, str]) -> set[str]:
    return {test for test, verdict in verdicts.items() if verdict in FAILURES}
