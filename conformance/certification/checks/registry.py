"""The registry of static checks: each rule with the ids of what it may find, and `check`, which asks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from conformance.certification.checks.model import Defect, Found, Severity, Sheet
from conformance.certification.checks.reading import dig
from conformance.core.redaction import redact
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.objects import Manifest, ObjectId

__all__ = ["CHECKS", "About", "check", "reports"]

Rule = Callable[[Sheet], Iterator[Found]]


class About(NamedTuple):
    """What a check finds, in one line, and where the rule is from."""

    description: str
    source: str


CHECKS: dict[str, About] = {}
"""All checks by id."""

_RULES: list[Rule] = []
_GENERATED = {"ca-missing": "ConfigMap", "secret-missing": "Secret"}
_REFERENCES = ("backend-ref-name", "ca-missing", "policy-target-name", "secret-missing")


def reports(**about: tuple[str, str]) -> Callable[[Rule], Rule]:
    """Register a rule with what it finds: id (with _ for -) = (one-line description, source)."""

    def register(rule: Rule) -> Rule:
        for name, told in about.items():
            check_id = name.replace("_", "-")
            if check_id in CHECKS:
                raise ValueError(f"two checks have the id {check_id}")
            CHECKS[check_id] = About(*told)
        _RULES.append(rule)
        return rule

    return register


def check(sheet: Sheet) -> list[Defect]:
    """All defects of a sheet, sorted by position. Keys that were registered are kept out of the texts."""
    every = [found for rule in _RULES for found in rule(sheet)]
    meant = {(id(one.manifest), one.meant) for one in every if one.meant}
    told = [one for one in every if not any((id(one.manifest), path) in meant for path in _upwards(one))]
    return sorted((_defect(_followed(one, sheet), strict=sheet.strict) for one in told), key=_order)


def _followed(found: Found, sheet: Sheet) -> Found:
    """What refers to a name that Kustomize changed is not to be written by hand: a hash changes with the content."""
    written = dig(found.manifest.data, *found.path)
    changed = isinstance(written, str) and written in found.remedy.rpartition(" ")[2] and found.check in _REFERENCES
    if not (sheet.rendered and changed):
        return found
    remedy = "let Kustomize follow the name: put this field under nameReference of a file in configurations"
    if found.check in _GENERATED:
        remedy += f", or give a generator's {_GENERATED[found.check]} no hash"
        remedy += " (generatorOptions: {disableNameSuffixHash: true})"
    return replace(found, remedy=remedy)


def _upwards(found: Found) -> Iterator[FieldPath]:
    """The field of what was found, and those that it stands in."""
    return (found.path[:length] for length in range(len(found.path), 0, -1))


def _defect(found: Found, *, strict: bool) -> Defect:
    return Defect(
        check=found.check,
        severity=Severity.ERROR if strict and found.assumed else found.severity,
        position=found.manifest.at(*found.path),
        field=dotted(found.path),
        message=redact(found.message),
        remedy=redact(found.remedy),
        source=CHECKS[found.check].source,
        about=_id(found.manifest),
    )


def _id(manifest: Manifest) -> ObjectId | None:
    """The object, where it is one: an acceptance is none."""
    return manifest.id if manifest.data.get("metadata") else None


def _order(defect: Defect) -> tuple[object, ...]:
    return defect.position, defect.check, defect.field, defect.message
