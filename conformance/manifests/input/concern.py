"""Which of the given objects are about LLM providers behind the gateway, and why the others are left out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from conformance.core.yaml.located import dotted
from conformance.manifests.dialects import BEYOND, DIALECTS, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP, as_list, read_policy, read_route
from conformance.manifests.dialects.model import Origin, Route
from conformance.manifests.gateway_classes import Owner, controllers_of, data_plane_of, owner_of
from conformance.manifests.input.files import LeftOut
from conformance.manifests.input.native import native_members, native_type, secrets_named, secrets_of, without
from conformance.manifests.input.policies import Reach, provider_services
from conformance.manifests.listener_sets import SETS, ListenerSets
from conformance.manifests.objects import BACKEND, BACKEND_KINDS, POLICY_KINDS, Manifest
from conformance.manifests.parts import part_of
from conformance.manifests.rendering.gitops import deployed

__all__ = ["Concern", "Place", "PolicyTarget", "backend_kind_of", "default_namespaces", "reason_for"]

Place = tuple[str, str]
"""(namespace, name)."""
PolicyTarget = tuple[str, str, str]
"""What a policy may target: (kind, namespace, name)."""

_DIALECTS = [dialect_named(name) for name in DIALECTS]
_GROUPS = tuple(one.BACKEND_GROUP for one in _DIALECTS)
# What else than a Gateway a route can be attached to: sets of listeners, and Services in a mesh.
_OTHER_PARENTS = (*SETS, "Service")
_NAMESPACED = (
    *BACKEND_KINDS,
    "Secret",
    "ConfigMap",
    "HTTPRoute",
    "BackendTLSPolicy",
    "ReferenceGrant",
    "Gateway",
    "Service",
    *POLICY_KINDS,
    *SETS,
    *BEYOND,
)


class Concern:
    """Sorts objects in the order in which one leads to the other: Backends, routes and policies, what these need.

    Raises InputProblem for fields of the wrong type in what concerns us.
    """

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._rest = everything = list(manifests)
        self.left_out: list[LeftOut] = []
        whole = self._take(self._why_no_backend, *BACKEND_KINDS)
        self.backends = [self._without_native(one) for one in whole]
        self.secrets_beside = self._secrets_beside(whole)
        self.secrets_named = secrets_of(self.backends)
        self._names = {one.name for one in self.backends}
        self._served = provider_services(self.backends)
        self._services = {(one.namespace, one.name) for one in self._rest if (one.group, one.kind) == ("", "Service")}
        sets = ListenerSets(everything)
        self._rest = [sets.whole(self._without_native_refs(one)) for one in self._rest]
        whole = [one for one in self._rest if (one.group, one.kind) == (GROUP, "HTTPRoute")]
        self.all_routes = tuple(read_route(one) for one in whole)
        self.routes = [part for one in self._take(self._why_no_route, "HTTPRoute") if (part := self._relevant(one))]
        for route in self.parsed():
            self._leave_out_parents(route)
        self.policies = self._take(self._why_no_policy, "BackendTLSPolicy")
        self.grants = self._take(self._why_no_grant, "ReferenceGrant")
        self._controllers = controllers_of(self._rest)
        self._parents = {(to.namespace, to.name) for route in self.parsed() for to in route.parents}
        self.gateways = self._take(self._why_no_gateway, "Gateway")
        self.classes = self._take(self._why_no_class, "GatewayClass")
        reach = Reach(everything, [*self.backends, *self.routes, *self.gateways], self.all_routes, self.parsed())
        self.attached = self._take(reach.why_not, *POLICY_KINDS)
        self.secrets_named |= secrets_of(self.attached)

    def _take(self, why_not: Any, *kinds: str) -> list[Manifest]:
        """Take the objects of these kinds that concern us out of the rest, and leave out the others."""
        found: list[Manifest] = []
        kept: list[Manifest] = []
        for one in self._rest:
            if one.kind not in kinds:
                kept.append(one)
            elif reason := why_not(one):
                self.leave_out(one, reason)
            else:
                found.append(one)
        self._rest = kept
        return found

    def leave_out(self, one: Manifest, reason: str) -> None:
        """Say why an object is not looked at."""
        self.left_out.append(LeftOut(str(one.id), one.at(), reason, one))

    def rest(self) -> Iterator[Manifest]:
        """What is neither taken nor left out yet."""
        yield from self._rest

    def services(self) -> list[Manifest]:
        """The Services that routes to Backends lead to, or send copies to, besides."""
        rules = [rule for route in self.parsed() for rule in route.rules]
        refs = [ref for rule in rules for ref in (*rule.backends, *rule.mirrors)]
        wanted = {(ref.id.namespace, ref.id.name) for ref in refs if _to_service(ref)}
        return [one for one in self._rest if (one.group, one.kind) == ("", "Service") and _place(one) in wanted]

    def parsed(self) -> list[Route]:
        """The routes, read."""
        return [read_route(one) for one in self.routes]

    def _why_no_backend(self, one: Manifest) -> str:
        ai = "ai" in one.spec
        if one.kind == "Backend" and one.group == _GROUPS[0]:
            kind = one.spec.get("type")
            if ai and kind != "AI":
                raise one.problem("spec.ai counts only where this is AI", "spec", "type", remedy="write type: AI")
            if kind != "AI":
                return f"of type {kind}, not of an LLM provider"
        if native := native_type(one):
            return f"of {native}, whose own API is not judged"
        if one.kind == "Backend" and one.group == _GROUPS[0]:
            return ""
        if ai:
            return ""  # of a group that the API endpoint will not know, which is what a person must be told
        if one.group in _GROUPS:
            return f"not of an LLM provider but {', '.join(map(str, one.spec)) or 'empty'}"
        return f"{one.kind} of {one.group or 'the core group'} is another API's"

    def _without_native(self, one: Manifest) -> Manifest:
        """A Backend less the members of its groups whose API is the vendor's own."""
        for place, native, _ in native_members(one):
            what = f"{dotted(place)} of {one.id}"
            self.left_out.append(LeftOut(what, one.at(*place), f"{native} has an API of its own, which is not judged"))
        return without(one)

    def _without_native_refs(self, route: Manifest) -> Manifest:
        """A route less the shares of its rules that native providers have beside others."""
        if (route.group, route.kind) != (GROUP, "HTTPRoute"):
            return route
        natives = {_place(one.manifest) for one in self.left_out if one.manifest and native_type(one.manifest)}
        for number, rule in enumerate(read_route(route).rules if natives else ()):
            refs = [(ref.id.namespace, ref.id.name) for ref in rule.backends]
            kept = [index for index, ref in enumerate(refs) if ref not in natives]
            if 0 < len(kept) < len(refs):
                route = part_of(route, ("spec", "rules", number, "backendRefs"), kept)
        return route

    def _secrets_beside(self, backends: Iterable[Manifest]) -> set[Place]:
        """The Secrets to which Backends, and members of Backends, refer that are left out."""
        others = [one.manifest for one in self.left_out if one.manifest and one.manifest.role == BACKEND]
        found = {(one.namespace, name) for one in others for name in secrets_named(one.data)}
        members = ((one, entry) for one in backends for _, _, entry in native_members(one))
        return found | {(one.namespace, name) for one, entry in members for name in secrets_named(entry)}

    def _why_no_route(self, one: Manifest) -> str:
        if one.group != GROUP:
            return f"HTTPRoute of {one.group or 'the core group'} is another API's"
        refs = list(_refs(read_route(one)))
        if any(self._leads_here(ref) for ref in refs):
            return ""
        return f"it leads only to {_kinds(refs)}" if refs else "it leads to no Backend"

    def _leads_here(self, ref: Any) -> bool:
        """Whether a backendRef is to a Backend of an LLM provider, or by its name is meant to be."""
        others = {_place(one.manifest) for one in self.left_out if one.manifest and one.manifest.role == BACKEND}
        place = (ref.id.namespace, ref.id.name)
        if ref.id.kind in BACKEND_KINDS or ref.id.group in _GROUPS:
            return place not in others or ref.id.name in self._names
        return ref.id.name in self._names and place not in self._services

    def _relevant(self, route: Manifest) -> Manifest:
        """A route less the rules that lead to nothing but Services, which stand for nothing here."""
        rules = read_route(route).rules
        ours = [number for number, rule in enumerate(rules) if any(self._leads_here(ref) for ref in rule.backends)]
        for number, rule in enumerate(rules):
            if number not in ours:
                what = f"rules[{number}] of {route.id}"
                said = f"it leads only to {_kinds(rule.backends)}" if rule.backends else "it leads to no Backend"
                self.left_out.append(LeftOut(what, rule.origin.position, said))
        return route if len(ours) == len(rules) else part_of(route, ("spec", "rules"), ours)

    def _leave_out_parents(self, route: Route) -> None:
        """Listener sets and Services as parents are not looked at. Raises InputProblem for a route without others."""
        beyond = [one for one in route.parents if one.kind in _OTHER_PARENTS]
        for one in beyond:
            what = f"{one.kind} {one.namespace}/{one.name}"
            if len(beyond) == len(route.parents):
                manifest, path = one.origin.manifest, one.origin.path
                remedy = "certify it with a parentRef to the Gateway itself"
                raise manifest.beyond(f"a route by way of a {what}", *path, remedy=remedy)
            told = f"the parentRef of {route.id} to {what}"
            self.left_out.append(LeftOut(told, one.origin.position, "only Gateways are looked at as parents"))

    def _why_no_policy(self, one: Manifest) -> str:
        targets = read_policy(one).targets
        if not targets:
            field = "targetRef" if "targetRef" in one.spec else "targetRefs"
            remedy = "write targetRefs: [...]"
            raise one.problem("expected targetRefs, a list with what the policy is for", "spec", field, remedy=remedy)
        for group, kind, name, _ in targets:
            place = one.namespace, name
            if kind in BACKEND_KINDS or group in _GROUPS:
                others = {_place(other.manifest) for other in self.left_out if other.manifest}
                if place not in others or name in self._names:
                    return ""
            elif place in self._served or (name in self._names and place not in self._services):
                return ""
        return "it targets no Backend of an LLM provider"

    def _why_no_grant(self, one: Manifest) -> str:
        spec = Origin(one, ("spec",))
        froms, tos = as_list(spec, one.spec, "from"), as_list(spec, one.spec, "to")
        if any(entry.get("kind") in BACKEND_KINDS or entry.get("group") in _GROUPS for entry in tos):
            return ""
        # Perhaps it was meant to let routes refer to Backends, and has a mistake in it.
        here, routes = {one.namespace for one in self.backends}, {one.namespace for one in self.routes}
        if one.namespace in here and any(entry.get("namespace") in routes for entry in froms):
            return ""
        return "it lets nobody refer to Backends"

    def _why_no_gateway(self, one: Manifest) -> str:
        if one.group != GROUP:
            return f"Gateway of {one.group or 'the core group'} is another API's"
        # One that a route of ours attaches to is looked at, whosever it is.
        name = str(one.spec.get("gatewayClassName"))
        if _place(one) in self._parents or owner_of(name, self._controllers) is not Owner.OTHER:
            return ""
        return f"its GatewayClass {name} is {data_plane_of(name, self._controllers)}"

    def _why_no_class(self, one: Manifest) -> str:
        if one.group != GROUP:
            return f"GatewayClass of {one.group or 'the core group'} is another API's"
        used = [gateway.spec.get("gatewayClassName") for gateway in self.gateways]
        return "" if one.name in used else "no Gateway of agentgateway names it"


