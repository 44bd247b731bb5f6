"""Temporary folders: they go with their run, or with the next one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conformance.core.files import ScratchFolder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_goes_with_its_owner(tmp_path: Path) -> None:
    with ScratchFolder() as folder:
        (folder / "file").write_text("x")
        assert oct(folder.stat().st_mode)[-3:] == "700"
        with ScratchFolder() as another:
            assert {folder, another} == set(tmp_path.iterdir())
        assert list(tmp_path.iterdir()) == [folder]
    assert not list(tmp_path.iterdir())


def test_closing_twice_is_harmless() -> None:
    one = ScratchFolder()
    one.close()
    one.close()


KILLED = """\
import os, signal, tempfile, sys
tempfile.tempdir = sys.argv[1]
from conformance.core.files import ScratchFolder
one = ScratchFolder()
(one.path / "left").mkdir()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -9
    (left,) = tmp_path.iterdir()
    strangers = tmp_path / "agw-conformance-other"
    strangers.mkdir()
    with ScratchFolder():
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [strangers]
