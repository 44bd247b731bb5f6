"""Defects in single conditions, reasons and entries of statuses."""

from __future__ import annotations

from collections.abc import Callable

from conformance.manifests.schemas.kinds import (
    BACKEND,
    BACKEND_TLS_POLICY,
    GATEWAY,
    HTTP_ROUTE,
)
from conformance.targets.embedded.mutations.controller.statuses.changes import (
    Change,
    Status,
    conditions_of,
    of_kind,
    turned,
)
from conformance.targets.embedded.mutations.mutant import Mutant, steered

__all__ = ["TELLING"]

_ROUTE = "GW HTTPRoute status.parents"

_POLICY = "GW PolicyAncestorStatus"

_CONDITION = "Kubernetes API conventions, conditions"

_REASON = "gives another reason than the one that is specified"

_SAYS_NOTHING = "says nothing of this about the object"

_CLAIMS = "claims that all is well although it is not"


def _missing(type_: str) -> Change:
    return lambda one: None if one["type"] == type_ else one


def _reason(old: str, new: str) -> Change:
    return lambda one: {**one, "reason": new} if one["reason"] == old else one


def _positive(reason: str, good: str) -> Change:
    """What has this reason is said to be well."""
    return lambda one: {**one, "status": "True", "reason": good} if one["reason"] == reason else one


def _all_routes(status: Status) -> Status:
    """Each listener counts one more than it has."""
    listeners = [{**one, "attachedRoutes": one["attachedRoutes"] + 1} for one in status.get("listeners", ())]
    return {**status, "listeners": listeners}


def _on_backend(status: Status) -> Status:
    """The ancestor of a policy is its target."""
    entries = status.get("ancestors", ())
    changed = [{**one, "ancestorRef": {**one["ancestorRef"], "kind": "Service", "group": ""}} for one in entries]
    return {**status, "ancestors": changed}


_OTHER = "example.test/other"


def _named(field: str, name: str) -> Callable[[Status], Status]:
    def change(status: Status) -> Status:
        ours = [one for one in status.get(field, ()) if one["controllerName"] != name]
        return {**status, field: [{**one, "controllerName": name} for one in ours]}

    return change


