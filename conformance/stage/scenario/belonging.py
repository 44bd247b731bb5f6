"""Which of the given objects belong to which Backend, and what they share."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence

from conformance.manifests.dialects.model import AttachedPolicy, Backend, Configuration, Target
from conformance.manifests.objects import BACKEND, POLICY, Manifest, ManifestSet, ObjectId
from conformance.manifests.parts import part_of

__all__ = ["ORDER", "belonging", "tags"]

ORDER = ("Secret", "ConfigMap", "ReferenceGrant", "Service", BACKEND, "BackendTLSPolicy", "HTTPRoute", POLICY)


def belonging(manifests: ManifestSet, configuration: Configuration) -> list[ManifestSet]:
    """For each Backend the objects that belong to it, in the order in which they are applied.

    Of routes with rules to several Backends, and of policies on several, each gets its part. What refers to no Backend
    that is there is a mistake to be told, and belongs to the one with the name most like it.
    """
    found: list[ManifestSet] = []
    for backend in configuration.backends:
        own = [part for one in manifests if (part := _part(one, configuration, backend)) is not None]
        found.append(ManifestSet(sorted(own, key=lambda one: ORDER.index(one.role))))
    return found


def _part(one: Manifest, configuration: Configuration, backend: Backend) -> Manifest | None:
    """What of an object belongs to a Backend; None: nothing."""
    role = one.role
    if role == BACKEND:
        return one if one.id == backend.id else None
    if role == "HTTPRoute":
        return _of(one, ("spec", "rules"), _owners_of_rules(one, configuration), backend)
    if role == "BackendTLSPolicy":
        return _of(one, ("spec", "targetRefs"), _owners_of_targets(one, configuration), backend)
    if role == POLICY:
        return _of(one, ("spec", "targetRefs"), _owners_of_attached(one, configuration), backend)
    if role == "Secret":
        tls = [tls for tls in (backend.tls, *(llm.tls for llm in backend.providers)) if tls]
        named = {llm.auth.secret_id for llm in backend.providers}
        named |= {ObjectId("", "Secret", one.namespace, one.client_certificate or "") for one in tls}
        return one if one.id in named else None
    if role == "ConfigMap":
        return one if one.id in _authorities(configuration, backend) else None
    # To whom a grant is of use is for the gateway to find out, and a Service is nobody's own.
    return one if role in ("ReferenceGrant", "Service") else None


def _of(one: Manifest, path: tuple[str, ...], owners: Sequence[set[ObjectId]], backend: Backend) -> Manifest | None:
    kept = [number for number, found in enumerate(owners) if backend.id in found]
    if not kept:
        return None
    return one if len(kept) == len(owners) else part_of(one, path, kept)


def _owners_of_rules(one: Manifest, configuration: Configuration) -> list[set[ObjectId]]:
    """By rule, the Backends that it leads to. A route without rules belongs to the Backend of a name like its own."""
    route = next(route for route in configuration.routes if route.id == one.id)
    found: list[set[ObjectId]] = []
    for rule in route.rules:
        refs = [ref.id for ref in rule.backends]
        known = {backend.id for backend in configuration.backends if backend.id in refs}
        found.append(known or {_most_like([ref.name for ref in refs] or [one.name], configuration)})
    return found


def _owners_of_targets(one: Manifest, configuration: Configuration) -> list[set[ObjectId]]:
    policy = next(policy for policy in configuration.policies if policy.id == one.id)
    found: list[set[ObjectId]] = []
    for _, _, name, _ in policy.targets:
        # Also those of another kind or namespace: then the policy is not in force, and that must be told.
        named = [backend.id for backend in configuration.backends if backend.id.name == name]
        here = {one for one in named if one.namespace == policy.id.namespace}
        found.append(here or set(named) or {_most_like([name], configuration)})
    return found


def _owners_of_attached(one: Manifest, configuration: Configuration) -> list[set[ObjectId]]:
    """By targetRef, the Backends that it is about as it is about them or their routes.

    What a policy says of Gateways, or of objects with certain labels, is nobody's own.
    """
    policy = next(policy for policy in configuration.attached if policy.id == one.id)
    return [
        {backend.id for backend in configuration.backends if _is_about(policy, target, backend, configuration)}
        for target in policy.targets
        if target.name is not None
    ]


def _is_about(policy: AttachedPolicy, target: Target, backend: Backend, configuration: Configuration) -> bool:
    here = policy.id.namespace
    if target.kind == backend.id.kind:
        return (here, target.name) == (backend.id.namespace, backend.id.name)
    routes = (route for route in configuration.routes if (route.id.namespace, route.id.name) == (here, target.name))
    return target.kind == "HTTPRoute" and any(
        ref.id == backend.id for route in routes for rule in route.rules for ref in rule.backends
    )


def _most_like(names: Iterable[str], configuration: Configuration) -> ObjectId:
    """The Backend whose name is most like one of these; the first of several."""

    def alike(backend: Backend) -> float:
        return max(difflib.SequenceMatcher(None, backend.id.name, name).ratio() for name in names)

    return max(configuration.backends, key=alike).id


def _authorities(configuration: Configuration, backend: Backend) -> set[ObjectId]:
    """The ConfigMaps that policies on a Backend, or its own TLS, take authorities from."""
    found: set[ObjectId] = set()
    for policy in configuration.policies:
        if any(backend.id in one for one in _owners_of_targets(policy.origin.manifest, configuration)):
            found |= {ObjectId("", "ConfigMap", policy.id.namespace, name) for _, _, name in policy.ca_refs}
    own = [tls for tls in (backend.tls, *(llm.tls for llm in backend.providers)) if tls]
    return found | {ObjectId("", "ConfigMap", tls.namespace, name) for tls in own for name in tls.ca_refs or ()}


def tags(sets: Sequence[ManifestSet], configuration: Configuration) -> list[str]:
    """For each Backend what its variations are called by besides, so that they share nothing by accident.

    Empty where it shares no object and no host with another.
    """
    found: list[str] = []
    for number, (backend, own) in enumerate(zip(configuration.backends, sets, strict=True)):
        others = [one for other, one in enumerate(sets) if other != number]
        ids = {one.id for one in own if one.role not in ("ReferenceGrant", "Service")}
        shares = any(one.id in ids for other in others for one in other)
        hosts = {(llm.host, llm.port) for llm in backend.providers}
        theirs = [one for other, one in enumerate(configuration.backends) if other != number]
        shares = shares or any((llm.host, llm.port) in hosts for other in theirs for llm in other.providers)
        grants = any(one.kind == "ReferenceGrant" for one in own) and others
        name = f"{backend.id.namespace}/{backend.id.name}"
        found.append(f"-{hashlib.sha256(name.encode()).hexdigest()[:6]}" if shares or grants else "")
    return found
