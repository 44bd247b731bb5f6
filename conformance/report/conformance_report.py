"""report.yaml: fields in the spirit of the Gateway API's ConformanceReport, plus a verdict per case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import yaml

from conformance.options import Settings
from conformance.problems import SetupProblem
from conformance.report.summary import NETWORKED, cases_left_out, label, network
from conformance.targets.base import Implementation
from conformance.verdict import Outcome, Result, Verdict, conformant, statistics
from conformance.version import __version__

__all__ = ["API_VERSION", "conformance_report"]

API_VERSION = "agw-conformance/v1alpha1"


def conformance_report(
    verdict: Verdict, settings: Settings, implementation: Implementation, problem: SetupProblem | None
) -> str:
    """The report as YAML text."""
    data: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "ConformanceReport",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": {"name": "agentgateway-conformance", "version": __version__},
        "implementation": {
            "organization": implementation.organization,
            "project": implementation.project,
            "url": implementation.url,
            "version": implementation.version,
            **({"controlPlane": implementation.control_plane} if implementation.control_plane else {}),
            "contact": list(implementation.contact),
        },
        "tested": label(settings, implementation),
        "target": settings.target,
        **({"network": network(settings)} if settings.target in NETWORKED else {}),
        **({"leftOut": left_out} if (left_out := cases_left_out(verdict)) else {}),
        "dialect": settings.dialect,
        "level": settings.threshold.value,
        "profiles": [_profile(name, verdict) for name in verdict.providers],
        "cases": [_case(result) for result in sorted(verdict.results, key=lambda one: (one.case, one.test))],
    }
    if problem is not None:
        data["setupProblem"] = str(problem)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)


def _profile(name: str, verdict: Verdict) -> dict[str, Any]:
    results = verdict.of(name)
    return {
        "name": name,
        "result": "conformant" if conformant(results) else "not conformant",
        "statistics": statistics(results),
        "failedTests": [one.test for one in results if one.outcome in (Outcome.FAIL, Outcome.SETUP_ERROR)],
        "skippedTests": [one.test for one in results if one.outcome in (Outcome.NOT_APPLICABLE, Outcome.DEVIATION)],
    }


def _case(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "case": result.case,
        "test": result.test,
        "level": result.level.value,
        "providers": list(result.providers),
        "verdict": result.outcome.value,
    }
    details = {"reason": result.reason, "cause": result.cause, "observations": list(result.observations)}
    return data | {name: value for name, value in details.items() if value}
