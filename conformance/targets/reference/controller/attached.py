"""AgentgatewayPolicies, enterprise ones too: what they say of requests that come a certain way, and of Backends.

Source: agentgateway 1.4, AgentgatewayPolicySpec: the fields of several policies are put together, those of the more
precise attachment first. The specification has Gateway, listener, route, rule of it, Backend, provider; the gateway has
the Backend before the route (measured on 1.4.1; crates/agentgateway/src/store/binds.rs, internal_backend_policies). Of
`ai` the fields are put together, but what a provider has takes the place of all others' (measured on 1.4.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import (
    AGENTGATEWAY_BACKEND,
    AGENTGATEWAY_POLICY,
    ENTERPRISE_POLICY,
    GATEWAY,
    HTTP_ROUTE,
    Kind,
)
from conformance.targets.reference.controller.view import Object, Objects, age, dig, name_of

__all__ = ["NOTHING", "Attached", "Fields", "OnBackend", "Said", "Way", "below_own", "merged", "with_traffic"]

Said = tuple[str, Any]
"""(namespace of the object that says so, what it says)."""
Fields = dict[str, Said]


@dataclass(frozen=True)
class OnBackend:
    """The policies that hold for a Backend, the weakest first: on the Gateway that requests come by, on the Backend as
    a whole, on their route, on its providers by name, and on ports of Services beside it by name and number.
    """

    entrance: Fields = field(default_factory=dict)
    whole: Fields = field(default_factory=dict)
    route: Fields = field(default_factory=dict)
    providers: Mapping[str, Fields] = field(default_factory=dict)
    ports: Mapping[tuple[str, str], Fields] = field(default_factory=dict)


NOTHING = OnBackend()


@dataclass(frozen=True)
class Way:
    """How a request comes: by a listener of a Gateway, and by a rule of a route."""

    gateway: Object
    listener: str
    route: Object
    rule: str | None


class Attached:
    """All policies; of two that say the same equally precisely the older counts."""

    def __init__(self, objects: Objects) -> None:
        """`policies`: as they stand, the younger first."""
        both = [one for kind in (AGENTGATEWAY_POLICY, ENTERPRISE_POLICY) for one in objects.peek_all(kind)]
        self.policies = sorted(both, key=age, reverse=True)

    def __bool__(self) -> bool:
        return bool(self.policies)

    def on(self, backend: Object, way: Way | None = None) -> OnBackend:
        """What holds for a Backend, and for requests to it that come this way."""
        whole: Fields = {}
        providers: dict[str, Fields] = {}
        for section, said in self._targeting("backend", AGENTGATEWAY_BACKEND, backend):
            _merge(whole if section is None else providers.setdefault(section, {}), said)
        ports = self._ports(name_of(backend)[0])
        if way is None:
            return OnBackend({}, whole, {}, providers, ports)
        entrance, route = (self._on("backend", one) for one in _steps(way))
        return OnBackend(entrance, whole, route, providers, ports)

    def traffic(self, way: Way) -> Fields:
        """What holds for requests that come this way."""
        return merged(*(self._on("traffic", one) for one in _steps(way)))

    def _on(self, part: str, step: tuple[Kind, Object, str | None]) -> Fields:
        """What policies on an object say, and on the section of it that requests come by."""
        kind, target, section = step
        found: Fields = {}
        said = list(self._targeting(part, kind, target))
        for wanted in (None, section) if section else (None,):
            for named, fields in said:
                if named == wanted:
                    _merge(found, fields)
        return found

    def _ports(self, namespace: str) -> dict[tuple[str, str], Fields]:
        """What policies on ports of Services say of requests to these; on a whole Service they say nothing of them."""
        found: dict[tuple[str, str], Fields] = {}
        for policy in self.policies:
            said = dig(policy, "spec", "backend")
            for ref in (dig(policy, "spec", "targetRefs") or []) if said and name_of(policy)[0] == namespace else ():
                if ref.get("kind") == "Service" and ref.get("sectionName"):
                    fields = {key: (namespace, value) for key, value in said.items()}
                    _merge(found.setdefault((ref["name"], ref["sectionName"]), {}), fields)
        return found

    def _targeting(self, part: str, kind: Kind, target: Object) -> Iterator[tuple[str | None, Fields]]:
        """(sectionName, fields) of the policies on an object or on a part of it."""
        namespace, name = name_of(target)
        labels = dig(target, "metadata", "labels") or {}
        for policy in self.policies:
            said = dig(policy, "spec", part)
            if name_of(policy)[0] != namespace or not said or (part == "traffic" and _is_early(said)):
                continue
            fields = {key: (namespace, value) for key, value in said.items()}
            for ref in dig(policy, "spec", "targetRefs") or []:
                if (ref.get("kind"), ref.get("name")) == (kind.kind, name):
                    yield ref.get("sectionName"), fields
            for ref in dig(policy, "spec", "targetSelectors") or []:
                wanted = ref.get("matchLabels") or {}
                if ref.get("kind") == kind.kind and all(labels.get(key) == value for key, value in wanted.items()):
                    yield ref.get("sectionName"), fields


def _steps(way: Way) -> tuple[tuple[Kind, Object, str | None], ...]:
    return (GATEWAY, way.gateway, way.listener), (HTTP_ROUTE, way.route, way.rule)


def _is_early(traffic: Object) -> bool:
    """Whether it is about requests that no route has been chosen for, which this gateway does not change."""
    return str(traffic.get("phase", "")).startswith("Pre")


def merged(*layers: Fields) -> Fields:
    """Fields put together, the first layer the weakest."""
    found: Fields = {}
    for layer in layers:
        _merge(found, layer)
    return found


def below_own(around: tuple[Fields, ...], own: Fields) -> Fields:
    """What policies around a Backend say, the weakest first, and what it says itself, which counts before them."""
    return merged(*around, own)


# A text in quotes of one kind, without escapes (CEL).
_TEXT = re.compile(r"""\s*(?P<quote>["'])(?P<text>(?:(?!(?P=quote))[^\\\n])*)(?P=quote)\s*""")
_MODIFIERS = {"request": "RequestHeaderModifier", "response": "ResponseHeaderModifier"}


def with_traffic(rule: Object, said: Fields) -> Object:
    """A rule with the header modifiers and the timeout of policies, where it has none of its own, and with what no
    route can say: headers as expressions, the client's Host, an answer of the gateway's.
    """
    found = dict(rule)
    _, modifiers = said.get("headerModifiers", ("", {}))
    for side, type_ in _MODIFIERS.items():
        given = found.get("filters") or []
        if modifiers.get(side) and all(one.get("type") != type_ for one in given):
            found["filters"] = [*given, {"type": type_, f"{side}HeaderModifier": modifiers[side]}]
    found["filters"] = [*_further(said), *(found.get("filters") or [])]
    _, answer = said.get("directResponse", ("", {}))
    if "status" in answer:
        found["answer"] = answer
    if "apiKeyAuthentication" in said:
        found["callers"] = said["apiKeyAuthentication"]
    _, timeouts = said.get("timeouts", ("", {}))
    if "request" in timeouts and not dig(rule, "timeouts", "request"):
        found["timeouts"] = {**(rule.get("timeouts") or {}), "request": timeouts["request"]}
    return found


def _further(said: Fields) -> list[Object]:
    """What policies say that a route cannot, in the form of filters."""
    _, transformation = said.get("transformation", ("", {}))
    found: list[Object] = [
        {"type": type_, f"{side}HeaderModifier": changes, "computed": True}
        for side, type_ in _MODIFIERS.items()
        if (changes := _texts(transformation.get(side) or {}))
    ]
    _, rewrite = said.get("hostRewrite", ("", {}))
    if rewrite.get("mode") == "None":
        found.append({"type": "KeepHost"})
    return found


def _texts(transform: Object) -> Object:
    """The headers that are set to plain texts: no other expressions are computed here."""
    found: dict[str, Any] = {}
    for name in ("set", "add"):
        entries = [(one["name"], _TEXT.fullmatch(one["value"])) for one in transform.get(name) or []]
        if entries and all(text and not header.startswith(":") for header, text in entries):
            found[name] = [{"name": header, "value": text["text"]} for header, text in entries if text]
    removed = transform.get("remove") or []
    if removed and not any(one.startswith(":") for one in removed):
        found["remove"] = removed
    return found


def _merge(into: Fields, fields: Fields) -> None:
    """Fields as a whole; of `ai` each by itself."""
    for name, (namespace, value) in fields.items():
        before = into.get(name)
        if name == "ai" and before is not None:
            value = {**before[1], **value}
        into[name] = namespace, value
