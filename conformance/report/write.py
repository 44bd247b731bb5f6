"""Writes the report directory; each file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from conformance.core.files import write_atomically
from conformance.core.problems import InputProblem, SetupProblem
from conformance.report.conformance_report import API_VERSION, conformance_report
from conformance.report.digests import file_digest
from conformance.report.facts import RunFacts
from conformance.report.har import har
from conformance.report.junit import junit
from conformance.report.kept.shards import FILE as SHARD_FILE
from conformance.report.markdown import markdown
from conformance.verdict.results import Verdict

__all__ = ["check_writable", "write_reports"]

_FILES = ("report.yaml", "report.html", "summary.md", "junit.xml", "exchanges.har", SHARD_FILE)

_OURS = f"apiVersion: {API_VERSION.partition('/')[0]}/"


def check_writable(folder: Path) -> None:
    """Raise SetupProblem when reports cannot be written there: better before a run than after it.

    Raises InputProblem when that would replace files of somebody else. A report of ours is replaced by the next.
    """
    try:
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    except OSError as error:
        raise InputProblem(f"--report: {error.strerror}", remedy="choose another name") from error
    if not there.is_dir() or not os.access(there, os.W_OK):
        why = "is no folder" if not there.is_dir() else "may not be written"
        raise SetupProblem(f"the report cannot be written: {there} {why}", remedy="choose another --report")
    names = [name for name in _FILES if os.path.lexists(folder / name)]
    if names and not _is_ours(folder / "report.yaml"):
        message = f"--report {folder}: {', '.join(names)} in there would be lost, and no report of ours is"
        raise InputProblem(message, remedy="choose an empty folder, or remove what is in this one")


def _is_ours(report: Path) -> bool:
    """Whether a file begins as every report.yaml does."""
    try:
        with report.open(encoding="utf-8", errors="replace") as file:
            lines = [file.readline(100) for _ in range(2)]
    except OSError:
        return False
    return lines[0].startswith(_OURS) and lines[1] == "kind: ConformanceReport\n"


def write_reports(
    folder: Path, verdict: Verdict, facts: RunFacts, others: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write all reports and `others`, by name; report.yaml with the digests of all of them last.

    Raises SetupProblem when that fails.
    """
    # Only who writes reports waits for a template engine.
    from conformance.report.html.html import html

    texts = {
        "junit.xml": junit(verdict, facts.problem),
        "report.html": html(verdict, facts),
        "exchanges.har": har(verdict),
        "summary.md": markdown(verdict, facts),
        **others,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files: dict[str, str] = {}
        for name, text in texts.items():
            write_atomically(folder / name, text)
            files[name] = file_digest(folder / name)
        write_atomically(folder / "report.yaml", conformance_report(verdict, facts, files))
    except OSError as error:
        raise SetupProblem(f"the report cannot be written to {folder}: {error.strerror}") from error
