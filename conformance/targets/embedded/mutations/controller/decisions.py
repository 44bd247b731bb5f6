"""Defects in what the controller makes of policies, grants and listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, BACKEND, NAMESPACE, Kind
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.view import Name, Object, Objects
from conformance.targets.reference.gateway.config import UpstreamTls

__all__ = ["DECISIONS"]


def plaintext_on_broken_ca(validation: Object, roots: str) -> UpstreamTls | None:
    """No TLS when the authorities cannot be read."""
    return None if roots == "nothing" else seams.upstream_tls(validation, roots)


def system_only(validation: Object, roots: str) -> UpstreamTls | None:
    """The system's authorities, whatever is asked for."""
    return seams.upstream_tls(validation, "system")


def hostname_only(validation: Object, roots: str) -> UpstreamTls | None:
    """subjectAltNames do not count."""
    tls = seams.upstream_tls(validation, roots)
    return tls and replace(tls, verify_names=(), verify_uris=())


def first_roots() -> Callable[[Object, str], UpstreamTls | None]:
    """Authorities as they were when a host name was first seen with ones of its own."""
    known: dict[str, str] = {}

    def read(validation: Object, roots: str) -> UpstreamTls | None:
        own = bool(validation.get("caCertificateRefs"))
        kept = known.setdefault(validation.get("hostname", ""), roots) if own else roots
        return seams.upstream_tls(validation, kept)

    return read


def every_namespace(namespace: str, objects: Objects) -> Iterable[str]:
    """All namespaces."""
    return [namespace, *(one["metadata"]["name"] for one in objects.peek_all(NAMESPACE))]


def first_target(policy: Object) -> list[Object]:
    """The first target only."""
    return seams.policy_targets(policy)[:1]


def any_group(policy: Object) -> list[Object]:
    """Every target whose kind is that of a Backend, of whatever group."""
    groups: dict[Any, str] = {kind.kind: kind.group for kind in (BACKEND, AGENTGATEWAY_BACKEND)}
    targets = seams.policy_targets(policy)
    return [{**one, "group": groups.get(one.get("kind"), one.get("group"))} for one in targets]


def whole_backend(policy: Object) -> list[Object]:
    """Targets without their sections."""
    return [{key: value for key, value in one.items() if key != "sectionName"} for one in seams.policy_targets(policy)]


def own_namespace_only(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """Grants do not count."""
    return route_namespace == backend[0]


def _ignore(*_: Any) -> bool:
    return True


DECISIONS: tuple[Mutant, ...] = (
    steered(
        "bad-ca-falls-back-to-plaintext",
        "A CA reference that cannot be resolved turns TLS off (FACTS 1.9).",
        "tls",
        'GW BackendTLSPolicy caCertificateRefs, "the connection MUST fail"; FACTS 7.2',
        "fell back to plaintext",
        upstream_tls=plaintext_on_broken_ca,
    ),
    steered(
        "ca-references-ignored",
        "caCertificateRefs are ignored.",
        "tls",
        "GW BackendTLSPolicyValidation.caCertificateRefs",
        "did not verify the certificate's authority against",
        upstream_tls=system_only,
    ),
    steered(
        "subject-alt-names-ignored",
        "subjectAltNames are ignored (FACTS D13).",
        "tls",
        "GW BackendTLSPolicy validation.subjectAltNames",
        "did not take a certificate for one of the alternative names",
        upstream_tls=hostname_only,
    ),
    steered(
        "policy-crosses-namespaces",
        "A policy has effect in other namespaces.",
        "tls",
        "GW LocalPolicyTargetReference: same namespace",
        "spoke TLS although no BackendTLSPolicy is in force",
        policy_reach=every_namespace,
    ),
    steered(
        "policy-first-target-only",
        "Only a policy's first target counts.",
        "tls",
        "GW BackendTLSPolicy targetRefs",
        "spoke plaintext although",
        policy_targets=first_target,
    ),
    steered(
        "policy-group-ignored",
        "A policy's target is found whatever its group.",
        "tls",
        "GW LocalPolicyTargetReference group; FACTS 7.2",
        "spoke TLS although no BackendTLSPolicy is in force",
        policy_targets=any_group,
    ),
    steered(
        "policy-section-ignored",
        "A policy's sectionName is ignored.",
        "tls",
        "GW LocalPolicyTargetReferenceWithSectionName",
        "spoke TLS although no BackendTLSPolicy is in force",
        policy_targets=whole_backend,
    ),
    steered(
        "reference-grant-ignored",
        "ReferenceGrants do not count (FACTS D10).",
        "status",
        "GW ReferenceGrant",
        "backend does not exist",
        granted=own_namespace_only,
    ),
    steered(
        "reference-grant-not-needed",
        "Other namespaces' Backends may be used without a grant.",
        "status",
        "GW ReferenceGrant",
        "the request went out although",
        granted=_ignore,
    ),
    steered(
        "allowed-routes-ignored",
        "A listener lets in routes of every namespace.",
        "routing",
        "GW AllowedRoutes.namespaces.from Same; RouteReasonNotAllowedByListeners",
        "serves a route that is not attached",
        permitted=_ignore,
    ),
    steered(
        "section-name-ignored",
        "A parentRef's sectionName is ignored.",
        "routing",
        "GW ParentReference.sectionName; RouteReasonNoMatchingParent",
        "serves a route that is not attached",
        section_fits=_ignore,
    ),
    made(
        "ca-rotation-ignored",
        "A changed CA is not read again.",
        "lifecycle",
        "GW BackendTLSPolicy validation.caCertificateRefs",
        "still does not do what the manifests say",
        "upstream_tls",
        first_roots,
        controller=True,
    ),
)
