"""Certify one unit of the corpus, as somebody with these files would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tests.public.listed import Unit
from tests.public.manifests_in import holds_provider, manifests_in, objects_in

__all__ = ["Result", "Source", "certified"]

_VERDICTS = (0, 1)
_LONGEST = 300


@dataclass(frozen=True)
class Source:
    """A folder with git directories, as they were fetched: OWNER+NAME/repo each."""

    folder: Path

    def text(self, unit: Unit, path: str) -> str:
        """A file's text at the unit's commit. Raises CalledProcessError where it is not there."""
        git = self.folder / unit.repository.replace("/", "+") / "repo"
        command = ["git", f"--git-dir={git}", "show", f"{unit.commit}:{path}"]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "replace")


@dataclass(frozen=True)
class Result:
    """What was said of a unit: `why` is what was found, `unjudged` what the verdict leaves out, `raw` the whole."""

    unit: Unit
    complete: bool
    code: int
    verdict: str
    why: tuple[str, ...]
    raw: dict[str, Any]

    @property
    def has_verdict(self) -> bool:
        """Whether the files were judged: conformant or not."""
        return self.code in _VERDICTS


def certified(unit: Unit, source: Source, scratch: Path, options: Sequence[str] = ()) -> Result:
    """Take the unit's files out into `scratch`, and certify them there."""
    scratch.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    objects: list[dict[str, Any]] = []
    for path in unit.paths:
        manifests = manifests_in(path, source.text(unit, path))
        objects += objects_in(manifests)
        file = scratch / f"{PurePosixPath(path).name.removesuffix('.yml').removesuffix('.yaml')}.yaml"
        if file in files:
            file = scratch / f"{len(files)}-{file.name}"
        file.write_text(manifests, encoding="utf-8")
        files.append(file)
    command = [sys.executable, "-m", "conformance", "certify", "--no-fix", "-q", "--format", "json", *options]
    ended = subprocess.run([*command, *map(str, files)], capture_output=True, check=False)
    try:
        raw = json.loads(ended.stdout)
    except ValueError:
        raw = {"verdict": "no report", "problem": ended.stderr.decode("utf-8", "replace")[-_LONGEST:]}
    return Result(unit, holds_provider(objects), ended.returncode, _verdict(raw), _why(raw), raw)


def _verdict(raw: dict[str, Any]) -> str:
    return str(raw.get("verdict") or "none")


def _why(raw: dict[str, Any]) -> tuple[str, ...]:
    """What explains the exit code: the errors, or the message that there is no verdict."""
    errors = [one["cause"] for one in raw.get("findings", []) if one["severity"] == "error"]
    return tuple(errors or ([str(raw["problem"])] if raw.get("problem") else []))
