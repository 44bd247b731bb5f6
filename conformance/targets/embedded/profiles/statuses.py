"""What control planes say otherwise in statuses: of policies, of routes, and of Backends without their Secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, BACKEND, BACKEND_TLS_POLICY, HTTP_ROUTE, Kind
from conformance.targets.embedded.mutations.controller.statuses.changes import each_condition
from conformance.targets.reference.controller.conditions import Condition, written
from conformance.targets.reference.controller.decisions.credentials import SECRET_KEY, MissingSecret, secret_text
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of

__all__ = [
    "as_any_listener",
    "by_envoy",
    "nameless_authorities",
    "namespaceless",
    "of_other_groups",
    "refused_without_secret",
]

Status = dict[str, Any]
Reported = Callable[[Kind, Object, Status], Status]
FindSecret = Callable[[Objects, str, str], Object]

_NAMELESS = (
    (re.compile(r"ConfigMap \S+ not found"), "Certificate reference not found"),
    (re.compile(r"ConfigMap \S+: ca\.crt key missing"), "Certificate invalid, ca.crt key missing"),
)
_ENVOY = "kgateway.dev/kgateway"


def nameless_authorities(right: Reported) -> Reported:
    """What is wrong with a policy's authorities, without which reference it is (agentgateway 1.4)."""

    def renamed(condition: Status) -> Status:
        text = next((new for old, new in _NAMELESS if old.fullmatch(condition["message"])), condition["message"])
        return {**condition, "message": text}

    def reported(kind: Kind, obj: Object, status: Status) -> Status:
        status = right(kind, obj, status)
        changed: Status = each_condition(status, renamed) if kind is BACKEND_TLS_POLICY else status
        return changed

    return reported


def of_other_groups(right: Callable[[Object], list[Object]]) -> Callable[[Object], list[Object]]:
    """A policy claims targets that have a Backend's kind and another group (agentgateway 1.4)."""

    def claimed(policy: Object) -> list[Object]:
        targets = dig(policy, "spec", "targetRefs") or []
        strange = [one for one in targets if one.get("kind") == AGENTGATEWAY_BACKEND.kind]
        return [*right(policy), *(one for one in strange if one.get("group") != AGENTGATEWAY_BACKEND.group)]

    return claimed


def namespaceless(right: Reported) -> Reported:
    """A policy's ancestor is a Gateway without its namespace (agentgateway 1.4)."""

    def reported(kind: Kind, obj: Object, status: Status) -> Status:
        status = right(kind, obj, status)
        if kind is not BACKEND_TLS_POLICY:
            return status
        before = {_key(one): one for one in dig(obj, "status", "ancestors") or []}
        entries = []
        for one in status.get("ancestors", ()):
            ref = {name: value for name, value in one["ancestorRef"].items() if name != "namespace"}
            entry = {**one, "ancestorRef": ref}
            entries.append({**entry, "conditions": _with_times(one["conditions"], before.get(_key(entry), {}))})
        return {**status, "ancestors": entries}

    return reported


def _key(entry: Status) -> tuple[str, str]:
    return entry.get("controllerName", ""), dig(entry, "ancestorRef", "name") or ""


def _with_times(conditions: list[Status], before: Status) -> list[Status]:
    """Each as long there as it has been: the controller did not find the entry that it wrote."""
    since = {(one["type"], one["status"]): one["lastTransitionTime"] for one in before.get("conditions", ())}
    return [
        {**one, "lastTransitionTime": since.get((one["type"], one["status"]), one["lastTransitionTime"])}
        for one in conditions
    ]


def as_any_listener(right: Reported) -> Reported:
    """What one listener that takes a route says of it, all of its parentRefs to that Gateway say."""

    def reported(kind: Kind, obj: Object, status: Status) -> Status:
        status = right(kind, obj, status)
        if kind is not HTTP_ROUTE:
            return status
        taken = {_gateway_of(one): one["conditions"] for one in status.get("parents", ()) if _accepted(one)}
        entries = [{**one, "conditions": taken.get(_gateway_of(one), one["conditions"])} for one in status["parents"]]
        return {**status, "parents": entries}

    return reported


