"""What changes the statuses that a controller reports: by kind of object, and condition by condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, BACKEND, Kind
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Object

__all__ = ["Change", "Status", "conditions", "conditions_of", "each_condition", "of_kind", "reporting", "turned"]

Status = dict[str, Any]

Change = Callable[[Status], Status | None]
"""Of a condition; None leaves it out."""

Reported = Callable[[Kind, Object, Status], Status]


def of_kind(kind: Kind | None, change: Callable[[Status], Status]) -> Reported:
    """Changes the statuses of a kind, Backends of either dialect alike, or of all."""

    def reported(of: Kind, obj: Object, status: Status) -> Status:
        concerned = kind is None or of is kind or (kind is BACKEND and of is AGENTGATEWAY_BACKEND)
        return change(status) if concerned else status

    return reported


def conditions_of(kind: Kind | None, change: Change) -> Reported:
    """Changes each condition in the statuses of a kind, or of all."""
    return of_kind(kind, lambda status: each_condition(status, change))


def each_condition(value: Any, change: Change) -> Any:
    """A status with each of its conditions changed or left out, at whatever depth."""
    if isinstance(value, list):
        return [each_condition(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: each_condition(one, change) for key, one in value.items()}
    if "conditions" in found:
        found["conditions"] = [kept for one in found["conditions"] if (kept := change(one)) is not None]
    return found


def turned(type_: str, status: str, reason: str) -> Change:
    """Sets a condition, whatever is the case."""
    return lambda one: {**one, "status": status, "reason": reason} if one["type"] == type_ else one


def reporting(
    name: str, defect: str, source: str, told: str, kind: Kind | None, change: Callable[[Status], Status]
) -> Mutant:
    """A mutant that changes the statuses of a kind, or of all."""
    return steered(name, defect, "status", source, told, reported=of_kind(kind, change))


def conditions(name: str, defect: str, source: str, told: str, kind: Kind | None, change: Change) -> Mutant:
    """A mutant that changes each condition in the statuses of a kind, or of all."""
    return steered(name, defect, "status", source, told, reported=conditions_of(kind, change))
