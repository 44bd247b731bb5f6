"""Checks of header modifiers, of routes and of policies: does a key stand in them that belongs into a Secret?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.core.credentials import is_stand_in, without_scheme
from conformance.core.redaction import may_be_struck
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.literal import text_of
from conformance.manifests.dialects.model import Origin

__all__: list[str] = []

_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
_SETTING = ("set", "add")


@reports(
    key_in_modifier=(
        "a filter or a policy writes a key into a header of requests, where everybody can read it who may read these",
        "Kubernetes, Secrets; agentgateway 1.4, BackendAuth: usage of a Secret is preferred",
    )
)
def written(sheet: Sheet) -> Iterator[Found]:
    """A warning: it works, and neither the API nor the gateway's own dump hides it."""
    for origin, path, name, value in _modifiers(sheet):
        if name.lower() not in _HEADERS or not isinstance(value, str):
            continue
        key = without_scheme(value)
        if not may_be_struck(key) or is_stand_in(value) or "%" in key:
            continue
        message = f"the key in the header {name} can be read by everybody who may read {origin.manifest.id}"
        remedy = "put it into a Secret, and let the Backend's authentication name that"
        yield Found("key-in-modifier", origin.manifest, (*origin.path, *path), message, remedy, Severity.WARNING)


def _modifiers(sheet: Sheet) -> Iterator[tuple[Origin, FieldPath, str, Any]]:
    """(where, path of the value, header, value) of every header that is set to a text."""
    for rule in (rule for route in sheet.configuration.routes for rule in route.rules):
        # As they are written: the rule's own have those of policies beside them.
        for index, one in items(rule.origin.manifest.data, *rule.origin.path, "filters"):
            at = rule.origin.below("filters", index, "requestHeaderModifier")
            yield from _texts(at, one.get("requestHeaderModifier"))
    for policy in sheet.configuration.attached:
        traffic = policy.origin.below("traffic")
        yield from _texts(
            traffic.below("headerModifiers", "request"),
            dig(policy.origin.manifest.spec, "traffic", "headerModifiers", "request"),
        )
        changes = dig(policy.origin.manifest.spec, "traffic", "transformation", "request")
        for path, name, value in _entries(changes):
            yield traffic.below("transformation", "request"), path, name, text_of(value)


def _texts(at: Origin, modifier: Any) -> Iterator[tuple[Origin, FieldPath, str, Any]]:
    for path, name, value in _entries(modifier):
        yield at, path, name, value


def _entries(modifier: Any) -> Iterator[tuple[FieldPath, str, Any]]:
    for field in _SETTING:
        for index, one in items(modifier, field):
            if isinstance(one.get("name"), str):
                yield (field, index, "value"), one["name"], one.get("value")
