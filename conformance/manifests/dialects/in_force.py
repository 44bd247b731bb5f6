"""Which policies are in force on an exchange, field by field.

Source: agentgateway 1.4 `AgentgatewayPolicySpec` (comments of traffic and backend: fields are merged, not deeper, the
more precise policy first), `PolicyStrategy`. Those comments have policies on a route below those on a Backend; the
gateway ranks them the other way round (measured on 1.4.1 with `auth`: provider's own, on the provider, Backend's own,
on the route, on the Backend, on the listener, on the Gateway; store/binds.rs, internal_backend_policies, has rules
before routes). Of `ai` each field is merged (agentgateway 1.4, merge_llm_policies), but what is on a provider is all of
it (measured on 1.4.1; BackendPolicies.merge). What is on the port of the Service that a custom provider's backendRef
names outranks everything, and what is on that Service as a whole counts for nothing (httpproxy.rs, make_backend_call).
kgateway 2.1 `TranslateTrafficPolicy`: policies on Gateways and routes, by name only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Origin, Route, Rule
from conformance.manifests.dialects.policies import AttachedPolicy, Target
from conformance.manifests.objects import Manifest

__all__ = ["OWN", "InForce", "Level", "fields_said", "in_force", "is_meant", "levels", "traffic_in_force", "value_at"]


class Level(IntEnum):
    """How precise an attachment is to the gateway."""

    GATEWAY = 0
    LISTENER = 1
    BACKEND = 2
    ROUTE = 3
    RULE = 4
    OF_BACKEND = 5
    PROVIDER = 6
    OF_PROVIDER = 7
    PORT = 8


OWN = (Level.OF_BACKEND, Level.OF_PROVIDER)
"""What stands in the Backend itself."""


@dataclass(frozen=True)
class InForce:
    """A field of a policy, dotted, where it stands, and at which level; `part` is traffic, backend or frontend."""

    part: str
    field: str
    level: Level
    origin: Origin


# Of `ai` what is in the one is merged with its likes, and takes the place of all that the one before it has.
_TIERS = ((Level.PROVIDER, Level.OF_PROVIDER), (Level.PORT,))
_PARTS = ("traffic", "backend", "frontend")
_SETS = ("ListenerSet", "XListenerSet")
_ROUTES, _GATEWAYS = ("HTTPRoute",), ("Gateway", *_SETS)


def in_force(
    configuration: Configuration, backend: Backend, llm: Llm, route: Route | None, rule: Rule | None
) -> list[InForce]:
    """The fields that count for requests by a rule to a provider, each once: of several, the most precise one's."""
    ranked = sorted(levels(configuration, backend, llm, route, rule), key=lambda one: one[0])
    authoritative = next((level for level, policy in ranked if _overrides(policy)), Level.PORT)
    every = [
        (one, _phase(policy, one.part))
        for level, policy in ranked
        for one in fields_said(policy, level)
        if one.part != "traffic" or level <= authoritative
    ]
    for level, owner in ((Level.OF_BACKEND, backend.origin), (Level.OF_PROVIDER, llm.origin)):
        every += [(one, "") for one in _merged("backend", owner.below("policies"), level)]
    found: dict[tuple[str, str, str], InForce] = {}
    for one, phase in sorted(every, key=lambda one: one[0].level):
        if one.part == "backend" and one.field.startswith("ai."):
            found = {key: two for key, two in found.items() if not _gives_way(two, one)}
        found[one.part, phase, one.field] = one
    return list(found.values())


def traffic_in_force(configuration: Configuration, route: Route, rule: Rule) -> dict[str, InForce]:
    """The fields of `traffic` that count for requests by a rule, whatever Backend these go to."""
    ranked = sorted(levels(configuration, None, None, route, rule), key=lambda one: one[0])
    authoritative = next((level for level, policy in ranked if _overrides(policy)), Level.RULE)
    found: dict[str, InForce] = {}
    for level, policy in ranked:
        if level <= authoritative and not _phase(policy, "traffic").startswith("Pre"):
            found.update({one.field: one for one in fields_said(policy, level) if one.part == "traffic"})
    return found


def _gives_way(one: InForce, other: InForce) -> bool:
    """Whether a field of `ai` counts for nothing beside another that stands more precisely."""
    return (one.part, one.field[:3]) == ("backend", "ai.") and any(
        other.level in tier and one.level not in tier for tier in _TIERS
    )


