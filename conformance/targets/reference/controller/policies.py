"""BackendTLSPolicies: which one is in force on what, with which certificates, and what their statuses say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import BACKEND_TLS_POLICY, CONFIG_MAP, SERVICE
from conformance.targets.reference.controller.certificates import read_config_map
from conformance.targets.reference.controller.conditions import Condition
from conformance.targets.reference.controller.flavours import Flavour
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Name, Object, Objects, age, dig, name_of
from conformance.targets.reference.gateway.config import UpstreamTls

__all__ = ["Policies", "Roots", "read_roots"]

_Target = tuple[Name, str | None]


@dataclass(frozen=True)
class Roots:
    """The authorities a policy names, as UpstreamTls.roots has them, and the ResolvedRefs condition for them."""

    roots: str
    resolved: Condition


_RESOLVED = Condition("ResolvedRefs", True, "ResolvedRefs", "Configuration is valid")


def read_roots(policy: Object, objects: Objects) -> Roots:
    """The authorities of a policy. References that cannot be resolved trust nothing: connections then fail.

    Source: Gateway API, BackendTLSPolicy.validation.caCertificateRefs; FACTS 7.2 for agentgateway 1.4.
    """
    validation = dig(policy, "spec", "validation") or {}
    refs = validation.get("caCertificateRefs") or []
    if not refs:
        return Roots("system", _RESOLVED)
    namespace, _ = name_of(policy)
    found: list[str] = []
    problem: Condition | None = None
    for ref in refs:
        if (ref.get("group", ""), ref.get("kind")) != (CONFIG_MAP.group, CONFIG_MAP.kind):
            text = f'unsupported CA certificate reference: group "{ref.get("group", "")}" kind "{ref.get("kind")}"'
            problem = Condition("ResolvedRefs", False, "InvalidKind", text)
            continue
        pem, wrong = read_config_map(objects, namespace, ref.get("name", ""))
        if wrong:
            problem = Condition("ResolvedRefs", False, "InvalidCACertificateRef", wrong)
        else:
            found.append(pem)
    return Roots("\n".join(found) or "nothing", problem or _RESOLVED)


@dataclass
class _Claim:
    """A policy, what it wants, and how that went for each of its targets on our kind of Backend."""

    policy: Object
    roots: Roots
    tls: UpstreamTls | None
    in_force: list[Name] = field(default_factory=list)
    lost: list[tuple[Name, str]] = field(default_factory=list)
    missing: list[Name] = field(default_factory=list)


class Policies:
    """All BackendTLSPolicies. For each target the oldest is in force; others are Conflicted there."""

    def __init__(self, objects: Objects, seams: ControllerSeams, flavour: Flavour) -> None:
        self._objects = objects
        self._seams = seams
        self._flavour = flavour
        self._in_force: dict[_Target, tuple[Object, UpstreamTls | None]] = {}
        self._on_ports: dict[_Target, UpstreamTls | None] = {}
        self._claims = [self._claim(policy) for policy in sorted(objects.peek_all(BACKEND_TLS_POLICY), key=age)]

    def tls_of(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """The TLS for a Backend's provider: what targets its section outranks what targets the whole Backend."""
        for target in ((backend, section), (backend, None)):
            if target in self._in_force:
                return self._in_force[target][1]
        return None

    def tls_on(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """The TLS of what targets exactly this section of a Backend, or the Backend as a whole."""
        return self._in_force.get((backend, section), (None, None))[1]

    def tls_at(self, namespace: str, reference: Object) -> UpstreamTls | None:
        """The TLS of what targets the port of a Service that a reference names, by its number or by its name.

        Source: agentgateway 1.4, translatePoliciesForBackendTLS; make_backend_call asks for the port, and nothing else.
        """
        service, port = (namespace, reference.get("name", "")), reference.get("port")
        for target, tls in self._on_ports.items():
            if target[0] == service and target[1] in self._names_of(service, port, target[1]):
                return tls
        return None

    def _names_of(self, service: Name, port: object, section: str | None) -> set[str | None]:
        """What a port is called. A Service that nobody has applied calls it whatever the policy does."""
        found = self._objects.peek(SERVICE, *service)
        if found is None:
            return {str(port)} if section is None or section.isdigit() else {section}
        return {str(port), *(one.get("name") for one in dig(found, "spec", "ports") or [] if one.get("port") == port)}

    def statuses(self, gateways_of: dict[Name, set[Name]], gateways: Iterable[Name]) -> Iterable[Any]:
        """(policy, {gateway: conditions}) for each policy: its ancestors are the Gateways with routes to its targets.

        A target that does not exist is reported on every Gateway when no route names it. A policy whose targets are
        not ours has no ancestor: nothing is said about it.
        """
        everywhere = set(gateways)
        for claim in self._claims:
            ancestors: dict[Name, tuple[Condition, Condition]] = {}
            targets = [*claim.in_force, *(name for name, _ in claim.lost), *claim.missing]
            for target in targets:
                reach = gateways_of.get(target, set()) or (everywhere if target in claim.missing else set())
                for gateway in reach & everywhere:
                    ancestors[gateway] = _conditions(claim, gateway, gateways_of)
            yield claim.policy, ancestors

    def _claim(self, policy: Object) -> _Claim:
        roots = read_roots(policy, self._objects)
        tls: UpstreamTls | None = self._seams.upstream_tls(dig(policy, "spec", "validation") or {}, roots.roots)
        claim = _Claim(policy, roots, tls)
        for ref in self._seams.policy_targets(policy):
            if (ref.get("group", ""), ref.get("kind")) == SERVICE.key:
                service = name_of(policy)[0], ref.get("name", "")
                self._on_ports.setdefault((service, ref.get("sectionName")), tls)
                claim.in_force += self._leading_to(service)
            if (ref.get("group"), ref.get("kind")) == self._flavour.backend.key:
                for namespace in self._seams.policy_reach(name_of(policy)[0], self._objects):
                    self._settle(claim, (namespace, ref.get("name", "")), ref.get("sectionName"))
        claim.in_force += [(name_of(policy)[0], ref.get("name", "")) for ref in self._seams.claimed(policy)]
        return claim

    def _leading_to(self, service: Name) -> list[Name]:
        """The Backends with a custom provider that a Service stands for."""
        backends = self._objects.peek_all(self._flavour.backend, service[0])
        return [name_of(one) for one in backends if service[1] in _services_of(one)]

    def _settle(self, claim: _Claim, backend: Name, section: str | None) -> None:
        target = backend, section
        found = self._objects.peek(self._flavour.backend, *backend)
        if found is None or (section is not None and section not in self._flavour.section_names(found)):
            claim.missing.append(backend)
        elif target in self._in_force:
            winner = "/".join(name_of(self._in_force[target][0]))
            claim.lost.append((backend, f"policy {winner} matches the same target but with higher priority"))
        else:
            self._in_force[target] = claim.policy, claim.tls
            claim.in_force.append(backend)


def _services_of(backend: Object) -> set[str]:
    ai = dig(backend, "spec", "ai") or {}
    providers = [ai.get("provider"), *(one for group in ai.get("groups") or [] for one in group.get("providers") or [])]
    return {dig(one, "custom", "backendRef", "name") for one in providers} - {None}


def _conditions(claim: _Claim, gateway: Name, gateways_of: dict[Name, set[Name]]) -> tuple[Condition, Condition]:
    resolved = claim.roots.resolved
    here = [name for name in claim.in_force if gateway in gateways_of.get(name, ())]
    if here and claim.roots.roots == "nothing":
        return Condition("Accepted", False, "NoValidCACertificate", resolved.message), resolved
    if here:
        return Condition("Accepted", True, "Accepted", "Configuration is valid"), resolved
    if claim.lost:
        return Condition("Accepted", False, "Conflicted", claim.lost[0][1]), resolved
    namespace, name = claim.missing[0]
    text = f"Backend not found, or it has no such section: {namespace}/{name}"
    return Condition("Accepted", False, "TargetNotFound", text), resolved
