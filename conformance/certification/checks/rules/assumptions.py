"""Checks of what the input does not show and the reading of it assumed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.registry import reports

__all__: list[str] = []


@reports(
    variable_unset=(
        "a variable in a Secret has no value where `certify` runs, and a made-up key stands for it",
        "kubectl apply fills in no variables; the shell does in the page's heredocs",
    ),
    mirror_elsewhere=(
        "copies of requests go to a Service that the input does not show, and one like it stands for it",
        "Gateway API, HTTPRequestMirrorFilter",
    ),
)
def assumptions(sheet: Sheet) -> Iterator[Found]:
    """What is not known is no mistake; with --strict it is."""
    for one in sheet.assumed:
        yield Found(one.check, one.manifest, one.path, one.message, one.remedy, Severity.WARNING, assumed=True)
