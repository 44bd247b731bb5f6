"""`report verify` and `report show`: reports that were kept."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.reading import read_input
from conformance.manifests.objects import read_manifests
from conformance.report.digests import object_digests
from conformance.report.facts import run_facts
from conformance.report.write import write_reports
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from tests.support.nightly import share
from tests.support.nimbus import NIMBUS, command
from tests.support.report import REFERENCE, VERDICT

Capture = pytest.CaptureFixture[str]

INLINE = """\
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: opal, namespace: llm}
spec:
  ai: {llm: {openai: {authToken: {kind: Inline, inline: KEY}, model: large}}}
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: opal, namespace: llm}
spec:
  policies: {auth: {key: KEY}}
"""


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    file = tmp_path / "nimbus.yaml"
    file.write_text(NIMBUS)
    return file


@pytest.fixture
def report(tmp_path: Path, manifests: Path) -> Path:
    folder = tmp_path / "report"
    given = read_input([str(manifests)], environment=None).manifests
    settings = Settings((), EmbeddedOptions(), dialect=DIALECTS[0], manifests=("nimbus.yaml",), given=given)
    write_reports(folder, VERDICT, run_facts(settings, REFERENCE, SetupProblem("half-way")))
    return folder


def verified(capsys: Capture, *arguments: object) -> tuple[int, str]:
    return command(capsys, "report", "verify", *map(str, arguments))


def test_a_report_as_it_was_written(report: Path, manifests: Path, capsys: Capture) -> None:
    # Comments, layout and the key make no other configuration.
    manifests.write_text("# mine\n" + NIMBUS.replace("model: cumulus", "model:   cumulus").replace("$NIMBUS", "$OTHER"))
    code, printed = verified(capsys, report, "--manifests", manifests)
    assert code == 0, printed
    assert "✓ as it was written: report.yaml, exchanges.har, junit.xml, report.html, summary.md" in printed
    assert "✓ of these manifests: " in printed
    assert verified(capsys, report / "report.yaml")[0] == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("report.yaml", "verdict: fail", "verdict: pass", "✗ report.yaml was altered"),
        ("report.html", "not conformant", "conformant", "✗ report.html was altered, or is of another run"),
        ("summary.md", "❌", "✅", "✗ summary.md was altered, or is of another run"),
    ],
)
def test_an_altered_report(report: Path, capsys: Capture, name: str, old: str, new: str, told: str) -> None:
    text = (report / name).read_text()
    assert old in text
    (report / name).write_text(text.replace(old, new, 1))
    assert verified(capsys, report) == (1, f"{told}\n")


def test_layout_is_no_alteration_and_a_missing_file_is_one(report: Path, capsys: Capture) -> None:
    file = report / "report.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()), sort_keys=True))
    (report / "junit.xml").unlink()
    (report / "summary.md").unlink()
    (report / "summary.md").mkdir()
    assert verified(capsys, report) == (1, "✗ junit.xml is missing\n✗ summary.md cannot be read: is no file\n")


def test_a_report_that_is_kept_alone(report: Path, capsys: Capture) -> None:
    """Evidence is large: who keeps report.yaml only, as in reports/, can still tell that it was not altered."""
    for name in ("exchanges.har", "junit.xml", "report.html"):
        (report / name).unlink()
    code, printed = verified(capsys, report / "report.yaml")
    assert code == 0
    assert printed.startswith(
        "✓ as it was written: report.yaml, summary.md\n  not here: exchanges.har, junit.xml, report.html\n"
    )
    (report / "summary.md").write_text("all is well\n")
    assert verified(capsys, report / "report.yaml") == (1, "✗ summary.md was altered, or is of another run\n")


def test_other_manifests(report: Path, manifests: Path, capsys: Capture) -> None:
    secret, backend, *rest = NIMBUS.replace("port: 8443", "port: 443").split("---\n")
    more = secret.replace("name: nimbus-key", "name: more")
    manifests.write_text("---\n".join([more, backend, *rest]))
    code, printed = verified(capsys, report, "--manifests", manifests)
    assert (code, printed.splitlines()) == (
        1,
        [
            "✗ Secret llm/nimbus-key was tested and is not among the manifests",
            "✗ Backend llm/nimbus is not what was tested",
            "✗ Secret llm/more was not tested",
        ],
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"digest": None}, "report.yaml: has no digests - it was made by an older version; run again with --report"),
        ({"kind": "Other"}, "report.yaml: is no ConformanceReport"),
    ],
)
def test_what_is_no_report_of_ours(report: Path, capsys: Capture, change: dict[str, Any], told: str) -> None:
    file = report / "report.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **change}))
    code, printed = verified(capsys, report)
    assert (code, told in printed) == (2, True), printed


def test_digests_tell_nothing_of_keys() -> None:
    one, other = (object_digests(read_manifests(INLINE.replace("KEY", key), "f")) for key in ("abcdef", "ghijkl"))
    assert one == other
    assert list(one) == ["Backend llm/opal", "AgentgatewayBackend llm/opal"]
    assert one != object_digests(read_manifests(INLINE.replace("model: large", "model: small"), "f"))


def test_the_summary_of_a_kept_report(report: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "report", "show", str(report))
    assert code == 0, printed
    for told in (
        "path                   2/4           0/1", "opal: NOT conformant", "'/v1' stands twice (opal)",
        "  id      path/x\n  at      opal.yaml:28:9 spec.path\n  remedy  write it once\n  fails   path/x",
        "set-up failed: half-way",
        "Again:  agw-conformance run --manifests nimbus.yaml",
    ):  # fmt: skip
        assert told in printed, printed


@pytest.mark.parametrize("change", [{"level": "HIGH"}, {"cases": [{"case": "path/x"}]}, {"cases": [1]}])
def test_a_summary_of_nonsense(report: Path, capsys: Capture, change: dict[str, Any]) -> None:
    file = report / "report.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **change}))
    code, printed = command(capsys, "report", "show", str(report))
    assert (code, "report.yaml: is no report of ours" in printed) == (2, True), printed


ANYTHING: tuple[Any, ...] = (None, [1])


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a report may be altered; of a list its first item stands for all."""
    if path:
        yield path
    inside = data.items() if isinstance(data, dict) else enumerate(data[:1]) if isinstance(data, list) else ()
    for name, one in inside:
        yield from places(one, (*path, name))