def _gateway_of(entry: Status) -> tuple[str | None, ...]:
    ref = entry["parentRef"]
    return entry["controllerName"], *(ref.get(name) for name in ("group", "kind", "namespace", "name"))


def _accepted(entry: Status) -> bool:
    return any((one["type"], one["status"]) == ("Accepted", "True") for one in entry["conditions"])


def by_envoy(right: Reported) -> Reported:
    """What a policy's status says is the Envoy controller's, about the Backend; agentgateway's says nothing.

    It takes a policy whose target exists and whose authorities can be read, whether it is in force on agentgateway or
    not, and leaves what it has written once a target is gone (kgateway 2.1).
    """

    def reported(kind: Kind, obj: Object, status: Status) -> Status:
        status = right(kind, obj, status)
        if kind is not BACKEND_TLS_POLICY:
            return status
        others = [one for one in status.get("ancestors", ()) if not one["controllerName"].startswith("kgateway.dev/")]
        before = [one for one in dig(obj, "status", "ancestors") or [] if one["controllerName"] == _ENVOY]
        found = list(_of_envoy(obj, status, before)) or before
        return {**status, "ancestors": [*others, *found]}

    return reported


def _of_envoy(policy: Object, status: Status, before: list[Status]) -> Iterator[Status]:
    ours = [one for one in status.get("ancestors", ()) if dig(one, "ancestorRef", "kind") == "Gateway"]
    accepted = [one for entry in ours for one in entry["conditions"] if one["type"] == "Accepted"]
    if not accepted or accepted[0]["reason"] == "TargetNotFound":
        return
    usable = accepted[0]["reason"] != "NoValidCACertificate"
    condition = Condition("Accepted", usable, accepted[0]["reason"] if not usable else "Accepted")
    for target in dig(policy, "spec", "targetRefs") or []:
        if (target.get("group"), target.get("kind")) != BACKEND.key:
            continue
        ref = {"group": BACKEND.group, "kind": BACKEND.kind, "namespace": name_of(policy)[0], "name": target["name"]}
        old = next((one for one in before if one["ancestorRef"] == ref), None)
        times = [one["lastTransitionTime"] for one in accepted]
        conditions = written([condition], old, policy, times.pop)
        yield {"ancestorRef": ref, "controllerName": _ENVOY, "conditions": conditions}


def refused_without_secret() -> Mapping[str, Callable[[Any], Any]]:
    """A Backend whose key cannot be had is refused, but served without any (kgateway 2.1)."""
    problems: dict[Name, str] = {}

    def finding(right: FindSecret) -> FindSecret:
        def find(objects: Objects, namespace: str, name: str) -> Object:
            try:
                secret = right(objects, namespace, name)
            except MissingSecret as problem:
                problems[namespace, name] = str(problem)
                raise
            empty = f"secret {namespace}/{name} missing {SECRET_KEY} value"
            problems[namespace, name] = "" if secret_text(secret) else empty
            return secret

        return find

    def reporting(right: Reported) -> Reported:
        def reported(kind: Kind, obj: Object, status: Status) -> Status:
            status = right(kind, obj, status)
            if kind is not BACKEND:
                return status
            namespace = name_of(obj)[0]
            problem = next(filter(None, (problems.get((namespace, one), "") for one in _secrets_of(obj))), "")
            if not problem:
                return status
            refused = Condition("Accepted", False, "Invalid", f'Backend error: "{problem}"')
            times = [one["lastTransitionTime"] for one in status["conditions"]]
            return {"conditions": written([refused], obj.get("status"), obj, times.pop)}

        return reported

    return {
        "find_secret": finding,
        "without_credential": lambda right: lambda problem: None,
        "reported": reporting,
    }


def _secrets_of(backend: Object) -> list[str]:
    ai = dig(backend, "spec", "ai") or {}
    groups = [one for group in ai.get("priorityGroups") or [] for one in group.get("providers") or []]
    found = [dig(one, "openai", "authToken", "secretRef", "name") for one in (ai.get("llm") or {}, *groups)]
    return [one for one in found if one]
