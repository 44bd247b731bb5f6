"""Checks of header modifiers, models and fields of the body: does a key stand in them that belongs into a Secret?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.modifiers import modifiers
from conformance.certification.checks.reading import items
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.core.credentials import VENDOR_KEY, is_credential_name, is_misplaced_key, without_scheme
from conformance.core.redaction import may_be_struck
from conformance.core.yaml.located import FieldPath

__all__ = ["key_written"]

_BODIES = tuple(("spec", part, "ai", field) for part in ("backend", "policies") for field in ("defaults", "overrides"))
_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")


def key_written(name: str, value: Any) -> str:
    """The key that is written into a header of this name; empty where it is none, or only stands for one."""
    key = without_scheme(value) if isinstance(value, str) else ""
    if not may_be_struck(key) or is_unfilled(key) or "%" in key:
        return ""
    return key if name.lower() in _HEADERS or (is_credential_name(name) and is_misplaced_key(key)) else ""


@reports(
    key_in_modifier=(
        "a filter or a policy writes a key into a header of requests, where everybody can read it who may read these",
        "Kubernetes, Secrets; agentgateway 1.4, BackendAuth: usage of a Secret is preferred",
    )
)
def written(sheet: Sheet) -> Iterator[Found]:
    """A warning: it works, and neither the API nor the gateway's own dump hides it."""
    for origin, path, name, value in modifiers(sheet):
        if not key_written(name, value):
            continue
        message = f"the key in the header {name} can be read by everybody who may read {origin.manifest.id}"
        remedy = "put it into a Secret, and let the Backend's authentication name that"
        yield Found("key-in-modifier", origin.manifest, (*origin.path, *path), message, remedy, Severity.WARNING)


@reports(
    key_in_body=(
        "a key stands where the model, or another field of the body, belongs",
        "OpenAI API, Authentication: keys go into the header; they belong into Secrets",
    )
)
def in_body(sheet: Sheet) -> Iterator[Found]:
    """A model's name may look like anything; what has the form of a vendor's key is one."""
    remedy = "name a model here; put the key into a Secret that the Backend's authentication names"
    for entry in sheet.entries:
        if entry.llm.model and VENDOR_KEY.search(entry.llm.model):
            where: FieldPath = (*entry.path, entry.llm.provider, "model")
            yield Found("key-in-body", entry.manifest, where, "a key stands where the model belongs", remedy)
    objects = (*(one.origin.manifest for one in sheet.configuration.attached), *(one.manifest for one in sheet.entries))
    for manifest in {one.id: one for one in objects}.values():
        for place in _BODIES:
            for number, one in items(manifest.data, *place):
                value = one.get("value")
                if isinstance(value, str) and VENDOR_KEY.search(value):
                    message = f"a key stands in the field {one.get('field')} of every request's body"
                    at: FieldPath = (*place, number, "value")
                    yield Found("key-in-body", manifest, at, message, "take it out", Severity.WARNING)
