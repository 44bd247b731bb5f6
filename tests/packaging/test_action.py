"""The GitHub Action: its scripts, run as a runner does, in a checkout with manifests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli import github_action
from conformance.cli.github_action import main
from tests.support.git import FILES, commit, git, repository
from tests.support.hangs import HANGS
from tests.support.nimbus import KEY
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
CERTIFY = next(step for step in STEPS if step.get("id") == "certify")

# What stands for the Python that the step before installs. As with -I, the checkout has no say in what is imported.
PYTHON = f"""#!/bin/sh
[ "$1" = -I ] || exit 97
shift
PYTHONPATH='{ROOT}' exec '{sys.executable}' -P "$@"
"""


@dataclass
class Runner:
    """A checkout, and what a runner of GitHub Actions has beside it."""

    folder: Path

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def environment(self, **inputs: str) -> dict[str, str]:
        """What the step's script gets, without what this process has of GitHub's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "AGW_"))}
        return {
            **kept,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.checkout),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "VENV": str(self.folder / "venv"),
            "NIMBUS_API_KEY": KEY,
            **inputs,
        }

    def run(self, **inputs: str) -> tuple[int, str]:
        """The script of the step `certify`; its exit code and what it printed."""
        python = self.folder / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON)
        python.chmod(0o755)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CERTIFY["run"]],
            cwd=self.checkout,
            env=self.environment(**inputs),
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.folder / "output").read_text().splitlines())

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A checkout of a branch whose last commit changed nothing."""
    repository(tmp_path / "checkout", FILES)
    git(tmp_path / "checkout", "switch", "--quiet", "--create", "change")
    return Runner(tmp_path)


Act = Callable[..., tuple[int, str]]


@pytest.fixture
def act(runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Act:
    """What the script starts, in this process: exit code and what it printed."""

    def acted(**inputs: str) -> tuple[int, str]:
        for name in [one for one in os.environ if one.startswith(("GITHUB_", "AGW_"))]:
            monkeypatch.delenv(name)
        for name, value in runner.environment(**inputs).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(runner.checkout)
        code = main()
        return code, "".join(capsys.readouterr())

    return acted


def test_a_change_is_certified_with_report_summary_and_verdict(runner: Runner) -> None:
    # A checkout may hold modules of our names: they are no part of what certifies it.
    hostile = {f"{name}/__init__.py": "raise SystemExit(98)\n" for name in ("conformance", "yaml")}
    commit(runner.checkout, {"providers/nimbus/2.yaml": FILES["providers/nimbus/2.yaml"] + "# changed\n", **hostile})
    code, printed = runner.run(AGW_BASE="main", AGW_TARGET="embedded", AGW_LEVEL="must")
    assert code == 0, printed
    assert runner.outputs == {"verdict": "conformant", "report": "agw-conformance-report"}
    assert "`providers/nimbus`" in runner.summary
    assert "nimbus" in runner.summary.partition("`providers/nimbus`")[2]
    report = runner.checkout / "agw-conformance-report" / "providers" / "nimbus"
    assert {"report.html", "report.yaml"} <= {file.name for file in report.iterdir()}
    assert KEY not in printed + runner.summary


def test_a_mistake_is_annotated_on_its_line(runner: Runner, act: Act) -> None:
    commit(runner.checkout, {"providers/nimbus/2.yaml": "kind: HTTPRoute\nspec: {}\n"})
    code, printed = act(AGW_BASE="main")
    assert code == 2
    assert "::error file=providers/nimbus/2.yaml,line=1" in printed
    assert runner.outputs["verdict"] == "bad input"
    assert "bad input" in runner.summary


def test_nothing_changed(runner: Runner, act: Act) -> None:
    commit(runner.checkout, {"deploy/app.yaml": ""})
    code, printed = act(AGW_BASE="main")
    assert code == 0
    assert "nothing to certify" in printed
    assert runner.outputs["verdict"] == "nothing to certify"
    assert runner.summary == "agw-conformance: nothing to certify\n"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"AGW_PATHS": "missing.yaml\n\n", "AGW_LEVEL": ""}, "missing.yaml: cannot be read"),
        ({"AGW_BASE": "nobody"}, "--base nobody: Git knows no such commit here"),
        ({"AGW_ARGS": "'"}, "--options ': no closing quotation"),
        ({"AGW_REPORT": "providers"}, "report: providers is not empty - choose another folder for this step"),
        ({"AGW_PATHS": "providers", "AGW_DIALECT": "latin"}, "latin"),
    ],
)
def test_inputs_that_cannot_be_used(inputs: dict[str, str], message: str, runner: Runner, act: Act) -> None:
    code, printed = act(**inputs)
    assert code == 2
    assert message in printed
    assert runner.outputs["verdict"] == "bad input"


def test_no_input_is_carried_out(runner: Runner) -> None:
    code, printed = runner.run(AGW_PATHS="$(touch owned); `touch owned`", AGW_ARGS="; touch owned")
    assert code == 2
    assert "agw-conformance" in printed
    assert "Traceback" not in printed
    assert runner.outputs["verdict"] == "bad input"
    assert not (runner.checkout / "owned").exists()


def test_without_a_checkout_the_set_up_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main({}) == 3
    assert "not a git repository" in capsys.readouterr().err


def test_the_summary_has_no_more_than_github_takes(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written here as by `certify`: two folders, of which the second has more than fits in."""

    def certified(found: object, report: Path, options: object) -> int:
        for name, size in (("one", 10), ("two", 1_000_000)):
            (report / name).mkdir(parents=True)
            (report / name / "summary.md").write_text(f"{name} " + "x" * size)
        return 1

    monkeypatch.chdir(runner.checkout)
    monkeypatch.setattr(github_action, "certify_groups", certified)
    assert main(runner.environment(AGW_BASE="0" * 40)) == 1
    assert runner.outputs["verdict"] == "not conformant"
    assert "`one`\n\none xxx" in runner.summary
    assert "two xxx" not in runner.summary
    assert runner.summary.endswith("More folders are in the report: no more fits in here.\n")


def test_no_script_is_made_of_inputs() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) == 2
    assert [script for script in scripts if "${{" in script] == []


def test_each_input_is_used_and_each_variable_is_read() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(ACTION["inputs"])
    given = {name for name in CERTIFY["env"] if name.startswith("AGW_")}
    read = set(re.findall(r'"AGW_([A-Z]+)"', Path(github_action.__file__).read_text()))
    assert {name.removeprefix("AGW_") for name in given} == read | {"DIALECT", "TARGET", "LEVEL"}


def test_other_actions_are_pinned_by_version() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert len(used) == 2
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
