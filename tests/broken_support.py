"""A configuration with one mistake, what is expected of it, and `certify` on a copy of it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from conformance.certify.mend import seek_fix, seek_fix_of_input
from conformance.cli import main
from conformance.mending import Search
from conformance.report.causes import Cause, causes_of
from conformance.verdict import Verdict

__all__ = ["BROKEN", "UNUSUAL", "Certified", "Expected", "certify_folder", "expected_of", "folders"]

_HERE = Path(__file__).parent
BROKEN, UNUSUAL = _HERE / "broken", _HERE / "unusual"


@dataclass(frozen=True)
class Expected:
    """What `expected.yaml` says: see tests/broken/README.md."""

    mistake: str
    exit: int
    diagnosis: Mapping[str, str]
    mend: bool
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Certified:
    """What `certify` came to: exit code, what it printed, the verdict and the search where it got so far."""

    code: int = -1
    printed: str = ""
    verdict: Verdict | None = None
    search: Search | None = None

    @property
    def causes(self) -> list[Cause]:
        """All that was found, static checks included."""
        return causes_of(self.verdict.results) if self.verdict else []


def folders(place: Path) -> list[str]:
    """The names of the configurations in a folder."""
    return sorted(one.name for one in place.iterdir() if one.is_dir())


def expected_of(name: str) -> Expected:
    """What is expected of a broken configuration."""
    data: dict[str, Any] = yaml.safe_load((BROKEN / name / "expected.yaml").read_text(encoding="utf-8"))
    return Expected(
        mistake=data["mistake"],
        exit=data["exit"],
        diagnosis=data["diagnosis"],
        mend=data["mend"],
        options=tuple(data.get("options", ())),
        environment=data.get("environment", {}),
    )


def certify_folder(source: Path, copy: Path, expected: Expected | None = None, *options: str) -> Certified:
    """Certify a copy of a folder, which the working directory becomes, so that positions are short."""
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("expected.yaml"))
    return certify_here(copy, expected, *options)


def certify_here(folder: Path, expected: Expected | None = None, *options: str) -> Certified:
    """Certify all files of a folder as it is."""
    found = Certified()
    own = expected.options if expected else ()
    environment = {"CI": "", **(expected.environment if expected else {})}
    before = Path.cwd()
    output = io.StringIO()

    async def noted(*given: Any) -> Search | None:
        found.search = await seek_fix(*given)
        return found.search

    async def noted_of_input(*given: Any) -> Search | None:
        found.search = await seek_fix_of_input(*given)
        return found.search

    def lines(certification: Any, *rest: Any, **options: Any) -> list[str]:
        found.verdict = certification.verdict
        return []

    os.chdir(folder)
    try:
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch("conformance.certify.mend.seek_fix", noted),
            mock.patch("conformance.certify.mend.seek_fix_of_input", noted_of_input),
            mock.patch("conformance.commands.certify.lines_of", lines),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            files = sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
            files = ["."] if "kustomization.yaml" in files else files
            found.code = main(["certify", *files, *own, *options])
    finally:
        os.chdir(before)
    found.printed = output.getvalue()
    return found
