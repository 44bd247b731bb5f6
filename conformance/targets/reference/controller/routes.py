"""HTTPRoutes: to which listeners they attach, where their rules lead, and what their statuses say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import GATEWAY, SERVICE
from conformance.targets.reference.controller.attached import Fields, Way
from conformance.targets.reference.controller.backends.kgateway_2_1 import Translated
from conformance.targets.reference.controller.conditions import Condition
from conformance.targets.reference.controller.decisions.attachment import intersection
from conformance.targets.reference.controller.decisions.callers import read_callers
from conformance.targets.reference.controller.flavours import Flavour
from conformance.targets.reference.controller.remembered import Reads
from conformance.targets.reference.controller.rules import (
    Destination,
    Unsupported,
    read_filters,
    read_matches,
    read_timeouts,
)
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Name, Object, dig, name_of
from conformance.targets.reference.gateway.config import BackendRef, InvalidBackend, LlmBackend, Route, Rule, Server

__all__ = ["Joined", "Parent", "RouteReader", "Routes"]

ListenerName = tuple[Name, str]
"""(Gateway, listener)."""

_RESOLVED = Condition("ResolvedRefs", True, "ResolvedRefs")
_MISSING = InvalidBackend(500, "service not found")
_NOT_ALLOWED = InvalidBackend(500, "backend does not exist")
_NO_ENDPOINTS = InvalidBackend(503, "no healthy backends")


@dataclass(frozen=True)
class Parent:
    """What is said about one parentRef of a route."""

    ref: Object
    conditions: tuple[Condition, Condition]


@dataclass
class _Resolved:
    """The rules of a route, or why it cannot be accepted; and the Backends it may use."""

    rules: tuple[Rule, ...] = ()
    refused: Condition | None = None
    refs: Condition = _RESOLVED
    backends: set[Name] = field(default_factory=set)
    way: Way | None = None


@dataclass
class Joined:
    """Where a route is attached, with its rules; what is to be said about each parentRef of our Gateways; and by which
    of them (Backend, Gateway) requests come to its Backends.
    """

    attached: list[tuple[ListenerName, Route]] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    leads: list[tuple[Name, Name]] = field(default_factory=list)


class Routes:
    """What is attached where, and by which Gateways requests come to a Backend; routes are added one by one."""

    def __init__(self) -> None:
        self.attached: dict[ListenerName, list[Route]] = {}
        self.gateways_of: dict[Name, set[Name]] = {}

    def add(self, joined: Joined) -> None:
        """Add a route to the listeners that it is attached to."""
        for listener, route in joined.attached:
            self.attached.setdefault(listener, []).append(route)
        for backend, gateway in joined.leads:
            self.gateways_of.setdefault(backend, set()).add(gateway)


class RouteReader:
    """Reads one route, and all that it refers to.

    `along` translates a Backend for requests that come a certain way, and `traffic` is what policies say of these; None
    where there are no such policies.
    """

    def __init__(
        self,
        objects: Reads,
        seams: ControllerSeams,
        flavour: Flavour,
        along: Callable[[Reads, Object, Way], Translated] | None = None,
        traffic: Callable[[Way], Fields] | None = None,
    ) -> None:
        self._objects = objects
        self._seams = seams
        self._flavour = flavour
        self._along = along
        self._traffic = traffic
        self._joined = Joined()

    def join(self, route: Object) -> Joined:
        """Attach the route to the listeners it names."""
        namespace, _ = name_of(route)
        resolved: _Resolved | None = None
        for ref in dig(route, "spec", "parentRefs") or []:
            if (ref.get("group", GATEWAY.group), ref.get("kind", GATEWAY.kind)) != GATEWAY.key:
                continue
            gateway = self._objects.gateway((ref.get("namespace", namespace), ref["name"]))
            if gateway is None:
                continue
            resolved = resolved or self._resolve(route)
            accepted = resolved.refused or self._attach(route, ref, gateway, resolved)
            if accepted.status:
                self._joined.leads += [(backend, name_of(gateway)) for backend in resolved.backends]
            self._joined.parents.append(Parent(ref, (accepted, resolved.refs)))
        return self._joined

    def _attach(self, route: Object, ref: Object, gateway: Object, resolved: _Resolved) -> Condition:
        """Attach to every listener that fits; the Accepted condition, in kgateway's words (FACTS 1.8)."""
        namespace, _ = name_of(route)
        listeners = [one for one in dig(gateway, "spec", "listeners") or [] if self._seams.section_fits(ref, one)]
        if not listeners:
            what = "sectionName" if ref.get("sectionName") else "port"
            text = f"No listener with the specified {what} on the parent Gateway"
            return Condition("Accepted", False, "NoMatchingParent", text)
        gateway_name = name_of(gateway)
        listeners = [one for one in listeners if self._seams.permitted(one, gateway_name[0], namespace, self._objects)]
        if not listeners:
            text = "Parent listener not usable or not permitted"
            return Condition("Accepted", False, "NotAllowedByListeners", text)
        hostnames = list(dig(route, "spec", "hostnames") or [])
        attached = False
        for listener in listeners:
            common = intersection(listener.get("hostname"), hostnames)
            if common is not None:
                attached = True
                rules = resolved.rules
                if self._along is not None:
                    rules = self._resolve(route, (gateway, listener["name"])).rules
                one = (gateway_name, listener["name"]), Route("/".join(name_of(route)), rules, tuple(common))
                # Two parentRefs of a route may mean one listener.
                if one not in self._joined.attached:
                    self._joined.attached.append(one)
        if not attached:
            text = "No route hostnames intersect any listener hostname"
            return Condition("Accepted", False, "NoMatchingListenerHostname", text)
        return Condition("Accepted", True, "Accepted")

    def _resolve(self, route: Object, entrance: tuple[Object, str] | None = None) -> _Resolved:
        """What a route comes to; `entrance`: for requests by this listener of this Gateway."""
        resolved = _Resolved()
        try:
            for rule in dig(route, "spec", "rules") or [{}]:
                resolved.way = Way(*entrance, route, rule.get("name")) if entrance else None
                if resolved.way is not None and self._traffic is not None:
                    rule = self._seams.with_traffic(rule, self._traffic(resolved.way))
                resolved.rules = (*resolved.rules, self._rule(route, rule, resolved))
        except Unsupported as problem:
            resolved.refused = Condition("Accepted", False, problem.reason, str(problem))
        return resolved

    def _rule(self, route: Object, rule: Object, resolved: _Resolved) -> Rule:
        backends = tuple(self._backend_ref(route, ref, resolved) for ref in rule.get("backendRefs") or [])
        if (answer := rule.get("answer")) is not None:
            backends = (BackendRef(InvalidBackend(answer["status"], answer.get("body", ""))),)
        filters = read_filters(rule.get("filters"), self._copies(route, resolved))
        callers = read_callers(rule["callers"], self._objects) if "callers" in rule else ()
        return Rule(read_matches(rule), filters, backends, read_timeouts(rule), callers)

    def _backend_ref(self, route: Object, ref: Object, resolved: _Resolved) -> BackendRef:
        backend, problem = self._lookup(route, ref, resolved)
        if problem and resolved.refs.status:
            resolved.refs = problem
        known = self._flavour.filters_of_backends
        filters = read_filters(ref.get("filters"), self._copies(route, resolved), known)
        return BackendRef(backend, ref.get("weight", 1), filters, late=known is not None)

    def _copies(self, route: Object, resolved: _Resolved) -> Destination:
        """Where the copies of a RequestMirror go: its reference is judged as any other."""

        def lead(ref: Object) -> LlmBackend | Server | None:
            backend, problem = self._lookup(route, ref, resolved)
            if problem and resolved.refs.status:
                resolved.refs = problem
            if problem is None and ref.get("kind", SERVICE.kind) == SERVICE.kind:
                place = ref.get("namespace", name_of(route)[0])
                return Server(f"{ref['name']}.{place}.svc.cluster.local", ref["port"])
            return backend if isinstance(backend, LlmBackend) else None

        return lead

    def _lookup(
        self, route: Object, ref: Object, resolved: _Resolved
    ) -> tuple[LlmBackend | InvalidBackend, Condition | None]:
        """Where a backendRef leads, and what is wrong with it."""
        namespace, _ = name_of(route)
        kind = ref.get("group", SERVICE.group), ref.get("kind", SERVICE.kind)
        name = ref.get("namespace", namespace), ref["name"]
        if kind not in (self._flavour.backend.key, SERVICE.key):
            text = f'referencing unsupported backendRef: group "{kind[0]}" kind "{kind[1]}"'
            return _NOT_ALLOWED, _unresolved("InvalidKind", text)
        if not self._seams.granted(self._objects, namespace, name, self._flavour.backend):
            who = self._flavour.not_permitted.format(namespace=name[0], name=name[1])
            text = f'{who} not accessible to a HTTPRoute in namespace "{namespace}"'
            return _NOT_ALLOWED, _unresolved("RefNotPermitted", f"{text} (missing a ReferenceGrant?)")
        if kind == SERVICE.key:
            return self._service(name)
        resolved.backends.add(name)
        translated = self._objects.backend(name)
        if translated is not None and self._along and resolved.way and (backend := self._peek(name)):
            translated = self._along(self._objects, backend, resolved.way)
        if translated is None:
            text = self._flavour.not_found.format(namespace=name[0], name=name[1])
            return _MISSING, _unresolved("BackendNotFound", text)
        # A Backend that is there but not accepted is its own status' matter (FACTS 7.2, Secret missing).
        return translated.backend or _MISSING, None

    def _peek(self, name: Name) -> Object | None:
        return self._objects.peek(self._flavour.backend, *name)

    def _service(self, name: Name) -> tuple[InvalidBackend, Condition | None]:
        if self._objects.peek(SERVICE, *name) is None:
            return _MISSING, _unresolved("BackendNotFound", f"backend({name[1]}.{name[0]}.svc.cluster.local) not found")
        return _NO_ENDPOINTS, None


def _unresolved(reason: str, text: str) -> Condition:
    return Condition("ResolvedRefs", False, reason, text)
