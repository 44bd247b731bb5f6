"""What manifests bring that all of their providers stand in or attach to: Namespaces, GatewayClasses, Gateways, and
policies that are nobody's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.exchange.oracle.sharing import apart
from conformance.manifests.dialects import dialect_named, read_configuration
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.dialects.gateway_api import GROUP, read_attached, read_route
from conformance.manifests.dialects.model import Configuration, Route
from conformance.manifests.dialects.policies import AttachedPolicy
from conformance.manifests.gateway_classes import controllers_of, owner_of
from conformance.manifests.gateways import (
    GatewayFacts,
    Labels,
    ListenerFacts,
    attachments,
    labels_of_namespaces,
    placed,
    placed_route,
    read_gateway,
)
from conformance.manifests.gateways import served_in_clear as in_clear
from conformance.manifests.objects import BACKEND, BACKEND_KINDS, POLICY, Manifest, ManifestSet
from conformance.stage.scenario.placement import beside
from conformance.stage.scenario.profile import Profile

__all__ = ["FENCE", "KINDS", "Entrance", "Surroundings"]

KINDS = ("Namespace", "GatewayClass", "Gateway")
FENCE = "agw-conformance-fence"
"""The Gateway of the suite's own way through the gateway, where the documented one is not there."""


@dataclass(frozen=True)
class Entrance:
    """Where requests come in: a listener of a given Gateway to which a route of this namespace attaches, with the host
    names that the route has there; without a listener where no route attaches to any.
    """

    gateway: GatewayFacts
    listener: ListenerFacts | None
    namespace: str
    hostnames: tuple[str, ...] = ()


def _is_shared(policy: AttachedPolicy) -> bool:
    """Whether a policy is attached to Gateways, to what certain labels are on, or to nothing that is there."""
    return not any(one.name and one.kind in (*BACKEND_KINDS, "HTTPRoute") for one in policy.targets)


