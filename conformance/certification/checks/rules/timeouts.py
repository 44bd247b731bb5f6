"""Checks of the time that routes give a provider to answer."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.manifests.schemas.crds.common import milliseconds
from conformance.manifests.schemas.schema import Unevaluable

__all__: list[str] = []

_NEVER = 0.05
"""Seconds: no answer of a model comes so soon, TLS and a network between."""
_RARELY = 3.0
"""Seconds: what a short answer takes; a longer one, unless it is streamed, takes more."""


@reports(
    timeout_too_short=(
        "a rule ends requests before a model can answer",
        "Gateway API, HTTPRouteTimeouts: request, backendRequest",
    )
)
def too_short(sheet: Sheet) -> Iterator[Found]:
    """Zero is no limit at all."""
    for backend in sheet.configuration.backends:
        for route, rule in sheet.rules_to(backend):
            given = dig(route.origin.manifest.data, *rule.origin.path, "timeouts")
            for name in ("request", "backendRequest"):
                text = dig(given, name)
                seconds = _seconds(text)
                if not seconds or seconds > _RARELY:
                    continue
                sure = seconds < _NEVER
                message = f"requests end after {text}, and {'no' if sure else 'not every'} model answers so soon"
                yield Found(
                    "timeout-too-short",
                    route.origin.manifest,
                    (*rule.origin.path, "timeouts", name),
                    message,
                    "give it a minute or more, or leave it out",
                    Severity.ERROR if sure else Severity.WARNING,
                )


def _seconds(text: object) -> float | None:
    """A duration in seconds; None where it is none, which admission tells."""
    try:
        return milliseconds(text) / 1000 if isinstance(text, str) else None
    except Unevaluable:
        return None
