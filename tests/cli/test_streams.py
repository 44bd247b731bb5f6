"""What the machine around the command is like: its folder is gone, its streams take few characters."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.support.nimbus import command

Capture = pytest.CaptureFixture[str]


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code, printed = command(capsys, "certify", "given.yaml")
    assert (code, printed.count("\n")) == (3, 1)
    assert "the working directory does not exist any more" in printed


def test_a_terminal_that_takes_few_characters_gets_the_others_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stderr", stream)
    code, _ = command(capsys, "certify", str(tmp_path / "märz.yaml"))
    assert code == 2
    assert b"m\\xe4rz.yaml: cannot be read" in stream.buffer.getvalue()


def test_a_name_that_no_folder_can_have(tmp_path: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "run", "-k", "none", "--report", str(tmp_path / ("x" * 300)))
    assert code == 2
    assert "--report: File name too long - choose another name" in printed
