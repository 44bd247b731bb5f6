"""report.yaml: fields in the spirit of the Gateway API's ConformanceReport, plus a verdict per case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.yaml.dumping import dump
from conformance.report.digests import redacted, report_digest
from conformance.report.facts import RunFacts
from conformance.report.summary import cases_left_out
from conformance.verdict.results import WARNING, Outcome, Result, Verdict
from conformance.version import __version__

__all__ = ["API_VERSION", "conformance_report"]

API_VERSION = "agw-conformance/v1alpha1"

_SKIPPED = (Outcome.NOT_APPLICABLE, Outcome.NOT_JUDGED, Outcome.DEVIATION, Outcome.ACCEPTED)


def conformance_report(verdict: Verdict, facts: RunFacts, files: Mapping[str, str] | None = None) -> str:
    """The report as YAML text, redacted; `files` are digests of the other files, by name."""
    tested = facts.implementation
    data: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "ConformanceReport",
        "date": facts.date,
        "suite": {"name": "agentgateway-conformance", "version": __version__},
        "implementation": {
            "organization": tested.organization,
            "project": tested.project,
            "url": tested.url,
            "version": tested.version,
            **({"controlPlane": tested.control_plane} if tested.control_plane else {}),
            "contact": list(tested.contact),
        },
        "tested": facts.tested,
        "target": facts.target,
        **({"network": facts.network} if facts.network else {}),
        **({"leftOut": left_out} if (left_out := cases_left_out(verdict, facts.withheld)) else {}),
        "dialect": facts.dialect,
        "level": facts.level.value,
        "reproduce": {"command": facts.command, "versions": dict(facts.versions)},
        "gateway": dict(facts.gateway),
        "inputs": dict(facts.inputs),
        "profiles": [_profile(name, verdict) for name in verdict.providers],
        "cases": [_case(result, verdict) for result in sorted(verdict.results, key=lambda one: (one.case, one.test))],
    }
    if verdict.fix is not None:
        fix = verdict.fix
        told = {"title": fix.title, "warning": fix.warning, "diff": fix.diff, "patch": fix.patch}
        data["fix"] = {name: text for name, text in told.items() if text}
    if facts.problem:
        data["setupProblem"] = facts.problem
    if files:
        data["files"] = dict(files)
    # Struck before it is digested, so that what stands in the file is what the digest is of.
    data = redacted(data)
    data["digest"] = report_digest(data)
    return dump(data, width=120)


def _profile(name: str, verdict: Verdict) -> dict[str, Any]:
    results = verdict.of(name)
    return {
        "name": name,
        "result": verdict.conclude(name).value,
        **({"partial": part._asdict()} if (part := verdict.partial(name)) else {}),
        **({"unknownHosts": list(hosts)} if (hosts := verdict.taken_on_trust(name)) else {}),
        "statistics": verdict.counted(results),
        **({"notJudged": unjudged} if (unjudged := [dict(one) for one in verdict.unjudged(name)]) else {}),
        "failedTests": [one.test for one in results if verdict.fails(one) or one.outcome is Outcome.SETUP_ERROR],
        **(
            {"warnedTests": warned} if (warned := [one.test for one in results if verdict.word(one) == WARNING]) else {}
        ),
        "skippedTests": [one.test for one in results if one.outcome in _SKIPPED],
    }


def _case(result: Result, verdict: Verdict) -> dict[str, Any]:
    data: dict[str, Any] = {
        "case": result.case,
        "test": result.test,
        "level": result.level.value,
        "providers": list(result.providers),
        "verdict": verdict.word(result),
    }
    details = {
        "reason": result.reason,
        "cause": result.cause,
        "remedy": result.remedy,
        "where": str(result.where or ""),
        "observations": list(result.observations),
    }
    return data | {name: value for name, value in details.items() if value}
