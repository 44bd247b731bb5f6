"""Programs that stand in for kustomize, kubectl and helm: what they print, and what they were given."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

__all__ = ["KUSTOMIZE", "REAL", "StandIn", "lay"]

_SCRIPT = """\
#!{python} -IS
import json, os, sys, time
with open({asked!r}, "a") as file:
    file.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
{does}
sys.stdout.write(open({says!r}).read())
"""

REAL = {name: shutil.which(name) for name in ("kustomize", "kubectl", "helm")}
"""Where the real ones are on this machine's PATH, if they are."""

KUSTOMIZE = pytest.mark.skipif(
    not (REAL["kustomize"] or REAL["kubectl"]), reason="neither kustomize nor kubectl is on PATH: install one of them"
)


class StandIn:
    """The only program on PATH."""

    def __init__(
        self, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, says: str = "", does: str = ""
    ) -> None:
        self._asked, said = folder / "asked", folder / "says"
        (folder / "bin").mkdir(parents=True)
        said.write_text(says)
        program = folder / "bin" / name
        text = _SCRIPT.format(python=sys.executable, asked=str(self._asked), says=str(said), does=does)
        program.write_text(text)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder / "bin"))

    @property
    def asked(self) -> list[tuple[list[str], dict[str, str]]]:
        """The arguments and the environment of each call."""
        text = self._asked.read_text() if self._asked.exists() else ""
        return [(arguments, environment) for arguments, environment in map(json.loads, text.splitlines())]


def lay(folder: Path, files: dict[str, str]) -> None:
    """Write files by their paths."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
