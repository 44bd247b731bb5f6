"""`certify --fix`: writes where there is a clean way back, asks first, says how to undo it."""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.certification.mending import Fix
from conformance.cli.writing import FixOptions, write
from conformance.core.problems import InputProblem
from tests.support.checks import KGATEWAY, documented
from tests.support.git import git, repository
from tests.support.nimbus import KEY, NIMBUS, command

Capture = pytest.CaptureFixture[str]

HOSTNAME = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")
YES = FixOptions(wanted=True, yes=True)
BACKUP = FixOptions(wanted=True, yes=True, backup=True)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fix(*, weakens: bool = False, **texts: str) -> Fix:
    return Fix("", "", "", weakens, False, "", {f"{name}.yaml": text for name, text in texts.items()})


def undo(printed: str) -> None:
    line = next(one for one in printed.splitlines() if one.startswith("undo it: "))
    for part in line.removeprefix("undo it: ").split(" && "):
        subprocess.run(shlex.split(part), check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "old", "new", "exits"),
    [(NIMBUS, *HOSTNAME, 1), (documented(KGATEWAY), "      port: 443", "      port: https", 2)],
    ids=["a mistake", "what cannot be read"],
)
def test_it_is_written_and_can_be_undone(
    right: str, old: str, new: str, exits: int, here: Path, capsys: Capture
) -> None:
    repository(here, {"k8s/a.yaml": right.replace(old, new, 1)})
    code, printed = command(capsys, "certify", "k8s", "--fix", "--yes", "-q")
    assert (code, Path("k8s/a.yaml").read_text()) == (exits, right)
    assert "written: k8s/a.yaml" in printed
    undo(printed)
    assert git(here, "status", "--porcelain") == ""


def test_a_person_is_asked(here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(here, {"a.yaml": "old\n"})
    for answer, written in (("n\n", False), ("\n", False), ("", False), ("y\n", True)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert write(fix(a="new\n"), {"a.yaml": "old\n"}, FixOptions(wanted=True)) is written
        assert Path("a.yaml").read_text() == ("new\n" if written else "old\n")
    assert "write this into a.yaml? [y/N]" in capsys.readouterr().out


# Git says then that a file is clean, whatever it holds.
OVERLOOKED = ("--assume-unchanged", "--skip-worktree")


@pytest.mark.parametrize("state", ["changed", "staged", "untracked", "ignored", "no checkout", *OVERLOOKED])
def test_without_a_clean_way_back_nothing_is_written(state: str, here: Path) -> None:
    Path("a.yaml").write_text("old\n")
    if state != "no checkout":
        repository(here, {"b.yaml": "", ".gitignore": "a.yaml\n" if state == "ignored" else ""})
    if state in ("changed", "staged", *OVERLOOKED):
        git(here, "commit", "-q", "-m", "x", "--allow-empty")
        Path("a.yaml").write_text("older\n")
        git(here, "add", "a.yaml")
        git(here, "commit", "-q", "-m", "x")
        Path("a.yaml").write_text("old\n")
    if state == "staged":
        git(here, "add", "a.yaml")
    if state == "untracked":
        git(here, "rm", "-q", "--cached", "a.yaml")
    if state in OVERLOOKED:
        git(here, "update-index", state, "a.yaml")
        assert git(here, "status", "--porcelain") == ""
    with pytest.raises(InputProblem) as raised:
        write(fix(a="new\n"), {"a.yaml": "old\n"}, YES)
    assert "a.yaml: " in str(raised.value)
    assert Path("a.yaml").read_text() == "old\n"


def test_with_a_backup_git_is_not_asked(capsys: Capture) -> None:
    Path("a.yaml").write_text("old\n")
    assert write(fix(a="new\n", b="more\n"), {"a.yaml": "old\n"}, BACKUP)
    assert (Path("a.yaml").read_text(), Path("a.yaml.before-fix").read_text()) == ("new\n", "old\n")
    with pytest.raises(InputProblem, match=r"a.yaml.before-fix: is there already - move that backup away first"):
        write(fix(a="newer\n"), {"a.yaml": "new\n"}, BACKUP)
    undo(capsys.readouterr().out)
    assert (Path("a.yaml").read_text(), Path("b.yaml").exists()) == ("old\n", False)


@pytest.mark.parametrize("options", [YES, BACKUP], ids=["git", "backup"])
@pytest.mark.parametrize("given", ["co/link.yaml", "link/a.yaml", "link/../co/a.yaml", "{here}/link/new.yaml"])
def test_nothing_is_written_through_a_link(given: str, options: FixOptions, here: Path) -> None:
    """Neither a file's nor a folder's: it may lead out of the checkout, where nobody expects a change."""
    outside = {"co/a.yaml": "old\n"}
    repository(here, outside)
    Path("co/link.yaml").symlink_to("a.yaml")
    Path("link").symlink_to("co")
    name = given.format(here=here)
    before = {name: "old\n"} if Path(name).exists() else {}
    with pytest.raises(InputProblem, match=r"link(\.yaml)?: --fix writes through no link - name the file itself"):
        write(Fix("", "", "", False, False, "", {name: "new\n"}), before, options)
    assert {str(one): one.read_text() for one in Path("co").iterdir() if not one.is_symlink()} == outside


def test_a_byte_order_mark_and_line_ends_stay(here: Path) -> None:
    repository(here, {"b.yaml": ""})
    Path("a.yaml").write_bytes(b"\xef\xbb\xbfold\r\nsame\r\n")
    assert write(fix(a="new\r\nsame\r\n"), {"a.yaml": "old\r\nsame\r\n"}, BACKUP)
    assert Path("a.yaml").read_bytes() == b"\xef\xbb\xbfnew\r\nsame\r\n"


def test_what_weakens_tls_is_left_to_a_person(here: Path) -> None:
    repository(here, {"a.yaml": "old\n"})
    with pytest.raises(InputProblem, match="--fix writes no change that weakens TLS"):
        write(fix(a="new\n", weakens=True), {"a.yaml": "old\n"}, YES)


def test_what_was_changed_meanwhile_stays(here: Path) -> None:
    repository(here, {"a.yaml": "other\n"})
    with pytest.raises(InputProblem, match="was changed since it was read"):
        write(fix(a="new\n"), {"a.yaml": "old\n"}, YES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes"], "--yes and --backup belong to --fix"),
        (["--fix"], "--fix asks first, and nobody is there to answer - add --yes"),
        (["--fix", "--no-fix"], "--fix and --no-fix contradict each other"),
        (["--fix", "--yes", "-"], "--fix writes into files, and none are given"),
        (["--fix", "--format", "json"], "--fix asks first, and another format has no room for it"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", "k8s", *arguments)
    assert (code, said in printed) == (2, True), printed