TELLING: tuple[Mutant, ...] = (
    steered(
        "route-refused",
        "Every route is said not to be accepted.",
        "status",
        _ROUTE,
        "does not take the object",
        reported=conditions_of(HTTP_ROUTE, turned("Accepted", "False", "NoMatchingParent")),
    ),
    steered(
        "route-accepted-missing",
        "Routes get no condition Accepted.",
        "status",
        _ROUTE,
        _SAYS_NOTHING,
        reported=conditions_of(HTTP_ROUTE, _missing("Accepted")),
    ),
    steered(
        "resolved-refs-missing",
        "Routes get no condition ResolvedRefs.",
        "status",
        _ROUTE,
        _SAYS_NOTHING,
        reported=conditions_of(HTTP_ROUTE, _missing("ResolvedRefs")),
    ),
    steered(
        "invalid-kind-vague",
        "An unknown kind is said to be a missing Backend.",
        "status",
        "GW HTTPRoute ResolvedRefs, InvalidKind",
        _REASON,
        reported=conditions_of(HTTP_ROUTE, _reason("InvalidKind", "BackendNotFound")),
    ),
    steered(
        "not-permitted-vague",
        "A Backend that may not be used is said to be missing.",
        "status",
        "GW HTTPRoute ResolvedRefs, RefNotPermitted",
        _REASON,
        reported=conditions_of(HTTP_ROUTE, _reason("RefNotPermitted", "BackendNotFound")),
    ),
    steered(
        "not-found-vague",
        "A missing Backend is said not to be permitted.",
        "status",
        "GW HTTPRoute ResolvedRefs, BackendNotFound",
        _REASON,
        reported=conditions_of(HTTP_ROUTE, _reason("BackendNotFound", "RefNotPermitted")),
    ),
    steered(
        "listener-refusal-vague",
        "A route that no listener lets in gets another reason.",
        "status",
        "GW HTTPRoute Accepted, NotAllowedByListeners",
        _REASON,
        reported=conditions_of(HTTP_ROUTE, _reason("NotAllowedByListeners", "Pending")),
    ),
    steered(
        "no-hostname-claimed",
        "A route without common hostname is said to be accepted.",
        "status",
        "GW HTTPRoute Accepted, NoMatchingListenerHostname",
        _CLAIMS,
        reported=conditions_of(HTTP_ROUTE, _positive("NoMatchingListenerHostname", "Accepted")),
    ),
    steered(
        "no-parent-claimed",
        "A route to a listener that there is not is said to be accepted.",
        "status",
        "GW HTTPRoute Accepted, NoMatchingParent",
        _CLAIMS,
        reported=conditions_of(HTTP_ROUTE, _positive("NoMatchingParent", "Accepted")),
    ),
    steered(
        "conflict-claimed",
        "A policy that lost to an older one is said to be in force.",
        "status",
        "GW BackendTLSPolicySpec.targetRefs, conflict resolution",
        _CLAIMS,
        reported=conditions_of(BACKEND_TLS_POLICY, _positive("Conflicted", "Accepted")),
    ),
    steered(
        "conflict-vague",
        "A policy that lost to an older one gets another reason.",
        "status",
        "GW BackendTLSPolicySpec.targetRefs, conflict resolution",
        _REASON,
        reported=conditions_of(BACKEND_TLS_POLICY, _reason("Conflicted", "Invalid")),
    ),
    steered(
        "authority-vague",
        "A policy without usable authority gets another reason.",
        "status",
        "GW BackendTLSPolicyValidation.caCertificateRefs",
        _REASON,
        reported=conditions_of(BACKEND_TLS_POLICY, _reason("NoValidCACertificate", "Invalid")),
    ),
    steered(
        "authority-claimed",
        "A policy without usable authority is said to be in force.",
        "status",
        "GW BackendTLSPolicyValidation.caCertificateRefs",
        _CLAIMS,
        reported=conditions_of(BACKEND_TLS_POLICY, _positive("NoValidCACertificate", "Accepted")),
    ),
    steered(
        "policy-refs-missing",
        "Policies get no condition ResolvedRefs.",
        "status",
        _POLICY,
        _SAYS_NOTHING,
        reported=conditions_of(BACKEND_TLS_POLICY, _missing("ResolvedRefs")),
    ),
    steered(
        "policy-refused",
        "Every policy is said not to be accepted.",
        "status",
        _POLICY,
        "does not take the object",
        reported=conditions_of(BACKEND_TLS_POLICY, turned("Accepted", "False", "Invalid")),
    ),
    steered(
        "policy-controller-wrong",
        "A policy's status names another controller.",
        "status",
        _POLICY,
        "does not say whom it is about, or who says it",
        reported=of_kind(BACKEND_TLS_POLICY, _named("ancestors", _OTHER)),
    ),
    steered(
        "policy-ancestor-wrong",
        "A policy's ancestor is no Gateway.",
        "status",
        _POLICY,
        "does not say whom it is about, or who says it",
        reported=of_kind(BACKEND_TLS_POLICY, _on_backend),
    ),
    steered(
        "backend-refused",
        "Every Backend is said not to be accepted.",
        "status",
        "FACTS 1.7",
        "does not take the object",
        reported=conditions_of(BACKEND, turned("Accepted", "False", "Invalid")),
    ),
    steered(
        "backend-reason-empty",
        "A Backend's condition has no message.",
        "status",
        "FACTS 1.7, 7.2",
        "message",
        reported=conditions_of(BACKEND, lambda one: {**one, "message": ""}),
    ),
    steered(
        "secret-not-named",
        "A Backend does not say which Secret is missing.",
        "status",
        "FACTS 1.7, 7.2",
        "message",
        reported=conditions_of(BACKEND, lambda one: {**one, "message": "invalid"}),
    ),
    steered(
        "generation-missing",
        "Conditions say nothing of the generation.",
        "status",
        _CONDITION,
        "older generation",
        reported=conditions_of(
            None, lambda one: {key: value for key, value in one.items() if key != "observedGeneration"}
        ),
    ),
    steered(
        "gateway-not-accepted",
        "The Gateway is not accepted.",
        "status",
        "GW Gateway status.conditions",
        "does not take the object",
        reported=conditions_of(GATEWAY, turned("Accepted", "False", "Invalid")),
    ),
    steered(
        "gateway-accepted-missing",
        "The Gateway has no condition Accepted.",
        "status",
        "GW Gateway status.conditions",
        _SAYS_NOTHING,
        reported=conditions_of(GATEWAY, _missing("Accepted")),
    ),
    steered(
        "attached-routes-overcounted",
        "A listener counts one route too many.",
        "status",
        "GW ListenerStatus.attachedRoutes",
        "counts other routes",
        reported=of_kind(GATEWAY, _all_routes),
    ),
)
