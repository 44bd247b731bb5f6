"""The command in this process: exit codes, selection, and one message for each mistake."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest
import yaml

from conformance.core import deadlines
from conformance.core.fixtures import fixtures
from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.report import write
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.case import catalogue
from conformance.verdict.extent import whole_catalogue
from tests.support.nimbus import command

Capture = pytest.CaptureFixture[str]

FILES = ["exchanges.har", "junit.xml", "report.html", "report.yaml", "summary.md"]
ONE = ("--case", "tls/policy-makes-tls", "-k", "mistral", "-q")


def selected(capsys: Capture, *arguments: str) -> list[str]:
    """The tests that a run would play, as `file::test`."""
    code, printed = command(capsys, "run", "--collect-only", "-q", "-p", "no:randomly", *arguments)
    assert code == 0, printed
    return [line.removeprefix("conformance/cases/") for line in printed.splitlines() if "::" in line]


@pytest.mark.slow
def test_selection(capsys: Capture) -> None:
    everything, mistral = selected(capsys), selected(capsys, "-k", "mistral")
    assert len(mistral) > 100
    assert {test for test in everything if "mistral" in test} == set(mistral)
    assert all("deepseek" in test for test in selected(capsys, "--provider", "deepseek", "-m", "must"))
    tls = selected(capsys, "-m", "tls and must")
    assert tls
    assert all(test.startswith("test_tls") for test in tls)
    assert {test.partition("[")[0] for test in selected(capsys, "--case", "tls/policy-makes-tls")} == {
        "test_tls.py::test_policy_makes_tls"
    }


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_pytest_collects_makes_a_verdict(dialect: str, capsys: Capture) -> None:
    """It is counted without pytest, and must come to the same, or nobody would ever be called conformant."""
    collected = selected(capsys, "--provider", "mistral", "--dialect", dialect)
    wanted = whole_catalogue(dialect)
    counted = {
        f"{one.test.__module__.rpartition('.')[2]}.py::{one.test.__name__}": wanted[one.id] for one in catalogue()
    }
    assert Counter(test.partition("[")[0] for test in collected) == counted


@pytest.mark.slow
def test_a_part_of_the_tests_makes_no_verdict(tmp_path: Path, capsys: Capture) -> None:
    """Neither for the provider that was asked for nor for one that came along."""
    cases = ("--case", "model/response-untouched", "--case", "isolation/no-cross-talk")
    code, printed = command(capsys, "run", "-q", *cases, "-k", "mistral", "--report", str(tmp_path))
    assert code == 0, printed
    of = sum(whole_catalogue("kgateway-2.1").values())
    said = {
        "mistral": f"no verdict after 2 of {of} tests (2 pass)",
        "deepseek": f"no verdict after 1 of {of} tests (1 pass)",
    }
    for name, sentence in said.items():
        assert f"\n{name}: {sentence}\n" in printed
        assert f"{name}**: {sentence}" in (tmp_path / "summary.md").read_text()
    report = yaml.safe_load((tmp_path / "report.yaml").read_text())
    parts = [(one["name"], one["result"], one["partial"]) for one in report["profiles"]]
    assert parts == [(name, "no verdict", {"run": run, "of": of}) for name, run in (("deepseek", 1), ("mistral", 2))]
    _, shown = command(capsys, "report", "show", str(tmp_path))
    assert f"\nmistral: {said['mistral']}\n" in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--case", "path/full-replace-path"], "no such case - did you mean path/full-replaces-path?"),
        (["run", "--case", "no/such"], "--case no/such: there is no such case - see `agw-conformance cases`"),
        (["run", "--provider", "nobody"], "unknown provider 'nobody' - use one of: ai21, anthropic, azure-openai, "),
        (["run", "--provider", "/missing.yaml"], "/missing.yaml: cannot be read"),
        (["run", "--target", "moon"], "--target moon: unknown - one of: embedded"),
        (["run", "--dialect", "latin"], "--dialect latin: unknown - one of: kgateway-2.1"),
        (["run", "--level", "info"], "--level info: unknown - one of: must, should, may"),
        (["run", "--deviations", "some"], "--deviations some: the embedded target has none"),
        (["run", "--providr", "x"], "agw-conformance: --providr - did you mean --provider?"),
        (["docs", "--whn", "x", "page"], "unrecognized arguments: --whn - did you mean --when?"),
        (["cases", "--jsn"], "unrecognized arguments: --jsn - did you mean --json?"),
        (["certify", "--strct", "x"], "unknown argument --strct - did you mean --strict?"),
        (["run", "--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["run", "-q", "-k", "nobodyknows"], "deselected"),
        (["certify"], "nothing to certify - give files, folders or - with manifests, or a provider"),
        (["certify", "/missing"], "/missing: cannot be read: No such file or directory"),
        (["docs", "/missing"], "/missing: cannot be read: No such file or directory"),
        (["serve", "--port", "65536"], "--port 65536: expected a number from 0 to 65535"),
        (["serve", "--port", "x"], "argument --port: invalid int value: 'x'"),
        (["serve", "--provider", "nobody"], "unknown provider 'nobody'"),
        (["serve", "--case", "no/such"], "--case no/such: there is no such case - see `agw-conformance cases`"),
        (["cases", "--xml"], "unrecognized arguments: --xml"),
        (["certfy"], "certfy: there is no such command - did you mean certify?"),
        (["report", "verfy", "x"], "verfy: there is no such command - did you mean verify?"),
        (["xyzzy"], "xyzzy: there is no such command - one of: run, certify, "),
        (["\x1b[2J"], "\\x1b[2J: there is no such command"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_usage(arguments: list[str], message: str, capsys: Capture) -> None:
    code, printed = command(capsys, *arguments)
    assert code == 2
    assert message in printed
    assert "Traceback" not in printed


@pytest.mark.slow
def test_a_provider_file_is_as_good_as_a_name(tmp_path: Path, capsys: Capture) -> None:
    text = fixtures("providers", "mistral.yaml").read_text()
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("name: mistral\n", "name: other\n"))
    assert all("other" in test for test in selected(capsys, "--provider", str(mine)))
    mine.write_text(text.replace("port: 443", "port: 0"))
    code, printed = command(capsys, "run", "--provider", str(mine))
    line = text.splitlines().index("port: 443") + 1
    assert (code, f"{mine}:{line}:1: port: expected a number from 1 to 65535" in printed) == (2, True)


@pytest.mark.slow
def test_the_label_is_honest_from_the_first_line_to_the_report(tmp_path: Path, capsys: Capture) -> None:
    report = tmp_path / "new" / "report"
    code, printed = command(capsys, "run", *ONE[:-1], "--report", str(report))
    assert code == 0
    label = (
        "the configuration, tested against the reference gateway 0.1.0 of this suite; no gateway product was certified"
    )
    assert "conformance: target embedded, dialect kgateway-2.1, providers mistral, deepseek" in printed
    assert f"under test: {label}" in printed
    assert f"Tested: {label}." in printed
    assert f"Report: {report}/report.html, {report}/report.yaml" in printed
    data = yaml.safe_load((report / "report.yaml").read_text())
    assert data["tested"] == label
    assert data["implementation"]["project"] == "reference gateway"
    assert sorted(path.name for path in report.iterdir()) == FILES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "code", "shown", "counted"), [("must", 0, "2 xfailed", "2 warnings"), ("should", 1, "2 failed", "2 fail")]
)
def test_a_failed_should_counts_from_level_should_on(
    level: str, code: int, shown: str, counted: str, capsys: Capture
) -> None:
    case = ("--case", "host/defaults-to-backend-host", "--provider", "deepseek")
    ended, printed = command(capsys, "run", "-q", "--mutant", "host-not-rewritten", "--level", level, *case)
    assert ended == code, printed
    assert shown in printed
    assert re.search(rf"^deepseek: .*\({counted}\)", printed, re.MULTILINE)


@pytest.mark.slow
def test_a_report_that_cannot_be_written(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    place.write_text("mine")
    code, printed = command(capsys, "run", *ONE, "--report", str(place / "report"))
    assert (code, printed.count("the report cannot be written")) == (3, 1)
    assert "passed" not in printed  # it was found before anything ran

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_atomically", full)
    code, printed = command(capsys, "run", *ONE, "--report", str(tmp_path / "report"))
    assert code == 3
    assert f"the report cannot be written to {tmp_path}/report: No space left on device" in printed
    assert "Report:" not in printed
    assert "mistral: no verdict after 1 of " in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SetupProblem("no room", remedy="make some"), "set-up failed: no room - make some"),
        (RuntimeError("a bug of ours"), "RuntimeError: a bug of ours"),
    ],
)
def test_a_failing_fixture_leaves_nothing(
    error: Exception, message: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fail(self: Arrangement, keys: object) -> None:
        raise error

    monkeypatch.setattr(Arrangement, "arrange", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(threading.enumerate())
    code, printed = command(capsys, "run", *ONE, "--report", str(tmp_path / "report"))
    assert code == 3
    assert message in printed
    assert set(threading.enumerate()) <= before
    assert [path.name for path in tmp_path.glob("*conformance*")] == []
    assert 'errors="1"' in (tmp_path / "report" / "junit.xml").read_text()


@pytest.mark.slow
def test_docs_that_are_wrong(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """That all is well with the page as it is, docs/how-to/pages.md shows."""
    monkeypatch.setattr(deadlines, "PROPAGATION", 1.0)  # what is wrong here does not get right by waiting
    page = tmp_path / "page.txt"
    shutil.copy(fixtures("pages", "mistral-and-deepseek.txt"), page)
    text = page.read_text()
    page.write_text(
        text.replace("hostname: api.mistral.ai\n        wellKnown", "hostname: api.mistral.test\n        wellKnown")
    )
    assert page.read_text() != text
    code, printed = command(capsys, "docs", str(page))
    assert code == 1
    assert "FAILED: " in printed
    page.write_text("Nothing to see here.\n")
    code, printed = command(capsys, "docs", str(page))
    assert (code, "nothing to carry out" in printed) == (2, True)


def test_cases(capsys: Capture) -> None:
    _, listed = command(capsys, "cases")
    _, data = command(capsys, "cases", "--json")
    _, table = command(capsys, "cases", "--table")
    cases = json.loads(data)
    assert listed.splitlines()[-1] == f"{len(cases)} cases"
    for one in cases:
        assert {"id", "area", "level", "statement", "source", "lines", "needs", "scenario"} <= one.keys()
        assert f"\n| `{one['id']}` | {one['level']} |" in table
    assert table.count("\n| 1") >= 60


def test_serve_on_a_port_that_is_taken(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, printed = command(capsys, "serve", "--port", str(port))
    assert code == 3
    assert printed.strip() == (
        f"agw-conformance: the gateway cannot listen on 127.0.0.1:{port}: already in use - end who has it, or choose"
        " another with --port (0: any)"
    )


def test_interruption_before_anything_runs(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.cli.commands.cases.catalogue", interrupted)
    assert command(capsys, "cases")[0] == 130
