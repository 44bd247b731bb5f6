"""Configurations with one mistake each, what is expected of them, `certify` on a copy; and their table, printed."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from conformance.certification.fixing import seek_fix, seek_fix_of_input
from conformance.certification.mending import Search
from conformance.certification.text import lines_of
from conformance.cli import main
from conformance.core import deadlines
from conformance.verdict.causes import Cause, causes_of
from conformance.verdict.results import Verdict
from tests.support.paths import CORPUS

__all__ = [
    "BROKEN",
    "KINDS",
    "README",
    "SENTINEL",
    "UNUSUAL",
    "Certified",
    "Diagnosis",
    "Expected",
    "certify_folder",
    "certify_here",
    "disclosures",
    "expected_of",
    "files_of",
    "folders",
    "kinds_of",
    "put_sentinels",
    "table",
]

BROKEN, UNUSUAL = CORPUS / "broken", CORPUS / "unusual"
README = BROKEN / "README.md"
KINDS = {"check": "", "cause": "on the target: ", "problem": "reading: "}
"""What diagnoses, and how the table puts it."""
SENTINEL = "Zq7vKp"
"""Stands in every Secret of what is certified, where the folders have `made-u`(p), so that positions stay."""
_STANDS_FOR = "made-u"
_UNREFERENCED = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: unrelated
  namespace: elsewhere
stringData:
  dsn: {SENTINEL}-unreferenced
"""
_REQUIRED = {"mistake", "seen", "dialect", "exit", "diagnosis", "mend"}
_OPTIONAL = {"fix", "weakens", "why_not", "also", "options", "environment", "by_chance"}
_BEFORE_TABLE = "\n| folder | mistake | told by | fix |\n"


@dataclass(frozen=True)
class Diagnosis:
    """What is told of a mistake: `by` is a check's id, a part of a case's cause or of a problem, as `kind` says."""

    kind: str
    by: str
    at: str
    says: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Expected:
    """What `expected.yaml` says: see the README beside them. `also`: what else is rightly told, each with a reason."""

    mistake: str
    seen: str
    dialect: str
    exit: int
    diagnosis: Diagnosis
    mend: bool
    fix: str = ""
    weakens: bool = False
    why_not: str = ""
    also: tuple[Diagnosis, ...] = ()
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    by_chance: str = ""


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

    @property
    def failing(self) -> list[Cause]:
        """Those that fail the run."""
        return [one for one in self.causes if self.verdict and any(map(self.verdict.fails, one.results))]


def folders(place: Path) -> list[str]:
    """The names of the configurations in a folder."""
    return sorted(one.name for one in place.iterdir() if one.is_dir())


@cache
def expected_of(name: str) -> Expected:
    """What is expected of a broken configuration. Raises ValueError for a field that is missing or unknown."""
    text = (BROKEN / name / "expected.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not _REQUIRED <= set(data) <= _REQUIRED | _OPTIONAL:
        raise ValueError(f"{name}: fields {sorted(data)}")
    for several in ("also", "options"):
        data[several] = tuple(data.get(several, ()))
    data["diagnosis"] = _diagnosis(name, data["diagnosis"])
    data["also"] = tuple(_diagnosis(name, one) for one in data["also"])
    return Expected(**data)


def kinds_of(name: str) -> set[str]:
    """What a broken configuration is an example of: all that it is told by, and how it ends in its dialect."""
    one = expected_of(name)
    told = {f"{by.kind} {by.by}" for by in (one.diagnosis, *one.also)}
    return told | {f"{one.dialect} {one.diagnosis.kind} {one.exit} {one.mend} {one.weakens}"}


def _diagnosis(name: str, data: Mapping[str, str]) -> Diagnosis:
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) != 1:
        raise ValueError(f"{name}: a diagnosis is one of {', '.join(KINDS)}, found {sorted(data)}")
    (kind,) = kinds
    return Diagnosis(kind, data[kind], **{field: value for field, value in data.items() if field != kind})


def files_of(folder: Path) -> list[str]:
    """What of a folder is given to `certify`, relative to it; a kustomization is a matter for the whole folder."""
    files = sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
    return ["."] if "kustomization.yaml" in files else [one for one in files if one != "expected.yaml"]


def table() -> str:
    """tests/corpus/broken/README.md: its text as it is, and the table made anew from the folders."""
    text = README.read_text(encoding="utf-8").partition(_BEFORE_TABLE)[0]
    rows = ["| --- | --- | --- | --- |"]
    for name in folders(BROKEN):
        one = expected_of(name)
        by = (
            f"`{one.diagnosis.by}`"
            if one.diagnosis.kind == "check"
            else f"{KINDS[one.diagnosis.kind]}{one.diagnosis.by}"
        )
        fix = f"{one.fix}{' (weakens TLS)' * one.weakens}" if one.mend else f"none: {one.why_not}"
        rows.append(f"| [{name}]({name}) | {one.mistake} | {by} | {fix} |")
    return text + _BEFORE_TABLE + "\n".join(rows) + "\n"


def certify_folder(source: Path, copy: Path, expected: Expected | None = None, *options: str) -> Certified:
    """Certify a copy of a folder, which the working directory becomes, so that positions are short."""
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("expected.yaml"))
    return certify_here(copy, expected, *options)


def put_sentinels(folder: Path) -> None:
    """Give all Secrets in a folder values with SENTINEL in them, and add one that nothing refers to."""
    old, new = _STANDS_FOR.encode(), SENTINEL.encode()
    for file in (one for one in folder.rglob("*") if one.is_file()):
        text = file.read_bytes().replace(old, new)
        file.write_bytes(text.replace(base64.b64encode(old), base64.b64encode(new)))
    (folder / "unreferenced.yaml").write_text(_UNREFERENCED, encoding="utf-8")


def disclosures(found: Certified, report: Path) -> list[str]:
    """Where of all that was printed and written SENTINEL stands, in clear or in base64."""
    files = {one.name: one.read_bytes() for one in report.rglob("*") if one.is_file()}
    forms = (SENTINEL.encode(), base64.b64encode(SENTINEL.encode()))
    places = {"printed": found.printed.encode(), **files}
    return [name for name, content in places.items() if any(form in content for form in forms)]


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
        return lines_of(certification, *rest, **options)

    os.chdir(folder)
    try:
        with (
            mock.patch.dict(os.environ, environment),
            # Many a mistake keeps a status from coming; here they come in milliseconds.
            mock.patch.object(deadlines, "STATUS", 10.0),
            mock.patch("conformance.certification.fixing.seek_fix", noted),
            mock.patch("conformance.certification.fixing.seek_fix_of_input", noted_of_input),
            mock.patch("conformance.cli.commands.certify.lines_of", lines),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            found.code = main(["certify", *files_of(folder), *own, *options])
    finally:
        os.chdir(before)
    found.printed = output.getvalue()
    return found


if __name__ == "__main__":
    README.write_text(table(), encoding="utf-8")
