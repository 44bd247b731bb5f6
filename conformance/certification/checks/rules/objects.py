"""Checks of what every object has: API group and version, name, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.core.redaction import excerpt
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.objects import Manifest

__all__: list[str] = []

_VERSIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    (GROUP, "Gateway"): ("v1", "v1beta1"),
    (GROUP, "GatewayClass"): ("v1", "v1beta1"),
    (GROUP, "HTTPRoute"): ("v1", "v1beta1"),
    (GROUP, "BackendTLSPolicy"): ("v1", "v1alpha3"),
    (GROUP, "ReferenceGrant"): ("v1beta1", "v1"),
    ("gateway.kgateway.dev", "Backend"): ("v1alpha1",),
    ("agentgateway.dev", "AgentgatewayBackend"): ("v1alpha1",),
    ("", "Secret"): ("v1",),
    ("", "ConfigMap"): ("v1",),
}
"""The versions that are served, the one to write first."""
_GROUPS = {kind: group for group, kind in _VERSIONS}
# BackendTLSPolicy v1alpha3 is served by Gateway API 1.4, deprecated, and no more by 1.6.
_NO_LONGER = {"agentgateway-1": (GROUP, "BackendTLSPolicy", "v1alpha3")}
# ReferenceGrant v1 came with Gateway API 1.5.
_NOT_YET = {"kgateway-2.1": (GROUP, "ReferenceGrant", "v1")}


@reports(
    api_version=(
        "an apiVersion that is not served, or no longer",
        "Gateway API 1.4 to 1.6; kgateway and agentgateway CRDs",
    ),
    api_group=("a kind with the API group misspelt, so nothing knows the object", "the kinds' CRDs"),
)
def api_version(sheet: Sheet) -> Iterator[Found]:
    """The API server knows no other."""
    for one in sheet.manifests:
        group = _GROUPS.get(one.kind)
        if group is None or (one.kind == "Backend" and one.group != group and not isinstance(one.spec.get("ai"), dict)):
            continue  # other projects have Backends, too
        version = one.api_version.rpartition("/")[2]
        served = _VERSIONS[group, one.kind]
        right = f"{group}/{served[0]}" if group else served[0]
        if one.group != group:
            message = f"{one.kind} is of the group {group or 'core'!r}, not of {one.group or 'core'!r}"
            yield Found("api-group", one, ("apiVersion",), message, f"set apiVersion to {right}")
        elif version not in served or (group, one.kind, version) in (
            _NO_LONGER.get(sheet.dialect),
            _NOT_YET.get(sheet.dialect),
        ):
            message = f"{one.api_version} is not served"
            yield Found("api-version", one, ("apiVersion",), message, f"set apiVersion to {right}")
        elif (one.kind, version) == ("BackendTLSPolicy", "v1alpha3"):
            message = f"{one.api_version} is deprecated; Gateway API 1.6 no longer has it"
            yield Found("api-version", one, ("apiVersion",), message, f"set apiVersion to {right}", Severity.WARNING)


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAMESPACE = re.compile(_LABEL)
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_KEY = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63


@reports(
    name_syntax=("a name or namespace that Kubernetes does not take", "Kubernetes, object names (RFC 1123)"),
    label_syntax=("a label that Kubernetes does not take", "Kubernetes, labels"),
)
def names(sheet: Sheet) -> Iterator[Found]:
    """Only lower case letters, digits, - and, but for namespaces, dots."""
    for one in sheet.manifests:
        if one.name and not one.made_up and not _fits(_NAME, one.name, _LONGEST_NAME):
            yield _name(one, "name", one.name, _LONGEST_NAME)
        if one.namespace and not _fits(_NAMESPACE, one.namespace, _LONGEST_LABEL):
            yield _name(one, "namespace", one.namespace, _LONGEST_LABEL)
        labels = dig(one.data, "metadata", "labels")
        for key, value in labels.items() if isinstance(labels, dict) else ():
            prefix, _, name = str(key).rpartition("/")
            where = ("metadata", "labels", key)
            remedy = f"use letters, digits, -, _ and . only, at most {_LONGEST_LABEL}"
            if not _fits(_KEY, name, _LONGEST_LABEL) or (prefix and not _fits(_NAME, prefix, _LONGEST_NAME)):
                yield Found("label-syntax", one, where, f"{str(key)[:80]!r} is no name of a label", remedy)
            elif not isinstance(value, str) or not _fits(_VALUE, value, _LONGEST_LABEL):
                shown = excerpt(repr(value), 80)
                yield Found("label-syntax", one, where, f"{shown} is no value of a label", remedy)


def _fits(pattern: re.Pattern[str], text: str, longest: int) -> bool:
    return len(text) <= longest and pattern.fullmatch(text) is not None


def _name(one: Manifest, field: str, text: str, longest: int) -> Found:
    what = f"longer than {longest} characters" if len(text) > longest else f"{text!r} is no name"
    better = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:longest]
    remedy = f"use lower case letters, digits and -, such as {better}"
    return Found("name-syntax", one, ("metadata", field), what, remedy)
