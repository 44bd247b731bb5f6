"""Defects in the statuses of routes and Backends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from conformance.manifests.schemas.kinds import (
    BACKEND,
    HTTP_ROUTE,
    Kind,
)
from conformance.targets.embedded.mutations.controller.statuses.changes import (
    Status,
    conditions,
    each_condition,
    reporting,
    turned,
)
from conformance.targets.embedded.mutations.mutant import Mutant
from conformance.targets.reference.controller.decisions import credentials
from conformance.targets.reference.controller.view import Object, Objects, dig

__all__ = ["STATUSES"]


def _unaccepted_with_refs(status: Status) -> Status:
    """Routes whose references do not resolve are not accepted either."""
    parents = []
    for parent in status.get("parents", ()):
        broken = any(one["type"] == "ResolvedRefs" and one["status"] == "False" for one in parent["conditions"])
        turn = turned("Accepted", "False", "BackendNotFound")
        parents.append({**parent, "conditions": [turn(one) if broken else one for one in parent["conditions"]]})
    return {**status, "parents": parents}


def _ref_reason(condition: Status) -> Status:
    if condition["type"] == "ResolvedRefs" and condition["status"] == "False":
        return {**condition, "reason": "Invalid"}
    return condition


def _other_controller(status: Status) -> Status:
    # What is there by that name already is our own doing; the controller keeps it as another's.
    ours = [one for one in status.get("parents", ()) if one["controllerName"] != _OTHER]
    return {"parents": [{**one, "controllerName": _OTHER} for one in ours]}


_OTHER = "example.test/other"


def shown_keys() -> dict[str, Callable[..., Any]]:
    """The message of a Backend's condition shows what its Secret holds."""
    texts: dict[tuple[str, str], str] = {}

    def find(objects: Objects, namespace: str, name: str) -> Object:
        secret = credentials.find_secret(objects, namespace, name)
        texts[namespace, name] = credentials.secret_text(secret)
        return secret

    def reported(kind: Kind, obj: Object, status: Status) -> Status:
        name = dig(obj, "spec", "ai", "llm", "openai", "authToken", "secretRef", "name")
        name = name or dig(obj, "spec", "policies", "auth", "secretRef", "name")
        text = texts.get((obj["metadata"].get("namespace", ""), name or ""))
        return each_condition(status, lambda one: {**one, "message": f"key {text}"}) if text else status

    return {"find_secret": find, "reported": reported}


def _local_refs(status: Status) -> Status:
    """References to Gateways without their namespaces."""

    def changed(entry: Status) -> Status:
        refs = {key: value for key, value in entry.items() if key in ("parentRef", "ancestorRef")}
        short = {key: {name: part for name, part in ref.items() if name != "namespace"} for key, ref in refs.items()}
        return {**entry, **short}

    return {key: [changed(one) for one in value] if isinstance(value, list) else value for key, value in status.items()}


def _no_refs_if_refused(status: Status) -> Status:
    """A route that is not accepted says nothing of its references."""

    def kept(parent: Status) -> Status:
        refused = any((one["type"], one["status"]) == ("Accepted", "False") for one in parent["conditions"])
        conditions = [one for one in parent["conditions"] if not refused or one["type"] != "ResolvedRefs"]
        return {**parent, "conditions": conditions}

    return {**status, "parents": [kept(one) for one in status.get("parents", ())]}


def _ours_only(status: Status) -> Status:
    """Only what this controller writes."""
    ours = [one for one in status.get("parents", ()) if one["controllerName"].endswith("/agentgateway")]
    return {**status, "parents": ours}


def _now(condition: Status) -> Status:
    """Changed just now."""
    return {**condition, "lastTransitionTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


STATUSES: tuple[Mutant, ...] = (
    reporting(
        "status-namespace-missing",
        "A status names Gateways without namespace.",
        "GW RouteParentStatus.parentRef",
        "does not say whom it is about",
        HTTP_ROUTE,
        _local_refs,
    ),
    reporting(
        "refs-of-refused-missing",
        "A route that no listener takes says nothing of its references.",
        "GW RouteParentStatus.conditions",
        "says nothing of this about the object",
        HTTP_ROUTE,
        _no_refs_if_refused,
    ),
    reporting(
        "foreign-entries-dropped",
        "Other controllers' entries are taken away.",
        "GW RouteStatus.parents",
        "took away what another controller had written",
        HTTP_ROUTE,
        _ours_only,
    ),
    conditions(
        "transition-time-moves",
        "lastTransitionTime is that of the last look.",
        "Kubernetes API conventions, conditions: lastTransitionTime",
        "lastTransitionTime changed although",
        HTTP_ROUTE,
        _now,
    ),
    Mutant(
        "key-in-status",
        "A Backend's status shows its key.",
        "secrets",
        "FACTS 6.8; CWE-200",
        "shows a key to people",
        controller_changes=shown_keys,
    ),
    reporting(
        "backend-status-missing",
        "Backends get no conditions.",
        "FACTS 1.7, 7.2",
        "says nothing of this about the object",
        BACKEND,
        lambda _: {"conditions": []},
    ),
    conditions(
        "backend-always-accepted",
        "A Backend is accepted although its Secret is missing.",
        "FACTS 1.7, 7.2",
        "claims that all is well although it is not",
        BACKEND,
        turned("Accepted", "True", "Accepted"),
    ),
    reporting(
        "route-status-missing",
        "Routes get no status.",
        "GW HTTPRoute status.parents",
        "says nothing of this about the object",
        HTTP_ROUTE,
        lambda _: {"parents": []},
    ),
    conditions(
        "route-always-accepted",
        "A route is accepted although no listener lets it in.",
        "GW HTTPRoute Accepted",
        "claims that all is well although it is not",
        HTTP_ROUTE,
        turned("Accepted", "True", "Accepted"),
    ),
    conditions(
        "route-refs-always-resolved",
        "A route's references resolve although they do not.",
        "GW HTTPRoute ResolvedRefs",
        "claims that all is well although it is not",
        HTTP_ROUTE,
        turned("ResolvedRefs", "True", "ResolvedRefs"),
    ),
    conditions(
        "route-reason-vague",
        "A reference that does not resolve has no reason.",
        "GW HTTPRoute ResolvedRefs",
        "gives another reason",
        HTTP_ROUTE,
        _ref_reason,
    ),
    reporting(
        "route-unaccepted-with-refs",
        "A route with a missing Backend is not accepted.",
        "GW HTTPRoute ResolvedRefs, BackendNotFound",
        "does not take the object",
        HTTP_ROUTE,
        _unaccepted_with_refs,
    ),
    reporting(
        "route-controller-wrong",
        "A route's status names another controller.",
        "GW RouteParentStatus.controllerName",
        "does not say whom it is about, or who says it",
        HTTP_ROUTE,
        _other_controller,
    ),
)
