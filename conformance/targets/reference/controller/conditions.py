"""Status conditions, whose time changes with their status only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.targets.reference.controller.view import Object, condition_list

__all__ = ["Condition", "Stamp", "written"]

Stamp = Callable[[], str]
"""The time now, as Kubernetes writes it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as it should be."""

    type: str
    status: bool
    reason: str
    message: str = ""


def written(wanted: Iterable[Condition], before: Any, obj: Object, stamp: Stamp) -> list[dict[str, Any]]:
    """The conditions for an object's status. `before` is the part of the status that holds the present ones."""
    old = {condition.get("type"): condition for condition in condition_list(before)}
    generation = obj["metadata"].get("generation", 1)
    found = []
    for condition in wanted:
        status = "True" if condition.status else "False"
        known = old.get(condition.type, {})
        same = known.get("status") == status and known.get("lastTransitionTime")
        found.append(
            {
                "type": condition.type,
                "status": status,
                "reason": condition.reason,
                "message": condition.message,
                "observedGeneration": generation,
                "lastTransitionTime": known["lastTransitionTime"] if same else stamp(),
            }
        )
    return found
