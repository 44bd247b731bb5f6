"""Checks of the time that routes and policies give a provider to answer."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.policies import said_in_force
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import ways_to
from conformance.manifests.objects import Manifest
from conformance.manifests.schemas.crds.common import milliseconds
from conformance.manifests.schemas.schema import Unevaluable

__all__: list[str] = []

_NEVER = 0.05
"""Seconds: no answer of a model comes so soon, TLS and a network between."""
_IN_POLICIES = {("traffic", "timeouts"): ("request",), ("backend", "http"): ("requestTimeout",)}
_RARELY = 3.0
"""Seconds: what a short answer takes; a longer one, unless it is streamed, takes more."""


@reports(
    timeout_too_short=(
        "a rule or a policy ends requests before a model can answer",
        "Gateway API, HTTPRouteTimeouts; agentgateway API, Timeouts.Request, BackendHTTP.RequestTimeout",
    )
)
def too_short(sheet: Sheet) -> Iterator[Found]:
    """Zero is no limit at all."""
    for manifest, path, text in said_in_force(sheet, _IN_POLICIES):
        yield from _judged(manifest, path, text)
    for backend in sheet.configuration.backends:
        for route, rule in ways_to(sheet.configuration.routes, backend.id):
            given = dig(route.origin.manifest.data, *rule.origin.path, "timeouts")
            for name in ("request", "backendRequest"):
                yield from _judged(route.origin.manifest, (*rule.origin.path, "timeouts", name), dig(given, name))


def _judged(manifest: Manifest, path: FieldPath, text: object) -> Iterator[Found]:
    seconds = _seconds(text)
    if not seconds or seconds > _RARELY:
        return
    sure = seconds < _NEVER
    message = f"requests end after {text}, and {'no' if sure else 'not every'} model answers so soon"
    severity = Severity.ERROR if sure else Severity.WARNING
    yield Found("timeout-too-short", manifest, path, message, "give it a minute or more, or leave it out", severity)


def _seconds(text: object) -> float | None:
    """A duration in seconds; None where it is none, which admission tells."""
    try:
        return milliseconds(text) / 1000 if isinstance(text, str) else None
    except Unevaluable:
        return None