@pytest.mark.hostile
def test_whatever_stands_anywhere_in_a_report_is_told_in_one_message(report: Path, capsys: Capture) -> None:
    file = report / "report.yaml"
    written = yaml.safe_load(file.read_text())
    tried = 0
    for number, path in enumerate(places(written)):
        for value in share(ANYTHING, number, len(ANYTHING)):
            data = copy.deepcopy(written)
            at = data
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            file.write_text(json.dumps(data))
            for what in ("show", "verify", "table"):
                code, printed = command(capsys, "report", what, str(file))
                assert code in (0, 1, 2), printed
                assert code != 2 or len(printed.splitlines()) == 1, printed
                tried += 1
    assert tried > 200


def test_aliases_that_mean_more_than_anybody_can_hold(report: Path, capsys: Capture) -> None:
    bomb = "".join(f"b{number}: &b{number} [{', '.join([f'*b{number - 1}'] * 9)}]\n" for number in range(1, 12))
    with (report / "report.yaml").open("a") as file:
        file.write(f"b0: &b0 [x]\n{bomb}")
    code, printed = verified(capsys, report)
    assert (code, "has YAML aliases" in printed) == (2, True), printed


@pytest.mark.parametrize("name", ["report.yaml", "summary.md"])
def test_a_pipe_without_an_end_is_no_part_of_a_report(report: Path, capsys: Capture, name: str) -> None:
    (report / name).unlink()
    os.mkfifo(report / name)
    code, printed = verified(capsys, report)
    assert (code in (1, 2), "is no file" in printed) == (True, True), printed


@pytest.mark.hostile
@pytest.mark.parametrize(
    "text", ["a: [", "a: " + "[" * 5000, f"a: 1{':59' * 300}.5", "a: !!int ''", "a: \x00", "[a]: 1\n? {}\n: 1"]
)
def test_a_file_that_is_no_yaml_data_is_told_as_such(tmp_path: Path, capsys: Capture, text: str) -> None:
    (tmp_path / "report.yaml").write_text(text)
    for arguments in (("show", str(tmp_path)), ("table", str(tmp_path / "report.yaml"))):
        code, printed = command(capsys, "report", *arguments)
        assert (code, f"{tmp_path}/report.yaml: is not YAML" in printed) == (2, True), printed
