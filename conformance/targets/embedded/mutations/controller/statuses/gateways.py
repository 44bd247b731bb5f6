"""Defects in the statuses of policies, Gateways and Gateway classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.manifests.schemas.kinds import (
    AGENTGATEWAY_BACKEND,
    BACKEND,
    BACKEND_TLS_POLICY,
    GATEWAY,
    GATEWAY_CLASS,
    Kind,
)
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Object

__all__ = ["GATEWAYS"]

Status = dict[str, Any]

Change = Callable[[Status], Status]


def _each_condition(value: Any, change: Change) -> Any:
    """A status with each of its conditions changed, at whatever depth."""
    if isinstance(value, list):
        return [_each_condition(one, change) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _each_condition(one, change) for key, one in value.items()}
    if "conditions" in changed:
        changed["conditions"] = [change(one) for one in changed["conditions"]]
    return changed


def _reporting(name: str, defect: str, source: str, told: str, kind: Kind | None, change: Change) -> Mutant:
    """A mutant that changes the statuses of a kind, or of all."""

    def reported(of: Kind, obj: Object, status: Status) -> Status:
        concerned = kind is None or of is kind or (kind is BACKEND and of is AGENTGATEWAY_BACKEND)
        return change(status) if concerned else status

    return steered(name, defect, "status", source, told, reported=reported)


def _conditions(name: str, defect: str, source: str, told: str, kind: Kind | None, change: Change) -> Mutant:
    return _reporting(name, defect, source, told, kind, lambda status: _each_condition(status, change))


def _turned(type_: str, to: str, reason: str) -> Change:
    """Sets a condition, whatever is the case."""

    def change(condition: Status) -> Status:
        return {**condition, "status": to, "reason": reason} if condition["type"] == type_ else condition

    return change


def _no_routes(status: Status) -> Status:
    return {**status, "listeners": [{**one, "attachedRoutes": 0} for one in status.get("listeners", ())]}


def _local_refs(status: Status) -> Status:
    """References to Gateways without their namespaces."""

    def changed(entry: Status) -> Status:
        refs = {key: value for key, value in entry.items() if key in ("parentRef", "ancestorRef")}
        short = {key: {name: part for name, part in ref.items() if name != "namespace"} for key, ref in refs.items()}
        return {**entry, **short}

    return {key: [changed(one) for one in value] if isinstance(value, list) else value for key, value in status.items()}


GATEWAYS: tuple[Mutant, ...] = (
    _reporting(
        "policy-namespace-missing",
        "A policy's status lacks the Gateway's namespace.",
        "GW PolicyAncestorStatus.ancestorRef",
        "does not say whom it is about",
        BACKEND_TLS_POLICY,
        _local_refs,
    ),
    _conditions(
        "gateway-not-programmed",
        "The Gateway is never Programmed.",
        "GW Gateway status.conditions",
        "does not take the object",
        GATEWAY,
        _turned("Programmed", "False", "Pending"),
    ),
    _reporting(
        "attached-routes-not-counted",
        "A listener counts no routes.",
        "GW ListenerStatus.attachedRoutes",
        "counts other routes",
        GATEWAY,
        _no_routes,
    ),
    _conditions(
        "class-not-accepted",
        "The GatewayClass is not accepted.",
        "GW GatewayClass status.conditions",
        "does not take the object",
        GATEWAY_CLASS,
        _turned("Accepted", "Unknown", "Pending"),
    ),
    _reporting(
        "policy-status-missing",
        "Policies get no status (FACTS D12).",
        "GW PolicyAncestorStatus; FACTS D12",
        "says nothing of this about the object",
        BACKEND_TLS_POLICY,
        lambda _: {"ancestors": []},
    ),
    _conditions(
        "policy-always-accepted",
        "A policy claims to be in force when it is not.",
        "GW PolicyConditionAccepted",
        "policy",
        BACKEND_TLS_POLICY,
        _turned("Accepted", "True", "Accepted"),
    ),
    _conditions(
        "observed-generation-stale",
        "observedGeneration does not follow the object.",
        "GW conditions: observedGeneration",
        "older generation",
        None,
        lambda condition: {**condition, "observedGeneration": 1},
    ),
)
