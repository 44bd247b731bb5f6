"""Defects that show where two features meet, each of which is right by itself: groups and paths, section and whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.controller.settling import Settle, of_backends, of_providers, of_rules
from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.decisions import attachment
from conformance.targets.reference.controller.view import Object, Objects
from conformance.targets.reference.gateway import seams as seams_of_gateway
from conformance.targets.reference.gateway.config import (
    BackendRef,
    Credential,
    GatewayConfig,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
    Rule,
)

__all__ = ["CROSSING", "of_grouped"]


def of_grouped(change: Callable[[LlmProvider], LlmProvider]) -> Settle:
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


def filters_of_first(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Every backendRef of a rule has the filters of its first."""

    def alike(rule: Rule) -> Rule:
        return replace(rule, backends=tuple(replace(ref, filters=rule.backends[0].filters) for ref in rule.backends))

    return of_rules(config, alike)


def nothing_verified(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Who does without the certificate's name does without all of it."""

    def open_to_all(provider: LlmProvider) -> LlmProvider:
        if provider.tls is None or not provider.tls.unverified:
            return provider
        return replace(provider, tls=replace(provider.tls, unverified="certificate"))

    return of_providers(config, open_to_all)


def always_in_order(backend: LlmBackend, turn: int) -> list[LlmProvider]:
    """The first provider of a group takes all its requests."""
    return seams_of_gateway.provider_order(backend, 0)


CROSSING: tuple[Mutant, ...] = (
    steered(
        "filters-of-first-reference",
        "The filters of a rule's first backendRef apply to all of them.",
        "routing",
        "GW HTTPBackendRef.filters",
        "as filters and policies say",
        settled=filters_of_first,
    ),
    steered(
        "name-unverified-skips-all",
        "insecureSkipVerify: Hostname switches the whole verification off.",
        "tls",
        "API agentgateway 1.4, BackendTLS.insecureSkipVerify",
        "did not verify the certificate's authority",
        settled=nothing_verified,
        only="agentgateway-1",
    ),
    gateway(
        "group-first-only",
        "The first provider of a group takes all its requests.",
        "routing",
        "API AIBackend.groups, priorityGroups",
        "does not divide requests",
        provider_order=always_in_order,
    ),
    steered(
        "path-in-groups-ignored",
        "The path of providers in priority groups does not count.",
        "path",
        "SEED table path; API AIBackend.groups",
        "the gateway made another path than configured",
        settled=of_grouped(lambda one: replace(one, path=None)),
    ),
    steered(
        "model-in-groups-ignored",
        "The model of providers in priority groups does not count.",
        "model",
        "SEED table model; API AIBackend.groups",
        "the Backend's model did not override",
        settled=of_grouped(lambda one: replace(one, model=None)),
    ),
    steered(
        "header-in-groups-ignored",
        "The key of providers in priority groups goes into Authorization, whatever header they name.",
        "auth",
        "SEED table authHeader; API AIBackend.groups",
        "key",
        settled=of_grouped(as_bearer),
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
