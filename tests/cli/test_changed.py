"""`changed`: which folders a change concerns, and certifying them one by one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.cli.changes import changed_files, fetched, groups
from conformance.core.problems import InputProblem, SetupProblem
from tests.support.git import BACKEND, FILES, commit, git, repository
from tests.support.nimbus import KEY, command

Capture = pytest.CaptureFixture[str]

NIMBUS = [f"providers/nimbus/{number}.yaml" for number in range(4)]

BROKEN_JSON = '{"kind": "AgentgatewayBackend", "apiVersion": "agentgateway.dev/v1alpha1", "spec": {"ai": '
MINIFIED = (
    '{"apiVersion":"agentgateway.dev/v1alpha1","kind":"AgentgatewayBackend","metadata":{"name":"x"},"spec":{"ai":{}}}'
)
FLOW = "{apiVersion: gateway.kgateway.dev/v1alpha1, kind: Backend, metadata: {name: x}, spec: {type: AI}}\n"
ITEM = "kind: List\nitems:\n- kind: Backend\n  apiVersion: gateway.kgateway.dev/v1alpha1\n  spec: {ai: {}}\n"
STATIC = "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nspec:\n  type: Static\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with FILES on main; the branch `change` is checked out, and is where the test runs."""
    repository(tmp_path / "checkout", FILES)
    git(tmp_path / "checkout", "switch", "--quiet", "--create", "change")
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"providers/nimbus/2.yaml": "kind: HTTPRoute\n"}, NIMBUS),
        ({"providers/nimbus/3.yaml": None}, NIMBUS[:3]),
        ({"providers/nimbus/patch.yaml": "kind: Backend\n"}, NIMBUS),
        ({"README.md": "", "deploy/app.yaml": "", "providers/nimbus/notes.txt": ""}, []),
        ({"providers/nimbus/0.yaml": None, "providers/nimbus/1.yaml": None}, []),
        ({"broken/backend.yaml": BACKEND + "  : [\n"}, ["broken/backend.yaml"]),
        ({"broken/b.json": BROKEN_JSON}, ["broken/b.json"]),
        ({"other/backend.yaml": BACKEND.replace("gateway.kgateway.dev", "gateway.envoyproxy.io")}, []),
        ({"other/backend.yaml": STATIC}, []),
        ({"new/backend.json": MINIFIED}, ["new/backend.json"]),
        ({"new/backend.yaml": FLOW}, ["new/backend.yaml"]),
        ({"new/backend.yaml": FLOW.replace("{apiVersion", "[{apiVersion")}, ["new/backend.yaml"]),
        ({"new/backend.yaml": ITEM}, ["new/backend.yaml"]),
        ({"new/backend.yaml": BACKEND.replace("gateway.kgateway.dev", "gateway.kgatway.dev")}, ["new/backend.yaml"]),
        ({"new/backend.yaml": BACKEND.replace("gateway.kgateway.dev", "gateway.kgateway.io")}, ["new/backend.yaml"]),
        ({"new/backend.yaml": BACKEND.replace("kind: Backend", "kind: backend")}, ["new/backend.yaml"]),
        ({"new/backend.yaml": FLOW.replace("type: AI", "type: Static")}, []),
        ({"chart/Chart.yaml": "name: x\n", "chart/templates/llm/backend.yaml": BACKEND}, []),
        ({"templates/backend.yaml": BACKEND}, ["templates/backend.yaml"]),
        ({"list.yaml": "kind: List\nitems:\n- " + BACKEND.strip().replace("\n", "\n  ")}, ["list.yaml"]),
    ],
)  # fmt: skip
def test_what_a_change_concerns(
    change: dict[str, str | None], expected: list[str], checkout: Path, capsys: Capture
) -> None:
    commit(checkout, change)
    code, printed = command(capsys, "changed", "--base", "main")
    assert (code, printed.splitlines()) == (0, expected)


def test_neither_committed_nor_known_to_git(checkout: Path) -> None:
    (checkout / "new").mkdir()
    (checkout / "new" / "backend.yaml").write_text(BACKEND)
    (checkout / NIMBUS[0]).write_text("")
    assert sorted(map(str, changed_files("main"))) == ["new/backend.yaml", NIMBUS[0]]


