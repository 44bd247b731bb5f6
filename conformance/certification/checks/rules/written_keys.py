"""Checks of header modifiers, of routes and of policies: does a key stand in them that belongs into a Secret?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.modifiers import modifiers
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.core.credentials import is_credential_name, is_misplaced_key, without_scheme
from conformance.core.redaction import may_be_struck

__all__: list[str] = []

_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")


@reports(
    key_in_modifier=(
        "a filter or a policy writes a key into a header of requests, where everybody can read it who may read these",
        "Kubernetes, Secrets; agentgateway 1.4, BackendAuth: usage of a Secret is preferred",
    )
)
def written(sheet: Sheet) -> Iterator[Found]:
    """A warning: it works, and neither the API nor the gateway's own dump hides it."""
    for origin, path, name, value in modifiers(sheet):
        key = without_scheme(value) if isinstance(value, str) else ""
        if not may_be_struck(key) or is_unfilled(key) or "%" in key:
            continue
        if name.lower() not in _HEADERS and not (is_credential_name(name) and is_misplaced_key(key)):
            continue
        message = f"the key in the header {name} can be read by everybody who may read {origin.manifest.id}"
        remedy = "put it into a Secret, and let the Backend's authentication name that"
        yield Found("key-in-modifier", origin.manifest, (*origin.path, *path), message, remedy, Severity.WARNING)
