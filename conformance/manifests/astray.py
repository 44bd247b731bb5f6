"""Policies of the input that ask for TLS and are on the way to none of its Backends: what a plaintext Backend lacks."""

from __future__ import annotations

from conformance.manifests.dialects.in_force import Level, fields_said, levels
from conformance.manifests.dialects.model import Backend, Configuration, TlsPolicy, ways_to
from conformance.manifests.dialects.policies import AttachedPolicy
from conformance.manifests.objects import ObjectId

__all__ = ["policy_astray"]


def policy_astray(configuration: Configuration, backend: Backend) -> str:
    """Words about a policy that was probably meant for a Backend, to be put behind what is said of it; empty: none."""
    for policy in configuration.policies:
        if not _targets_one(configuration, policy):
            return _of_tls(policy, backend)
    for attached in configuration.attached:
        if attached.id.namespace == backend.id.namespace and _asks(attached) and not _reaches(configuration, attached):
            at = attached.targets[0].origin.position if attached.targets else attached.origin.position
            return f"; {attached.id} sets backend.tls and is not on the way there by what it is attached to, at {at}"
    return ""


def _of_tls(policy: TlsPolicy, backend: Backend) -> str:
    at = policy.origin.below("targetRefs", 0).position
    if policy.id.namespace != backend.id.namespace:
        return f"; the policy {policy.id.name} at {at} is in another namespace, {policy.id.namespace}"
    for group, kind, name, _ in policy.targets:
        return f"; the policy {policy.id.name} at {at} targets {kind}.{group} {name} instead"
    return ""


def _targets_one(configuration: Configuration, policy: TlsPolicy) -> bool:
    """Whether it targets a Backend of the input, or the Service that one leads to."""
    targets = {ObjectId(group, kind, policy.id.namespace, name) for group, kind, name, _ in policy.targets}
    own = {one.id for one in configuration.backends}
    services = {ObjectId("", "Service", one.id.namespace, llm.service or "") for one, llm in configuration.llms()}
    return bool(targets & (own | services))


def _asks(policy: AttachedPolicy) -> bool:
    """Whether a policy sets `backend.tls`, at whatever level it is."""
    return any((one.part, one.field) == ("backend", "tls") for one in fields_said(policy, Level.GATEWAY))


def _reaches(configuration: Configuration, policy: AttachedPolicy) -> bool:
    return any(
        one is policy
        for backend, llm in configuration.llms()
        for route, rule in ways_to(configuration.routes, backend.id)
        for _, one in levels(configuration, backend, llm, route, rule)
    )