def test_what_happened_on_the_base_since_does_not_count(checkout: Path) -> None:
    commit(checkout, {"deploy/app.yaml": ""})
    git(checkout, "switch", "--quiet", "main")
    commit(checkout, {NIMBUS[0]: ""})
    git(checkout, "switch", "--quiet", "change")
    assert changed_files("main") == [Path("deploy/app.yaml")]


def test_below_this_folder_only(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(checkout, {NIMBUS[0]: "", "deploy/app.yaml": ""})
    monkeypatch.chdir(checkout / "providers")
    assert changed_files("main") == [Path("nimbus/0.yaml")]


@pytest.mark.parametrize("base", [None, "", "0" * 40])
def test_without_a_base_all_counts(base: str | None, checkout: Path) -> None:
    assert sorted(map(str, changed_files(base))) == sorted(FILES)


@pytest.mark.parametrize("base", ["nobody", "--all", "a b", "HEAD:README.md"])
def test_a_base_that_git_does_not_know(base: str, checkout: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "changed", f"--base={base}")
    assert code == 2
    assert f"--base {base}: Git knows no such commit here - fetch it first" in printed
    with pytest.raises(InputProblem):
        fetched(base)


def test_outside_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SetupProblem, match="not a git repository"):
        changed_files(None)


def test_without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupProblem, match="there is no git on PATH"):
        changed_files(None)


def test_a_shallow_checkout_fetches_its_base(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = git(checkout, "rev-parse", "main")
    commit(checkout, {NIMBUS[0]: ""})
    there = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", f"file://{checkout}", str(there))
    monkeypatch.chdir(there)
    with pytest.raises(InputProblem):
        changed_files(base)
    assert changed_files(fetched(base)) == changed_files(fetched("main")) == [Path(NIMBUS[0])]


def test_a_whole_checkout_stays_whole(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch=change", f"file://{checkout}", str(there))
    git(checkout, "switch", "--quiet", "--create", "later")
    later = commit(checkout, {"deploy/app.yaml": ""})
    monkeypatch.chdir(there)
    assert fetched("later") == later
    assert git(there, "rev-parse", "--is-shallow-repository") == "false"


def test_a_branch_is_fetched_but_once(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", f"file://{checkout}", str(there))
    monkeypatch.chdir(there)
    base = fetched("main")
    checkout.rename(tmp_path / "moved")
    assert fetched("main") == base


def test_a_file_stands_for_its_folder(checkout: Path) -> None:
    (found,) = groups([Path(NIMBUS[2])])
    assert found.folder == Path("providers/nimbus")
    assert list(map(str, found.files)) == NIMBUS


@pytest.mark.slow
def test_folders_are_certified_one_by_one_and_the_worst_code_counts(
    checkout: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    shutil.copytree("providers/nimbus", "-broken")
    (checkout / "-broken" / "2.yaml").write_text("kind: HTTPRoute\n")
    changes = ["--", NIMBUS[0], "-broken/0.yaml"]
    code, printed = command(capsys, "changed", "--certify", "--report=report", "--options=--level must", *changes)
    assert code == 2
    assert "== -broken" in printed
    assert "2.yaml" in printed
    assert "nimbus: conformant" in printed
    assert "report/providers/nimbus/report.yaml" in printed
    assert (checkout / "report" / "providers" / "nimbus" / "summary.md").is_file()
    assert KEY not in printed


def test_nothing_to_certify(checkout: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "changed", "--base", "main", "--certify")
    assert code == 0
    assert printed == "nothing to certify: no changed file stands in a folder with a Backend of an AI provider\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--options=-k 'x", NIMBUS[0]], "--options -k 'x: no closing quotation - write them as for a shell"),
        (["--report=report", "../elsewhere/b.yaml"], "../elsewhere: lies outside of this folder"),
        (["--options=--no-such-option", NIMBUS[0]], "unknown argument --no-such-option"),
    ],
)
def test_bad_usage(arguments: list[str], message: str, checkout: Path, capsys: Capture) -> None:
    (checkout.parent / "elsewhere").mkdir()
    (checkout.parent / "elsewhere" / "b.yaml").write_text(BACKEND)
    code, printed = command(capsys, "changed", "--certify", *arguments)
    assert code == 2
    assert message in printed
