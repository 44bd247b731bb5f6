"""Edits of a `spec` for the API's rules: small, named functions that make a good object a bad one.

An edit raises LookupError when the manifests have nothing that it could be made on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.cases import BACKEND
from conformance.manifests.dialects import DIALECTS, dialect_named

__all__ = [
    "REMOVED",
    "Rule",
    "Spec",
    "distinct_targets",
    "entry",
    "llm",
    "openai",
    "put",
    "targets",
    "validation",
    "whole",
]

Spec = dict[str, Any]

REMOVED = object()


@dataclass(frozen=True)
class Rule:
    """One edit of a `spec`; `message` is part of the refusal's, empty where the API takes the object."""

    name: str
    edit: Callable[[Spec], None]
    message: str = ""
    kind: str = BACKEND

    def __str__(self) -> str:
        return self.name


def put(mapping: dict[str, Any], **values: Any) -> None:
    """Set or (with REMOVED) remove fields."""
    for name, value in values.items():
        if value is REMOVED:
            mapping.pop(name, None)
        else:
            mapping[name] = value


def entry(spec: Spec) -> dict[str, Any]:
    """The first provider entry, whatever the dialect calls the place where it stands. Raises LookupError without."""
    found = [one for name in DIALECTS for one in dialect_named(name).raw_llms({"spec": spec})]
    if not found:
        raise LookupError("no provider")
    return found[0]


def llm(**values: Any) -> Callable[[Spec], None]:
    """Fields of the provider entry."""
    return lambda spec: put(entry(spec), **values)


def openai(**values: Any) -> Callable[[Spec], None]:
    """Fields of its `openai`."""
    return lambda spec: put(entry(spec)["openai"], **values)


def whole(**values: Any) -> Callable[[Spec], None]:
    """Fields of the spec itself."""
    return lambda spec: put(spec, **values)


def targets(count: int, **changes: Any) -> Callable[[Spec], None]:
    """The policy's first target so many times; `changes` in the last of them."""

    def edit(spec: Spec) -> None:
        first = {name: value for name, value in spec["targetRefs"][0].items() if name != "sectionName"}
        spec["targetRefs"] = [dict(first) for _ in range(count)]
        if changes:
            spec["targetRefs"][-1].update(changes)

    return edit


def distinct_targets(count: int) -> Callable[[Spec], None]:
    """So many different targets."""
    return lambda spec: put(
        spec, targetRefs=[{**spec["targetRefs"][0], "name": f"target-{number}"} for number in range(count)]
    )


def validation(**values: Any) -> Callable[[Spec], None]:
    """Fields of the policy's `validation`."""
    return lambda spec: put(spec["validation"], **values)
