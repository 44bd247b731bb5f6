"""Which of the given objects belong to which Backend, and what they share."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from conformance.manifests.dialects.model import Backend, Configuration, Rule, TlsPolicy
from conformance.manifests.dialects.policies import AttachedPolicy, Target
from conformance.manifests.input.native import secrets_of
from conformance.manifests.objects import BACKEND, POLICY, Manifest, ManifestSet, ObjectId
from conformance.manifests.parts import part_of

__all__ = ["ORDER", "belonging", "tags"]

ORDER = ("Secret", "ConfigMap", "ReferenceGrant", "Service", BACKEND, "BackendTLSPolicy", "HTTPRoute", POLICY)


def belonging(manifests: ManifestSet, configuration: Configuration) -> list[ManifestSet]:
    """For each Backend the objects that belong to it, in the order in which they are applied.

    Of routes with rules to several Backends, and of policies on several, each gets its part. What refers to no Backend
    that is there is a mistake to be told, and belongs to the one with the name most like it.
    """
    owners = _Owners(configuration)
    found: dict[ObjectId, list[Manifest]] = {backend.id: [] for backend in configuration.backends}
    for one in manifests:
        for backend, part in owners.parts(one):
            found[backend].append(part)
    return [
        ManifestSet(sorted(found[backend.id], key=lambda one: ORDER.index(one.role)))
        for backend in configuration.backends
    ]


class _Owners:
    """Whose the objects of a configuration are; what they refer to is looked up, not sought."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._backends = {one.id: one for one in configuration.backends}
        self._named: dict[str, list[ObjectId]] = {}
        for backend in self._backends:
            self._named.setdefault(backend.name, []).append(backend)
        # Of two with one id the first counts.
        self._routes = {one.id: one for one in reversed(configuration.routes)}
        self._policies = {one.id: one for one in reversed(configuration.policies)}
        self._attached = {one.id: one for one in reversed(configuration.attached)}
        self._rules: dict[tuple[str, str], list[Rule]] = {}
        for route in configuration.routes:
            self._rules.setdefault((route.id.namespace, route.id.name), []).extend(route.rules)
        self._users: dict[ObjectId, set[ObjectId]] = {}
        for one in configuration.backends:
            for used in self._used(one):
                self._users.setdefault(used, set()).add(one.id)
        for policy in configuration.policies:
            about = {owner for owners in self._of_targets(policy) for owner in owners} if policy.ca_refs else set()
            for _, _, name in policy.ca_refs:
                self._users.setdefault(ObjectId("", "ConfigMap", policy.id.namespace, name), set()).update(about)

        for attached in configuration.attached:
            for place in secrets_of([attached.origin.manifest]):
                owned = {owner for owners in self._of_attached(attached) for owner in owners}
                self._users.setdefault(ObjectId("", *place), set()).update(owned)

    def parts(self, one: Manifest) -> Iterator[tuple[ObjectId, Manifest]]:
        """The Backends that an object belongs to, each with what of it does."""
        role, owners = one.role, list[set[ObjectId]]()
        if role == "HTTPRoute":
            owners, path = self._of_rules(one), ("spec", "rules")
        elif role == "BackendTLSPolicy":
            owners, path = self._of_targets(self._policies[one.id]), ("spec", "targetRefs")
        elif role == POLICY:
            owners, path = self._of_attached(self._attached[one.id]), ("spec", "targetRefs")
        else:
            yield from ((backend, one) for backend in self._of_whole(one, role))
            return
        kept: dict[ObjectId, list[int]] = {}
        for number, some in enumerate(owners):
            for backend in some:
                kept.setdefault(backend, []).append(number)
        for backend, numbers in kept.items():
            yield backend, one if len(numbers) == len(owners) else part_of(one, path, numbers)

    def _of_whole(self, one: Manifest, role: str) -> Iterable[ObjectId]:
        if role == BACKEND:
            return [one.id] if one.id in self._backends else []
        if role in ("Secret", "ConfigMap"):
            return self._users.get(one.id, ())
        # To whom a grant is of use is for the gateway to find out, and a Service is nobody's own.
        return self._backends if role in ("ReferenceGrant", "Service") else ()

    def _used(self, backend: Backend) -> Iterator[ObjectId]:
        """The Secrets that a Backend takes keys and certificates from, and the ConfigMaps of its own authorities."""
        yield from (auth.secret_id for llm in backend.providers for auth in (llm.auth, *llm.auth.further))
        for tls in (backend.tls, *(llm.tls for llm in backend.providers)):
            if tls:
                yield ObjectId("", "Secret", tls.namespace, tls.client_certificate or "")
                yield from (ObjectId("", "ConfigMap", tls.namespace, name) for name in tls.ca_refs or ())

    def _of_rules(self, one: Manifest) -> list[set[ObjectId]]:
        """By rule, the Backends that it leads to. A route without any belongs to the Backend of a name like its own."""
        found: list[set[ObjectId]] = []
        for rule in self._routes[one.id].rules:
            refs = [ref.id for ref in rule.backends]
            known = {ref for ref in refs if ref in self._backends}
            found.append(known or {_most_like([ref.name for ref in refs] or [one.name], self._configuration)})
        return found

    def _of_targets(self, policy: TlsPolicy) -> list[set[ObjectId]]:
        found: list[set[ObjectId]] = []
        for _, _, name, _ in policy.targets:
            # Also those of another kind or namespace: then the policy is not in force, and that must be told.
            named = self._named.get(name, ())
            here = {one for one in named if one.namespace == policy.id.namespace}
            found.append(here or set(named) or {_most_like([name], self._configuration)})
        return found

    def _of_attached(self, policy: AttachedPolicy) -> list[set[ObjectId]]:
        """By targetRef, the Backends that it is about as it is about them or their routes.

        What a policy says of Gateways, or of objects with certain labels, is nobody's own; but beside targets of
        another kind it stays, since an API that takes no two kinds must see both.
        """
        named = [target for target in policy.targets if target.name is not None]
        found = [set(self._about(policy, target)) for target in named]
        everybody = set[ObjectId]().union(*found)
        return [one or everybody for one in found] if len({target.kind for target in named}) > 1 else found

    def _about(self, policy: AttachedPolicy, target: Target) -> Iterator[ObjectId]:
        for backend in self._named.get(target.name or "", ()):
            if (target.kind, policy.id.namespace) == (backend.kind, backend.namespace):
                yield backend
        if target.kind == "HTTPRoute":
            rules = self._rules.get((policy.id.namespace, target.name or ""), ())
            yield from (ref.id for rule in rules for ref in rule.backends if ref.id in self._backends)


