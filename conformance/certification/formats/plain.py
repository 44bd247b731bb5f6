"""`--format json`: verdict, providers, findings and what was assumed, as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from conformance.certification.certification import Certification
from conformance.certification.findings import Finding, ProviderVerdict, verdict_of
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.redaction import redact
from conformance.verdict.results import Verdict
from conformance.version import __version__

__all__ = ["certified", "refused"]

_CONCLUSIONS = {True: "conformant", False: "not conformant", None: "no verdict"}


def certified(found: Certification) -> str:
    """All that was found, with the exit code's name as the verdict of the whole."""
    verdict = verdict_of(found, "")
    given = found.given
    fix = found.verdict.fix
    more = {"fix": {"title": redact(fix.title), "diff": redact(fix.diff)}} if fix else {}
    problem = {"problem": redact(str(found.problem))} if found.problem else {}
    code = _code(found, passed=verdict.passed)
    return _document(
        code,
        **({"verdict": "not judged"} if code is ExitCode.BAD_INPUT else {}),
        providers=[_provider(one, found.verdict) for one in verdict.providers],
        findings=[_finding(one) for one in verdict.findings],
        **({"accepted": [_finding(one) for one in verdict.accepted]} if verdict.accepted else {}),
        assumed=[redact(str(one)) for one in (*given.made_up, *given.recognised)],
        leftOut=[redact(str(one)) for one in given.left_out],
        **more,
        **problem,
    )


def refused(problem: InputProblem) -> str:
    """Input that cannot be used: one finding, and no provider."""
    position = problem.position
    finding = Finding(
        severity="error",
        cause=redact(problem.message),
        remedy=redact(problem.remedy or ""),
        file=position.file if position else None,
        line=position.line or None if position else None,
        column=position.column or None if position else None,
        field=redact(problem.field) if problem.field else None,
        providers=(),
        shown_by=(),
    )
    return _document(ExitCode.BAD_INPUT, providers=[], findings=[_finding(finding)], assumed=[], leftOut=[])


def _finding(one: Finding) -> dict[str, Any]:
    data = {"id": one.id, **asdict(one)}
    data["shownBy"] = data.pop("shown_by")
    return {name: value for name, value in data.items() if value or name not in ("id", "reason", "places")}


def _code(found: Certification, *, passed: bool) -> ExitCode:
    if found.problem is not None:
        return ExitCode.SETUP_FAILED
    if found.unresolved and not found.failed:
        return ExitCode.BAD_INPUT
    return ExitCode.CONFORMANT if passed else ExitCode.FAILED


def _document(code: ExitCode, **members: Any) -> str:
    verdict = {
        ExitCode.CONFORMANT: "conformant",
        ExitCode.FAILED: "not conformant",
        ExitCode.BAD_INPUT: "bad input",
        ExitCode.SETUP_FAILED: "set-up failed",
    }[code]
    data = {"version": __version__, "verdict": verdict, "exitCode": int(code), **members}
    return json.dumps(data, indent=2, ensure_ascii=False)


def _provider(one: ProviderVerdict, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": _CONCLUSIONS[one.conformant],
        **({"notJudged": list(one.not_judged)} if one.not_judged else {}),
        **({"unknownHosts": list(one.unknown_hosts)} if one.unknown_hosts else {}),
        "statements": dict(sorted(verdict.counted(verdict.of(one.name)).items())),
    }
