"""Defects that show where two features meet, each of which is right by itself: groups and paths, section and whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.controller.settling import Settle, of_backends
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.decisions import attachment
from conformance.targets.reference.controller.view import Object, Objects
from conformance.targets.reference.gateway.config import (
    BackendRef,
    Credential,
    GatewayConfig,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
)

__all__ = ["CROSSING"]


def _of_grouped(change: Callable[[LlmProvider], LlmProvider]) -> Settle:
    """Providers changed, where a Backend has groups of them."""

    def each(ref: BackendRef) -> BackendRef:
        if isinstance(ref.backend, InvalidBackend) or len(ref.backend.groups) < 2:
            return ref
        groups = tuple(tuple(change(one) for one in group) for group in ref.backend.groups)
        return replace(ref, backend=LlmBackend(ref.backend.name, groups))

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return of_backends(config, each)

    return settle


def as_bearer(provider: LlmProvider) -> LlmProvider:
    """The key in Authorization, whatever header it has."""
    credential = provider.credential
    if not isinstance(credential, Credential):
        return provider
    return replace(provider, credential=Credential("Authorization", "Bearer", credential.value))


def port_beside_section(parent_ref: Object, listener: Object) -> bool:
    """Beside a sectionName a parentRef's port does not count."""
    section = parent_ref.get("sectionName")
    return section == listener["name"] if section else attachment.section_fits(parent_ref, listener)


def lasting_permission() -> Callable[[Object, str, str, Objects], bool]:
    """Whom a listener let in once, it lets in for good."""
    known: set[tuple[str, str, str]] = set()

    def permitted(listener: Object, gateway_namespace: str, route_namespace: str, objects: Objects) -> bool:
        key = (gateway_namespace, str(listener.get("allowedRoutes")), route_namespace)
        if attachment.permitted(listener, gateway_namespace, route_namespace, objects):
            known.add(key)
        return key in known

    return permitted


def whole_first() -> Callable[[Object], list[Object]]:
    """A policy on a section does not count where one is on the whole Backend."""
    wholes: set[str] = set()

    def targets(policy: Object) -> list[Object]:
        found = seams.policy_targets(policy)
        wholes.update(one["name"] for one in found if "sectionName" not in one)
        return [one for one in found if "sectionName" not in one or one["name"] not in wholes]

    return targets


CROSSING: tuple[Mutant, ...] = (
    steered(
        "path-in-groups-ignored",
        "The path of providers in priority groups does not count.",
        "path",
        "SEED table path; API AIBackend.groups",
        "the gateway made another path than configured",
        settled=_of_grouped(lambda one: replace(one, path=None)),
    ),
    steered(
        "model-in-groups-ignored",
        "The model of providers in priority groups does not count.",
        "model",
        "SEED table model; API AIBackend.groups",
        "the Backend's model did not override",
        settled=_of_grouped(lambda one: replace(one, model=None)),
    ),
    steered(
        "header-in-groups-ignored",
        "The key of providers in priority groups goes into Authorization, whatever header they name.",
        "auth",
        "SEED table authHeader; API AIBackend.groups",
        "key",
        settled=_of_grouped(as_bearer),
    ),
    steered(
        "port-beside-section-ignored",
        "Beside a sectionName a parentRef's port does not count.",
        "routing",
        "GW ParentReference.port (both must match)",
        "serves a route that is not attached",
        section_fits=port_beside_section,
    ),
    made(
        "namespace-label-lasts",
        "A namespace that had a listener's label once is let in for good.",
        "lifecycle",
        "GW AllowedRoutes.namespaces.selector",
        "the gateway still does not do what the manifests say",
        "permitted",
        lasting_permission,
        controller=True,
    ),
    made(
        "whole-outranks-section",
        "A policy on the whole Backend outranks one on the provider's section.",
        "tls",
        "GW LocalPolicyTargetReferenceWithSectionName; GEP-713",
        "the gateway follows another policy",
        "policy_targets",
        whole_first,
        controller=True,
    ),
)