def levels(
    configuration: Configuration, backend: Backend | None, llm: Llm | None, route: Route | None, rule: Rule | None
) -> Iterator[tuple[Level, AttachedPolicy]]:
    """The policies that are attached to something on the way of such requests, each with its most precise level."""
    for policy in configuration.attached:
        found = (_level(configuration, policy, target, backend, llm, route, rule) for target in policy.targets)
        if reached := [level for level in found if level is not None]:
            yield max(reached), policy


def _level(
    configuration: Configuration,
    policy: AttachedPolicy,
    target: Target,
    backend: Backend | None,
    llm: Llm | None,
    route: Route | None,
    rule: Rule | None,
) -> Level | None:
    if backend is not None and llm is not None and target.kind == "Service":
        here = (policy.id.namespace, target.name) == (backend.id.namespace, llm.service or "")
        return Level.PORT if here and target.section == str(llm.port) else None
    if backend is not None and llm is not None and target.kind == backend.id.kind:
        if not is_meant(target, policy, backend.origin.manifest):
            return None
        return Level.BACKEND if target.section is None else Level.PROVIDER if target.section == llm.name else None
    if route is None or rule is None:
        return None
    if target.kind in _ROUTES:
        if not is_meant(target, policy, route.origin.manifest):
            return None
        return Level.ROUTE if target.section is None else Level.RULE if target.section == rule.name else None
    if target.kind in _GATEWAYS and _is_entered(configuration, policy, target, route):
        return Level.GATEWAY if target.section is None else Level.LISTENER
    return None


def is_meant(target: Target, policy: AttachedPolicy, one: Manifest) -> bool:
    """Whether an object, of the kind that a target has, is meant by it: by its name or by its labels."""
    labels = one.data["metadata"].get("labels") or {}
    return one.namespace == policy.id.namespace and (
        _selects(target.labels, labels) if target.name is None else target.name == one.name
    )


def _selects(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in wanted.items())


def _is_entered(configuration: Configuration, policy: AttachedPolicy, target: Target, route: Route) -> bool:
    """Whether requests for a route come in by such a Gateway, or may. One that is not known may have the labels, and
    which routes come by way of a set of listeners is not looked at.
    """
    if target.kind in _SETS:
        return True
    for parent in route.parents:
        place = (parent.namespace, parent.name)
        if parent.kind != target.kind or parent.namespace != policy.id.namespace:
            continue
        known = configuration.gateway_labels.get(place)
        named = (
            target.name == parent.name if target.name is not None else known is None or _selects(target.labels, known)
        )
        if named and (None in (target.section, parent.section) or target.section == parent.section):
            return True
    return False


def fields_said(policy: AttachedPolicy, level: Level) -> Iterator[InForce]:
    """The fields of a policy that are merged as a whole."""
    spec = policy.origin
    if policy.id.kind == "TrafficPolicy":
        for name in spec.manifest.spec:
            if name not in ("targetRefs", "targetSelectors"):
                yield InForce("traffic", name, level, spec.below(name))
        return
    for part in _PARTS:
        yield from _merged(part, spec.below(part), level)


def _merged(part: str, at: Origin, level: Level) -> Iterator[InForce]:
    """The fields that are merged as a whole."""
    for name, value in _mapping(at).items():
        if value is None:
            continue
        inner = _mapping(at.below(name)) if (part, name) == ("backend", "ai") else {}
        if inner:
            yield from (InForce(part, f"{name}.{field}", level, at.below(name, field)) for field in inner)
        else:
            yield InForce(part, name, level, at.below(name))


def value_at(origin: Origin) -> Any:
    """What stands at a place. Raises LookupError where nothing does."""
    found: Any = origin.manifest.data
    for part in origin.path:
        found = found[part]
    return found


def _mapping(at: Origin) -> Mapping[str, object]:
    """The mapping at a place; empty where there is none."""
    found: Any = at.manifest.data
    try:
        for part in at.path:
            found = found[part]
    except (LookupError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _overrides(policy: AttachedPolicy) -> bool:
    return _mapping(policy.origin.below("strategy")).get("inheritance") == "Override"


def _phase(policy: AttachedPolicy, part: str) -> str:
    return str(_mapping(policy.origin.below(part)).get("phase", "")) if part == "traffic" else ""