class Surroundings:
    """Those of the given manifests; without Gateways among them it is the documented one that routes attach to."""

    def __init__(self, manifests: Iterable[Manifest] = ()) -> None:
        given = ManifestSet(manifests)
        self.manifests = given.of_kind(*KINDS)
        self._backends = {one.id for one in given.of_kind(BACKEND)}
        self.policies = [one for one in given.of_kind(POLICY) if _is_shared(read_attached(one))]
        places = {one.namespace for one in self.policies}
        self._named_by_policies = [one for one in given.of_kind("Secret", "ConfigMap") if one.namespace in places]
        self.routes = [read_route(one) for one in given.of_kind("HTTPRoute")]

    @cached_property
    def labels(self) -> Labels:
        """Those of the Namespaces."""
        return labels_of_namespaces(self.manifests)

    @cached_property
    def placed_routes(self) -> Sequence[Route]:
        """All given routes, with the listeners of the given Gateways that they attach to."""
        return [placed_route(route, self.gateways, self.labels) for route in self.routes]

    @cached_property
    def _served(self) -> Sequence[Manifest]:
        """The Gateways that are agentgateway's: what nobody programs is as good as not there."""
        controllers = controllers_of(self.manifests)

        def served(one: Manifest) -> bool:
            return owner_of(str(one.spec.get("gatewayClassName")), controllers).served

        return [one for one in self._of_kind("Gateway") if served(one)]

    @cached_property
    def gateways(self) -> Sequence[GatewayFacts]:
        """The Gateways as they are tested: in clear."""
        return [read_gateway(in_clear(one)) for one in self._served]

    def _of_kind(self, kind: str) -> list[Manifest]:
        return [one for one in self.manifests if one.kind == kind]

    def documented(self, dialect: str) -> bool:
        """Whether the documented Gateway is there: no others are, and none that is not served has its place."""
        at = dialect_named(dialect).GATEWAY
        taken = {(one.namespace, one.name) for one in self._of_kind("Gateway")}
        return not self.gateways and (at.namespace, at.name) not in taken

    @cached_property
    def entrance(self) -> Entrance | None:
        """By the first Gateway that a route attaches to; else by the first Gateway; None without any."""
        for route in self.routes:
            for gateway, listener, hostnames in attachments(route, self.gateways, self.labels):
                return Entrance(gateway, listener, route.id.namespace, hostnames)
        return Entrance(self.gateways[0], None, self.gateways[0].namespace) if self.gateways else None

    def not_by(self, entrance: Entrance) -> list[Route]:
        """The routes that attach to listeners, but to none of this Gateway and port."""
        port = entrance.listener and entrance.listener.port
        found = [(route, attachments(route, self.gateways, self.labels)) for route in self.routes]
        place = (entrance.gateway.namespace, entrance.gateway.name, port)
        return [
            route
            for route, some in found
            if some and place not in [(one.namespace, one.name, listener.port) for one, listener, _ in some]
        ]

    def read(self, manifests: Iterable[Manifest], dialect: str) -> Configuration:
        """What manifests say, with the host names that routes have on the given Gateways. Raises InputProblem.

        What rules share with given Backends that are not among these manifests is told apart.
        """
        everything = list(manifests)
        own = {one.id for one in everything}
        shared = (*self.policies, *self._named_by_policies, *self._of_kind("Gateway"))
        everything += [one for one in shared if one.id not in own]
        configuration = apart(read_configuration(everything, dialect), self._backends)
        given = {one.id for one in self.manifests}
        # A scenario may have a Gateway of its own.
        further = [one for one in everything if one.kind == "Gateway" and one.id not in given]
        return placed(configuration, [*self.gateways, *(read_gateway(in_clear(one)) for one in further)], self.labels)

    def namespace(self, name: str) -> dict[str, Any]:
        """The Namespace of a name, as it was given where it was."""
        for one in self.manifests:
            if (one.kind, one.name) == ("Namespace", name):
                return one.data
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}

    def gateway_objects(self, dialect: str) -> list[dict[str, Any]]:
        """The GatewayClasses and Gateways to apply: the given ones and a Gateway for the fence, or the documented.

        A class that is not among the manifests is taken for one of our gateways.
        """
        documented = [one.copy().data for one in gateway_manifests(dialect)]
        if self.documented(dialect):
            return documented
        objects = {(one.kind, one.name): one.data for one in self._of_kind("GatewayClass")}
        (own,) = (one for one in documented if one["kind"] == "GatewayClass")
        for name in (own["metadata"]["name"], *(gateway.class_name for gateway in self.gateways)):
            if name:
                objects.setdefault(("GatewayClass", name), {**own, "metadata": {"name": name}})
        fence = next(one for one in documented if one["kind"] == "Gateway")
        fence["metadata"]["name"] = FENCE
        return [*objects.values(), *(in_clear(one).data for one in self._served), fence]

    def attach_fence(self, fence: ManifestSet, dialect: str) -> None:
        """Let the fence's routes attach to the Gateway that is there for them."""
        if not self.documented(dialect):
            for route in fence.of_kind("HTTPRoute"):
                for parent in route.data["spec"]["parentRefs"]:
                    parent |= {"group": GROUP, "kind": "Gateway", "name": FENCE}

    def served(self, gateway: GatewayFacts) -> dict[str, Any]:
        """A given Gateway as an object, as it is tested: in clear."""
        place = (gateway.namespace, gateway.name)
        return next(in_clear(one).data for one in self._served if (one.namespace, one.name) == place)

    def given_class(self, name: str) -> dict[str, Any] | None:
        """The given GatewayClass of a name."""
        return next((one.data for one in self._of_kind("GatewayClass") if one.name == name), None)

    def entering(self, fence: Profile, dialect: str) -> Profile:
        """The suite's own way through where each Gateway has its own proxy: in by where a given route is let in."""
        if (entrance := self.entrance) is None:
            return fence
        gateway, listener = entrance.gateway, entrance.listener
        fence = beside(fence, dialect_named(dialect).GATEWAY, entrance.namespace, gateway.name)
        fence = dataclasses.replace(fence, manifests=fence.manifests.copy())
        parent = {"group": GROUP, "kind": "Gateway", "namespace": gateway.namespace, "name": gateway.name}
        for route in fence.manifests.of_kind("HTTPRoute"):
            route.spec["parentRefs"] = [parent | ({"sectionName": listener.name} if listener else {})]
            route.spec["hostnames"] = list(entrance.hostnames)
        return fence
