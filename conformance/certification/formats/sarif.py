"""`--format sarif`: findings for code scanning and editors.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0: 3.13 (log), 3.19 (tool), 3.27 (result),
3.29 (physical location), 3.30 (region), 3.35 (suppression). Places are relative to the working folder where they lie
in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.certification.certification import Certification
from conformance.certification.findings import Finding, verdict_of
from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import redact
from conformance.version import __version__

__all__ = ["certified", "refused"]

_INPUT = "input"
"""The id of what keeps input from being read at all."""


def certified(found: Certification) -> str:
    """A result for each finding; its rule is the check or the case that shows it first."""
    verdict = verdict_of(found, "")
    findings = [one for told in (*verdict.findings, *verdict.accepted) for one in _each(told)]
    told = {one.case: one for one in found.verdict.results}
    rules = {
        name: {
            "id": name,
            "shortDescription": {"text": redact(told[name].statement)},
            "help": {"text": redact(told[name].source)},
        }
        for name in dict.fromkeys(one.shown_by[0] for one in findings)
    }
    problem = [_notification(str(found.problem))] if found.problem else []
    return _log(rules.values(), map(_result, findings), problem)


def refused(problem: InputProblem) -> str:
    """One result about input that cannot be used."""
    rule = {"id": _INPUT, "shortDescription": {"text": "the input can be read, and is what a certification is of"}}
    said = f"{problem.field}: {problem.message}" if problem.field else problem.message
    result = _told(_INPUT, "error", said, problem.remedy or "", problem.position)
    return _log([rule], [result], [])


def _each(finding: Finding) -> list[Finding]:
    """A finding for each of its places: who reviews looks at one line."""
    places = [replace(finding, file=one.file, line=one.line, column=one.column) for one in finding.places]
    return places or [finding]


def _result(finding: Finding) -> dict[str, Any]:
    position = Position(finding.file, finding.line or 0, finding.column or 0) if finding.file else None
    said = f"{finding.field}: {finding.cause}" if finding.field else finding.cause
    level = "note" if finding.reason else finding.severity
    result = _told(finding.shown_by[0], level, said, finding.remedy, position)
    if finding.reason:
        result["suppressions"] = [{"kind": "external", "justification": finding.reason}]
    result["properties"] = {"providers": list(finding.providers), "shownBy": list(finding.shown_by)}
    return result


def _told(rule: str, level: str, message: str, remedy: str, position: Position | None) -> dict[str, Any]:
    text = redact(f"{message}. Remedy: {remedy}" if remedy else message)
    result: dict[str, Any] = {"ruleId": rule, "level": level, "message": {"text": text}}
    if position is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(position.file)}}
        if position.line:
            column = {"startColumn": position.column} if position.column else {}
            place["region"] = {"startLine": position.line, **column}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _uri(file: str) -> str:
    path, here = Path(file).absolute(), Path.cwd()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()


def _notification(problem: str) -> dict[str, Any]:
    return {"level": "error", "message": {"text": redact(problem)}}


def _log(rules: Iterable[dict[str, Any]], results: Iterable[dict[str, Any]], problems: list[dict[str, Any]]) -> str:
    driver = {"name": "agw-conformance", "version": __version__, "rules": list(rules)}
    run = {
        "tool": {"driver": driver},
        # Columns count characters, as people do (3.14.17).
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not problems, "toolExecutionNotifications": problems}],
        "results": list(results),
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
