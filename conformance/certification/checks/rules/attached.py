"""Checks of policies of the gateways' own APIs: whether they are attached to anything, and which of two counts."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Sequence
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import nearest
from conformance.certification.checks.registry import reports
from conformance.core.problems import Place
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.in_force import OWN, InForce, Level, fields_said, in_force, levels, value_at
from conformance.manifests.dialects.model import ways_or_none
from conformance.manifests.dialects.policies import AttachedPolicy, Target
from conformance.manifests.objects import Manifest

__all__: list[str] = []

_API = "AgentgatewayPolicy, TrafficPolicy: targetRefs, targetSelectors"
_NAMED = ("Gateway", "HTTPRoute", "Backend", "AgentgatewayBackend", "Service")
_NOT_DEEPER = ("targetRefs", "targetSelectors", "strategy")


@reports(
    policy_without_target=("an AgentgatewayPolicy or TrafficPolicy is attached to an object that is not there", _API),
    policy_section_unknown=("a policy's sectionName is none of its target's rules, listeners or providers", _API),
    policy_not_read=(
        "kgateway reads a TrafficPolicy for agentgateway by targetRefs to Gateways and HTTPRoutes only",
        "kgateway 2.1, TranslateTrafficPolicy",
    ),
)
def targets(sheet: Sheet) -> Iterator[Found]:
    """What a policy is meant to do does not happen, and nobody says so."""
    for policy in sheet.configuration.attached:
        for target in policy.targets:
            of_part = _no_port if target.kind == "Service" else _no_section
            yield from _unread(policy, target) or _lost(sheet, policy, target) or of_part(sheet, policy, target)


def _unread(policy: AttachedPolicy, target: Target) -> list[Found]:
    if policy.id.kind != "TrafficPolicy" or (target.name is not None and target.kind != "Backend"):
        return []
    said = "selects by labels" if target.name is None else "targets a Backend that is no MCP server"
    message = f"the policy {said}, which the gateway does not read: it has no effect"
    remedy = "name the HTTPRoute or Gateway in targetRefs"
    return [Found("policy-not-read", policy.origin.manifest, target.origin.path, message, remedy, Severity.WARNING)]


def _lost(sheet: Sheet, policy: AttachedPolicy, target: Target) -> list[Found]:
    if target.name is None:
        return _selects_none(sheet, policy, target)
    if target.kind not in _NAMED:
        return []
    known = _known(sheet, target.kind)
    if (policy.id.namespace, target.name) in known:
        return []
    elsewhere = sorted(namespace for namespace, name in known if name == target.name)
    near = nearest(target.name, {name for namespace, name in known if namespace == policy.id.namespace})
    path: FieldPath = (*target.origin.path, "name")
    if elsewhere:
        path = ("metadata", "namespace")
        remedy = f"put the policy into namespace {elsewhere[0]}, where {target.name} is"
    else:
        remedy = f"set name to {near}" if near else f"give the {target.kind} besides, or take the policy away"
    message = (
        f"there is no {target.kind} {policy.id.namespace}/{target.name} in the input: what {policy.id} says has no"
        " effect without it"
    )
    return [Found("policy-without-target", policy.origin.manifest, path, message, remedy, Severity.WARNING)]


def _selects_none(sheet: Sheet, policy: AttachedPolicy, target: Target) -> list[Found]:
    """Of labels it is known what they select where no object of that kind was left out."""
    namespace = policy.id.namespace
    mine = [one.origin.manifest for one in sheet.configuration.backends if one.id.namespace == namespace]
    other = any(place[:2] == (target.kind, namespace) for place in sheet.others)
    if target.kind != sheet.api.BACKEND_KIND or other or any(target.labels.items() <= _labels(one) for one in mine):
        return []
    message = f"no {target.kind} of namespace {namespace} has these labels: what {policy.id} says has no effect"
    remedy = f"give {mine[0].name} these labels, or select the ones that it has" if mine else "take the policy away"
    path = (*target.origin.path, "matchLabels")
    return [Found("policy-without-target", policy.origin.manifest, path, message, remedy, Severity.WARNING)]


def _labels(one: Manifest) -> ItemsView[str, Any]:
    return (one.data["metadata"].get("labels") or {}).items()


def _known(sheet: Sheet, kind: str) -> set[tuple[str, str]]:
    """(namespace, name) of everything of a kind that the input has or refers to as what routes attach to."""
    found = {(one.namespace, one.name) for one in sheet.manifests if one.kind == kind}
    found |= {place[1:] for place in sheet.others if place[0] == kind}
    routes = (*sheet.configuration.routes, *sheet.routes)
    if kind == "HTTPRoute":
        found |= {(one.id.namespace, one.id.name) for one in routes}
    if kind == "Gateway":
        found |= {(one.namespace, one.name) for one in sheet.gateways}
        found |= {(to.namespace, to.name) for route in routes for to in route.parents if to.kind == kind}
    return found


def _no_section(sheet: Sheet, policy: AttachedPolicy, target: Target) -> list[Found]:
    place = (policy.id.namespace, target.name or "")
    sections: list[str] | None = None
    if target.kind == "HTTPRoute":
        routes = {(one.id.namespace, one.id.name): one for one in (*sheet.configuration.routes, *sheet.routes)}
        sections = [rule.name for rule in routes[place].rules if rule.name] if place in routes else None
    elif target.kind == sheet.api.BACKEND_KIND:
        backends = {(one.id.namespace, one.id.name): one for one in sheet.configuration.backends}
        sections = [llm.name for llm in backends[place].providers if llm.name] if place in backends else None
    elif target.kind == "Gateway":
        gateways = {(one.namespace, one.name): one for one in sheet.gateways if one.origin is not None}
        sections = [one.name for one in gateways[place].listeners] if place in gateways else None
    if target.section is None or sections is None or target.section in sections:
        return []
    message = f"{target.kind} {target.name} has no {target.section!r}, so the policy has no effect"
    return [_section_unknown(policy, target, message, sections)]


def _no_port(sheet: Sheet, policy: AttachedPolicy, target: Target) -> list[Found]:
    """Of a Service the gateway looks at the port that a custom provider leads to, by its number."""
    there = (policy.id.namespace, target.name)
    sent = [llm.port for backend, llm in sheet.configuration.llms() if (backend.id.namespace, llm.service) == there]
    ports = sorted({str(port) for port in sent})
    if not ports or target.section in ports:
        return []
    on = "all of it" if target.section is None else f"its {target.section!r}, which is not the number of that port,"
    message = f"custom providers send to a port of Service {target.name}, and a policy on {on} has no effect"
    return [_section_unknown(policy, target, message, ports)]


def _section_unknown(policy: AttachedPolicy, target: Target, message: str, sections: Sequence[str]) -> Found:
    remedy = f"one of: {', '.join(sections)}" if sections else "leave sectionName out"
    path = (*target.origin.path, "sectionName")
    return Found("policy-section-unknown", policy.origin.manifest, path, message, remedy, Severity.WARNING)


@reports(
    policies_rival=(
        "two policies say the same field for the same requests, and which of them counts is not said, or said wrongly",
        "AgentgatewayPolicySpec, traffic and backend: fields are merged, the more precise policy first;"
        " agentgateway 1.4.1, internal_backend_policies: a route's before a Backend's",
    ),
)
def rivals(sheet: Sheet) -> Iterator[Found]:
    """It may be another one after the next restart."""
    told: set[tuple[object, ...]] = set()
    for backend, llm in sheet.configuration.llms():
        for route, rule in ways_or_none(sheet.configuration.routes, backend.id):
            first: dict[tuple[Level, str], AttachedPolicy] = {}
            ranked = [*levels(sheet.configuration, backend, llm, route, rule)]
            counting = {one.origin.place for one in in_force(sheet.configuration, backend, llm, route, rule)}
            for on_route, on_backend in _ranked_otherwise(ranked):
                if (
                    on_route.origin.place in counting
                    and (both := (on_route.origin.place, on_backend.origin.place)) not in told
                ):
                    told.add(both)
                    yield _otherwise(on_route, on_backend)
            for level, policy in ranked:
                for field in _said(policy):
                    other = first.setdefault((level, field), policy)
                    if other is policy or (key := (other.id, policy.id, field)) in told:
                        continue
                    told.add(key)
                    yield _rival(policy, other, field)


def _ranked_otherwise(ranked: Sequence[tuple[Level, AttachedPolicy]]) -> Iterator[tuple[InForce, InForce]]:
    """The fields of `backend` that policies on a route and on its Backend say differently."""
    said = [one for level, policy in ranked for one in fields_said(policy, level) if one.part == "backend"]
    for on_route in said:
        for on_backend in said:
            if (
                on_route.level in (Level.ROUTE, Level.RULE)
                and (on_backend.level, on_backend.field) == (Level.BACKEND, on_route.field)
                and value_at(on_route.origin) != value_at(on_backend.origin)
            ):
                yield on_route, on_backend


@reports(
    policy_outranked=(
        "a policy on a Backend or a route says what the Backend itself says otherwise, and so has no effect there",
        "agentgateway 1.4.1, internal_backend_policies: what stands in the Backend goes before policies (measured)",
    ),
)
def outranked(sheet: Sheet) -> Iterator[Found]:
    """Of a policy on a Gateway or listener that is meant: it is for those that say nothing themselves."""
    counting: set[Place] = set()
    lost: dict[Place, tuple[InForce, InForce]] = {}
    for backend, llm in sheet.configuration.llms() if sheet.configuration.attached else ():
        for route, rule in ways_or_none(sheet.configuration.routes, backend.id):
            found = {(one.part, one.field): one for one in in_force(sheet.configuration, backend, llm, route, rule)}
            counting |= {one.origin.place for one in found.values()}
            for level, policy in levels(sheet.configuration, backend, llm, route, rule):
                for one in fields_said(policy, level) if level > Level.LISTENER else ():
                    own = found.get((one.part, one.field))
                    if own and own.level in OWN and value_at(own.origin) != value_at(one.origin):
                        lost.setdefault(one.origin.place, (one, own))
    for place, (one, own) in lost.items():
        if place not in counting:
            owner = own.origin.manifest
            message = (
                f"{owner.id} says {one.field} itself at {own.origin.position}, and that counts: this has no effect"
            )
            remedy = "take it away here or, if this is to count, there"
            yield Found("policy-outranked", one.origin.manifest, one.origin.path, message, remedy, Severity.WARNING)


def _otherwise(on_route: InForce, on_backend: InForce) -> Found:
    owner = on_route.origin.manifest
    message = (
        f"{owner.id} at {on_route.origin.position}, on the route, says backend.{on_route.field}, too: the API's"
        " description has the Backend's count, and the gateway takes the route's"
    )
    remedy = "say it in one of them only, or in the Backend itself, which outranks both"
    origin = on_backend.origin
    return Found("policies-rival", origin.manifest, origin.path, message, remedy, Severity.WARNING)


def _rival(policy: AttachedPolicy, other: AttachedPolicy, field: str) -> Found:
    at = other.origin.below(*field.split(".")).position
    message = f"{other.id} at {at} says {field}, too, for the same requests: which of the two counts is not said"
    path = ("spec", *field.split("."))
    remedy = "say it in one of them only, or more precisely in the one that is to count"
    return Found("policies-rival", policy.origin.manifest, path, message, remedy, Severity.WARNING)


def _said(policy: AttachedPolicy) -> Iterator[str]:
    """The fields that are merged as a whole, dotted; policies of two phases do not meet."""
    spec = policy.origin.manifest.spec
    for part, value in spec.items():
        if part in _NOT_DEEPER or part in ("traffic", "backend", "frontend"):
            continue
        if value is not None:
            yield part
    for part in ("traffic", "backend", "frontend"):
        fields = spec[part] if isinstance(spec.get(part), dict) else {}
        for name in fields:
            if name != "phase" and not (part == "traffic" and fields.get("phase") == "PreRouting"):
                yield f"{part}.{name}"