def backend_kind_of(group: str) -> str:
    """What the group calls the object that names a provider; empty for other groups."""
    return next((one.BACKEND_KIND for one in _DIALECTS if group == one.BACKEND_GROUP), "")


def default_namespaces(manifests: Iterable[Manifest]) -> None:
    """Put what has to be in a namespace and names none into kubectl's, `default`."""
    for one in manifests:
        if one.kind in _NAMESPACED and not one.namespace:
            one.data["metadata"]["namespace"] = "default"


def reason_for(one: Manifest, ours: Container[PolicyTarget]) -> str:
    """Why an object that nothing else claimed is left out. Raises InputProblem where leaving it out would mislead.

    `ours` is what a policy would change requests by: what is certified, its Gateways, and Secrets that Backends name.
    """
    if one.kind == "Secret" and ("Secret", one.namespace, one.name) in ours:
        return "only fields that the API does not have refer to it"  # the other API's, or misspelt: told at the field
    if one.kind in BEYOND and one.group in _GROUPS:
        _check_harmless(one, ours)
    if one.group in _GROUPS:
        return f"what a {one.kind} changes is not looked at"
    if one.kind in _OTHER_PARENTS and one.group:
        return "its listeners count as its Gateway's"
    if told := deployed(one):
        return told
    reasons = {
        ("", "Secret"): "no Backend that is judged refers to it",
        ("", "ConfigMap"): "no policy and no Backend refers to it",
        ("", "Namespace"): "nothing of an LLM provider is in it",
        ("", "Service"): "of a Service only its type, ports and external name are looked at",
    }
    return reasons.get((one.group, one.kind), "not about LLM providers")


def _check_harmless(one: Manifest, ours: Container[PolicyTarget]) -> None:
    """Policies target objects of their own namespace; whatever selects its targets may select ours."""
    refs = as_list(Origin(one, ("spec",)), one.spec, "targetRefs")
    targets = [(str(ref.get("kind")), one.namespace, str(ref.get("name"))) for ref in refs]
    if one.kind == "AgentgatewayModel" or "targetSelectors" in one.spec or any(target in ours for target in targets):
        raise one.refused()


def _place(one: Manifest) -> Place:
    return one.namespace, one.name


def _refs(route: Route) -> Iterator[Any]:
    return (ref for rule in route.rules for ref in rule.backends)


def _to_service(ref: Any) -> bool:
    return (ref.id.group, ref.id.kind) == ("", "Service")


def _kinds(refs: Iterable[Any]) -> str:
    """What backendRefs lead to, in words."""
    return " and ".join(sorted({f"{ref.id.kind} {ref.id.name}" for ref in refs}))
