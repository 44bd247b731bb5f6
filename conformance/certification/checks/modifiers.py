"""The headers that filters of routes and policies set or add on requests, with the texts that they get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.certification.checks.model import Sheet
from conformance.certification.checks.reading import dig, items
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.literal import text_of
from conformance.manifests.dialects.model import Origin

__all__ = ["headers_removed", "headers_set", "headers_written", "modifiers"]

_SETTING = ("set", "add")


def headers_set(filters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The names, in lower case, of the headers that a rule's filters set or add, those of policies among them."""
    yield from (name.lower() for name, _ in headers_written(filters))


def headers_removed(filters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The names, in lower case, of the headers that filters take away from requests."""
    for one in filters:
        removed = dig(one, "requestHeaderModifier", "remove")
        yield from (str(name).lower() for name in removed or ())


def headers_written(filters: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """(header, value) of each that filters set or add on requests."""
    for one in filters:
        yield from ((name, value) for _, name, value in _entries(one.get("requestHeaderModifier")))


def modifiers(sheet: Sheet) -> Iterator[tuple[Origin, FieldPath, str, Any]]:
    """(where, path of the value, header, value) of every header that is set to a text."""
    rules = [rule for route in sheet.configuration.routes for rule in route.rules]
    for origin in (one for rule in rules for one in (rule.origin, *(ref.origin for ref in rule.backends))):
        # As they are written: the rule's own have those of policies beside them.
        for index, one in items(origin.manifest.data, *origin.path, "filters"):
            at = origin.below("filters", index, "requestHeaderModifier")
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
