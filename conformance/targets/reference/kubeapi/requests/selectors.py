"""Label and field selectors, as `kubectl -l` and `--field-selector` send them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.status import bad_request

__all__ = ["Predicate", "field_selector", "label_selector", "selector"]

Predicate = Callable[[Mapping[str, Any]], bool]

_SET = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s!=(),]*)$")
_EXISTS = re.compile(r"^(?P<not>!?)\s*(?P<key>[^\s!=(),]+)$")

# What kube-apiserver can select by, beside the name and namespace of anything.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Secret": ("type",),
    "Namespace": ("status.phase",),
    "Service": ("spec.clusterIP", "spec.type"),
    "Event": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
        "reason", "reportingComponent", "source", "type",
    ),
}  # fmt: skip


def selector(kind: Kind, labels: str, fields: str) -> Predicate | None:
    """Both selectors as one predicate; None when they select everything. Raises ApiError 400."""
    tests = [*label_selector(labels), *field_selector(kind, fields)]
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def label_selector(text: str) -> list[Predicate]:
    """The requirements of a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`."""
    return [_requirement(part) for part in _parts(text)]


def _parts(text: str) -> list[str]:
    """The parts between the commas that stand outside of brackets."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _labels(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    return obj["metadata"].get("labels") or {}


def _requirement(part: str) -> Predicate:
    if found := _SET.match(part):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["op"] == "in":
            return lambda obj: key in _labels(obj) and _labels(obj)[key] in values
        return lambda obj: _labels(obj).get(key) not in values
    if found := _EQUAL.match(part):
        key, wanted = found["key"], found["value"]
        if found["op"] == "!=":
            return lambda obj: _labels(obj).get(key) != wanted
        return lambda obj: _labels(obj).get(key) == wanted
    if found := _EXISTS.match(part):
        key, absent = found["key"], bool(found["not"])
        return lambda obj: (key in _labels(obj)) is not absent
    raise bad_request(f'unable to parse requirement: found {part!r}, expected: a label requirement such as "key=value"')


def field_selector(kind: Kind, text: str) -> list[Predicate]:
    """The requirements of a field selector: `metadata.name=x`, `type!=y`."""
    return [_field_requirement(kind, part) for part in _parts(text)]


def _field_requirement(kind: Kind, part: str) -> Predicate:
    found = re.match(r"^([^!=]+)(==|!=|=)(.*)$", part)
    if not found:
        raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
    name, operator, wanted = found.groups()
    if name not in ("metadata.name", "metadata.namespace", *_FIELDS.get(kind.kind, ())):
        raise bad_request(f"field label not supported: {name}")
    path = name.split(".")
    return lambda obj: (_text_at(obj, path) == wanted) is (operator != "!=")


def _text_at(obj: Any, path: list[str]) -> str:
    for step in path:
        obj = obj.get(step) if isinstance(obj, Mapping) else None
    return "" if obj is None else str(obj)
