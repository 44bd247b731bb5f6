"""Which policies of the gateways' own APIs are about what is certified, and which are attached to nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.manifests.dialects import DIALECTS, dialect_named, dialect_of
from conformance.manifests.dialects.gateway_api import read_attached
from conformance.manifests.dialects.in_force import is_meant
from conformance.manifests.dialects.model import Route
from conformance.manifests.dialects.policies import AttachedPolicy, Target
from conformance.manifests.listener_sets import SETS
from conformance.manifests.objects import BACKEND, BACKEND_KINDS, Manifest

__all__ = ["POLICY_GROUPS", "Reach", "provider_services"]

POLICY_GROUPS = {
    "AgentgatewayPolicy": "agentgateway.dev",
    "EnterpriseAgentgatewayPolicy": "enterpriseagentgateway.solo.io",
    "TrafficPolicy": "gateway.kgateway.dev",
}
_DIALECT_OF = {
    **{dialect_named(name).BACKEND_GROUP: name for name in DIALECTS},
    POLICY_GROUPS["EnterpriseAgentgatewayPolicy"]: "agentgateway-1",
}
# What a policy can be attached to and we can see; of other kinds nobody knows whether they are there.
_SEEN = ("Gateway", "HTTPRoute", "Backend", "AgentgatewayBackend", "Service")


class Reach:
    """What policies reach: `ours` are the objects that are certified, routes those of the whole input and ours."""

    def __init__(
        self,
        everything: Iterable[Manifest],
        ours: Iterable[Manifest],
        routes: Iterable[Route],
        our_routes: Iterable[Route],
    ) -> None:
        self._ours = list(ours)
        self._places = {(one.kind, one.namespace, one.name) for one in self._ours}
        self._places |= {(to.kind, to.namespace, to.name) for route in our_routes for to in route.parents}
        self._places |= {("Service", *place) for place in provider_services(self._ours)}
        self._everything = list(everything)
        self._known = {(one.kind, one.namespace, one.name) for one in self._everything} | self._places
        self._known |= {(to.kind, to.namespace, to.name) for route in routes for to in route.parents}
        self._dialect = dialect_of(self._ours).NAME if any(one.role == BACKEND for one in self._ours) else ""

    def why_not(self, one: Manifest) -> str:
        """Why a policy changes nothing of what is certified; empty for one that may, or that has lost its target."""
        if one.group != POLICY_GROUPS[one.kind]:
            return f"{one.kind} of {one.group or 'the core group'} is another API's"
        if self._dialect not in ("", _DIALECT_OF[one.group]):
            return f"of {one.group}, which the gateway of these Backends does not read"
        policy = read_attached(one)
        if any(self._is_about_ours(policy, target) or self._is_lost(policy, target) for target in policy.targets):
            return ""
        # One that has something to say and nothing that it is attached to has a mistake in it.
        return "it is attached to nothing that is certified" if policy.targets or not one.spec else ""

    def _is_about_ours(self, policy: AttachedPolicy, target: Target) -> bool:
        if target.kind in SETS:
            return True
        if target.name is not None:
            return (target.kind, policy.id.namespace, target.name) in self._places
        return any(one.kind == target.kind and is_meant(target, policy, one) for one in self._ours)

    def _is_lost(self, policy: AttachedPolicy, target: Target) -> bool:
        """Whether there is no such object in the whole input; Gateways of others may have any labels."""
        if target.name is None:
            return target.kind in BACKEND_KINDS and not any(
                one.kind == target.kind and is_meant(target, policy, one) for one in self._everything
            )
        place = (target.kind, policy.id.namespace, target.name)
        return target.kind in _SEEN and place not in self._known


def provider_services(backends: Iterable[Manifest]) -> set[tuple[str, str]]:
    """(namespace, name) of the Services that custom providers lead to."""
    found: set[tuple[str, str]] = set()
    for one in backends:
        for provider in _providers(one.spec.get("ai")):
            reference = _of(provider, "custom", "backendRef")
            if reference.get("kind", "Service") == "Service" and isinstance(reference.get("name"), str):
                found.add((one.namespace, reference["name"]))
    return found


def _providers(ai: Any) -> Iterator[Any]:
    """The provider entries of what nobody has validated yet."""
    yield _of(ai, "provider")
    for members in _list(_of(ai), "groups"):
        yield from _list(_of(members), "providers")


def _of(data: Any, *path: str) -> dict[str, Any]:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _list(data: dict[str, Any], name: str) -> list[Any]:
    found = data.get(name)
    return found if isinstance(found, list) else []
