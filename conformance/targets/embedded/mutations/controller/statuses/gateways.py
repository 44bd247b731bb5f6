"""Defects in the statuses of policies, Gateways and Gateway classes."""

from __future__ import annotations

from conformance.manifests.schemas.kinds import (
    BACKEND_TLS_POLICY,
    GATEWAY,
    GATEWAY_CLASS,
)
from conformance.targets.embedded.mutations.controller.statuses.changes import (
    Status,
    conditions,
    reporting,
    turned,
)
from conformance.targets.embedded.mutations.mutant import Mutant

__all__ = ["GATEWAYS"]


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
    reporting(
        "policy-namespace-missing",
        "A policy's status lacks the Gateway's namespace.",
        "GW PolicyAncestorStatus.ancestorRef",
        "does not say whom it is about",
        BACKEND_TLS_POLICY,
        _local_refs,
    ),
    conditions(
        "gateway-not-programmed",
        "The Gateway is never Programmed.",
        "GW Gateway status.conditions",
        "does not take the object",
        GATEWAY,
        turned("Programmed", "False", "Pending"),
    ),
    reporting(
        "attached-routes-not-counted",
        "A listener counts no routes.",
        "GW ListenerStatus.attachedRoutes",
        "counts other routes",
        GATEWAY,
        _no_routes,
    ),
    conditions(
        "class-not-accepted",
        "The GatewayClass is not accepted.",
        "GW GatewayClass status.conditions",
        "does not take the object",
        GATEWAY_CLASS,
        turned("Accepted", "Unknown", "Pending"),
    ),
    reporting(
        "policy-status-missing",
        "Policies get no status (FACTS D12).",
        "GW PolicyAncestorStatus; FACTS D12",
        "says nothing of this about the object",
        BACKEND_TLS_POLICY,
        lambda _: {"ancestors": []},
    ),
    conditions(
        "policy-always-accepted",
        "A policy claims to be in force when it is not.",
        "GW PolicyConditionAccepted",
        "policy",
        BACKEND_TLS_POLICY,
        turned("Accepted", "True", "Accepted"),
    ),
    conditions(
        "observed-generation-stale",
        "observedGeneration does not follow the object.",
        "GW conditions: observedGeneration",
        "older generation",
        None,
        lambda condition: {**condition, "observedGeneration": 1},
    ),
)