def _most_like(names: Iterable[str], configuration: Configuration) -> ObjectId:
    """The Backend whose name is most like one of these; the first of several."""

    def alike(backend: Backend) -> float:
        return max(difflib.SequenceMatcher(None, backend.id.name, name).ratio() for name in names)

    return max(configuration.backends, key=alike).id


def tags(sets: Sequence[ManifestSet], configuration: Configuration) -> list[str]:
    """For each Backend what its variations are called by besides, so that they share nothing by accident.

    Empty where it shares no object and no host with another.
    """
    objects = [{one.id for one in own if one.role not in ("ReferenceGrant", "Service")} for own in sets]
    hosts = [{(llm.host, llm.port) for llm in backend.providers} for backend in configuration.backends]
    holders = Counter(one for some in objects for one in some)
    callers = Counter(one for some in hosts for one in some)
    found: list[str] = []
    for backend, own, ids, places in zip(configuration.backends, sets, objects, hosts, strict=True):
        shares = any(holders[one] > 1 for one in ids) or any(callers[one] > 1 for one in places)
        grants = len(sets) > 1 and any(one.kind == "ReferenceGrant" for one in own)
        name = f"{backend.id.namespace}/{backend.id.name}"
        found.append(f"-{hashlib.sha256(name.encode()).hexdigest()[:6]}" if shares or grants else "")
    return found
