"""The hook for pre-commit: its entry, run as pre-commit does, on staged files."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.git import FILES, git, repository
from tests.support.hangs import HANGS
from tests.support.nimbus import KEY
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def staged(folder: Path) -> list[str]:
    """What pre-commit hands over: staged files, without deleted ones, whose names match the hook's pattern."""
    names = git(folder, "diff", "--staged", "--name-only", "--diff-filter=ACMRTUXB").splitlines()
    return [name for name in names if re.search(HOOK["files"], name)]


def hook(folder: Path, *arguments: str) -> tuple[int, str]:
    """The hook's exit code and output; the command is ours, by way of this Python."""
    entry = shlex.split(HOOK["entry"])
    assert entry[0] == "agw-conformance"
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *entry[1:], *arguments, *staged(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NIMBUS_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "text", "code", "said"),
    [
        ("providers/nimbus/2.yaml", FILES["providers/nimbus/2.yaml"] + "# changed\n", 0, "nimbus: conformant"),
        ("providers/nimbus/2.yaml", "kind: HTTPRoute\n", 2, "providers/nimbus/2.yaml:1:1"),
        ("deploy/app.yaml", "replicas: 2\n", 0, "nothing to certify"),
    ],
)
def test_staged_files_are_certified_with_their_folder(
    name: str, text: str, code: int, said: str, tmp_path: Path
) -> None:
    repository(tmp_path, FILES)
    (tmp_path / name).write_text(text)
    git(tmp_path, "add", name)
    got, printed = hook(tmp_path, *HOOK.get("args", []), "--options=--level must")
    assert got == code, printed
    assert said in printed
    assert git(tmp_path, "status", "--short") == f"M  {name}".strip()


def test_the_hook_is_for_manifests_and_not_run_in_parallel() -> None:
    assert HOOK["require_serial"] is True
    assert HOOK["language"] == "python"
    named = ["a.yaml", "b/c.yml", "d.json", "e.yaml.j2", "yaml", "f.txt"]
    assert [name for name in named if re.search(HOOK["files"], name)] == named[:3]
