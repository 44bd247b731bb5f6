"""What people write may stand in every line of output: there it moves no cursor, and no runner of GitHub obeys it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.certification.mending import Search
from conformance.certification.mending.difference import difference
from conformance.certification.mending.fix import Fix
from conformance.certification.text import lines_of_input
from conformance.core.problems import InputProblem
from conformance.core.terminal import one_line
from conformance.report.annotations import problem_command
from tests.support.nightly import share
from tests.support.nimbus import KEY, NIMBUS, command, edited

Capture = pytest.CaptureFixture[str]

EVIL = r"\e]0;title\a\r\n::error::pwned\n  ::add-mask::x\n##[error]pwned\u2028::error::pwned\u202e"
"""As it stands between double quotes in YAML; what a runner obeys, and what a terminal does."""

HOSTILE = [
    edited(("  name: nimbus\n", '  name: "::warning::pwned"\n'), ("- name: nimbus\n", '- name: "::warning::pwned"\n')),
    edited(("  name: nimbus\n", f'  name: "{EVIL}"\n'), ("- name: nimbus\n", f'- name: "{EVIL}"\n')),
    edited(("  type: AI\n", f'  type: AI\n  "{EVIL}": 1\n')),
    edited(("  type: AI\n", f'  type: "{EVIL}"\n')),
    edited(("      host: llm.nimbus.example", f'      host: "{EVIL}"')),
    edited(("    hostname: llm.nimbus.example", f'    hostname: "{EVIL}"')),
    edited(("model: cumulus-2-chat", f'model: "{EVIL}"'), ("    hostname: llm.nimbus.example", "    hostname: lm.x")),
    f'apiVersion: v1\nkind: "{EVIL}"\nmetadata: {{name: "{EVIL}"}}\n---\n{NIMBUS}',
    f'"{EVIL}": 1\n"{EVIL}": 2',
]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)


def obeyed(printed: str) -> list[str]:
    """The lines that a runner takes for commands, whatever a terminal makes of the others."""
    assert [char for char in printed if not char.isprintable() and char not in "\n\t"] == []
    return [line for line in printed.split("\n") if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b\té", "a b\té"),
        ("::error::x", ": :error::x"),
        (" \t ::error::x", " \t : :error::x"),
        (":::x", ": ::x"),
        ("a ::error::x", "a ::error::x"),
        ("a\n::error::x", r"a\n::error::x"),
        ("a ##[error]x", "a ## [error]x"),
        ("###[error]x", "### [error]x"),
        ("\x1b[31m\r\x07\x85", r"\x1b[31m\r\x07\x85"),
        ("\u2028\u202e\ufeff\ud800", r"\u2028\u202e\ufeff\ud800"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert obeyed(shown) == []


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("number", "runner"),
    [*((one, "true") for one in range(len(HOSTILE))), *share(((one, "") for one in range(len(HOSTILE))), 6, 9)],
)
def test_nothing_in_a_manifest_acts_where_it_is_told(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, number: int, runner: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", runner)
    file = tmp_path / "given.yaml"
    file.write_text(HOSTILE[number])
    code, printed = command(capsys, "certify", str(file), "-v")
    assert code in (0, 1, 2), printed
    assert "pwned" in printed
    ours = obeyed(printed)
    # A warning is told on its line, too, and fails nothing.
    told = code == 2 or re.search(r"^1\. (error|warning) ", printed, re.MULTILINE)
    assert bool(ours) == bool(runner and told)
    assert [line for line in ours if not re.match(r"::(error|warning) (file|title)=[^\n]*::", line)] == []


@pytest.mark.slow
def test_nothing_in_the_name_of_a_file_or_folder_acts(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("x\n::error::pwned\x1b[31m")
    folder.mkdir()
    (folder / "a.yaml").write_text(NIMBUS)
    (folder / "b.yaml").write_text("a: [")
    for arguments in (
        ("changed", str(folder / "a.yaml")),
        ("changed", "--certify", str(folder / "a.yaml")),
        ("certify", str(folder / "b.yaml")),
        ("certify", str(folder / "none.yaml")),
        ("provider", "check", str(folder / "b.yaml")),
        ("report", "show", str(folder)),
        ("docs", str(folder / "a.yaml")),
        ("run", "--manifests", str(folder / "b.yaml")),
    ):
        _, printed = command(capsys, *arguments)
        assert r"x\n::error::pwned\x1b[31m" in printed, arguments
        assert obeyed(printed) == [], arguments


def test_a_page_acts_only_in_its_steps(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.md"
    evil = EVIL.replace(r"\e", "\x1b")
    page.write_text(
        f"# ::error::x\n\n```sh\nkubectl apply -f- <<EOF\n\"{evil}\": 1\nEOF\ncurl 'gateway/::x\x1b'\n```\n"
    )
    code, printed = command(capsys, "docs", str(page))
    assert code in (1, 2)
    assert obeyed(printed) == []


@pytest.mark.slow
def test_a_run_tells_hostile_names_in_a_line(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "given.yaml"
    file.write_text(HOSTILE[1])
    code, printed = command(capsys, "run", "--manifests", str(file), "--case", "host/defaults-to-backend-host")
    assert code in (1, 2, 3)
    assert "pwned" in printed
    assert obeyed(printed) == []


def test_a_diff_has_the_lines_that_patch_counts() -> None:
    before = "a:\n ::error::x: 1\nb: 'x \u2028::error::x'\r\nc: 1\n"
    after = before.replace("c: 1", "c: 2")
    diff = difference({"f.yaml": before}, {"f.yaml": after}).text
    fix = Fix(title="t", diff=diff, patch="p", weakens_tls=False, hidden=False, warning="", texts={})
    lines = lines_of_input(InputProblem("x"), Search(fix, tried=1, candidates=1, cut_short=False))
    assert lines[lines.index("--- a/f.yaml") :] == [*diff.replace("\r", "").split("\n"), "p"]
    assert [line for line in lines if "error" in line] == ["  ::error::x: 1", " b: 'x \u2028::error::x'"]
    assert obeyed("\n".join(map(one_line, lines))) == []


def test_a_command_of_ours_shows_no_control_character() -> None:
    assert problem_command(InputProblem("a\x1b[31m\nb\u202e"), {}) == (
        r"::error title=agw-conformance%3A bad input::a\x1b[31m%0Ab\u202e"
    )
