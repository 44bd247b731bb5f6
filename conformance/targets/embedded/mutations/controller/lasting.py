"""Defects of a controller that remembers what was."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import HTTP_ROUTE
from conformance.targets.embedded.mutations.controller.settling import (
    Settle,
    of_providers,
    of_routes,
)
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import (
    GatewayConfig,
    InvalidBackend,
    LlmProvider,
    Route,
    Rule,
    UpstreamTls,
)

__all__ = ["LASTING"]


def first_routes() -> Settle:
    """Routes as they were first translated; they never go, either."""
    known: dict[tuple[str, str], dict[str, Route]] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        listeners = []
        for listener in config.listeners:
            kept = known.setdefault((listener.gateway, listener.name), {})
            for route in listener.routes:
                kept.setdefault(route.name, route)
            listeners.append(replace(listener, routes=tuple(kept.values())))
        return GatewayConfig(tuple(listeners))

    return settle


def first_backends() -> Settle:
    """Providers as they were first translated."""
    known: dict[str, LlmProvider] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        return of_providers(config, lambda one: replace(known.setdefault(one.name, one), tls=one.tls))

    return settle


def lasting_backends() -> Settle:
    """Rules whose Backends are gone stay as they were."""
    known: dict[str, tuple[Rule, ...]] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        def kept(route: Route) -> Route:
            if any(isinstance(ref.backend, InvalidBackend) for rule in route.rules for ref in rule.backends):
                return replace(route, rules=known.get(route.name, route.rules))
            known[route.name] = route.rules
            return route

        return of_routes(config, kept)

    return settle


def rewritten_routes(config: GatewayConfig, objects: Any) -> GatewayConfig:
    """Routes get a slash at the end of their prefixes: in the API, where people keep what they wrote."""
    for route in list(objects.peek_all(HTTP_ROUTE)):
        changed = deepcopy(route)
        for rule in changed["spec"].get("rules", ()):
            for match in rule.get("matches", ()):
                if (path := match["path"])["type"] == "PathPrefix":
                    path["value"] = f"{path['value'].rstrip('/')}/"
        if changed["spec"] != route["spec"]:
            objects.update(HTTP_ROUTE, changed)
    return config


def lasting_tls() -> Settle:
    """TLS stays when its policy goes."""
    known: dict[str, UpstreamTls] = {}

    def kept(provider: LlmProvider) -> LlmProvider:
        if provider.tls is not None:
            known[provider.name] = provider.tls
        return replace(provider, tls=known.get(provider.name))

    return lambda config, objects: of_providers(config, kept)


def fragile_tls() -> Settle:
    """When one policy goes, all go."""
    most = 0

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        nonlocal most
        secured = sum(one.tls is not None for one in config.providers())
        most = max(most, secured)
        return of_providers(config, lambda one: replace(one, tls=None)) if secured < most else config

    return settle


LASTING: tuple[Mutant, ...] = (
    made(
        "route-change-ignored",
        "A changed route is not read again.",
        "lifecycle",
        "GW: implementations follow the objects",
        "still does not do what the manifests say",
        "settled",
        first_routes,
        controller=True,
    ),
    made(
        "backend-change-ignored",
        "A changed Backend is not read again.",
        "lifecycle",
        "GW: implementations follow the objects",
        "still does not do what the manifests say",
        "settled",
        first_backends,
        controller=True,
    ),
    made(
        "backend-deletion-ignored",
        "A deleted Backend is still used.",
        "lifecycle",
        "GW HTTPRoute backendRefs",
        "still does not do what the manifests say",
        "settled",
        lasting_backends,
        controller=True,
    ),
    steered(
        "routes-rewritten",
        "The controller writes into the routes that people apply.",
        "lifecycle",
        "Kubernetes server-side apply",
        "changed it",
        settled=rewritten_routes,
    ),
    made(
        "policy-deletion-ignored",
        "TLS outlives its policy.",
        "tls",
        "GW BackendTLSPolicy",
        "still does not do what the manifests say",
        "settled",
        lasting_tls,
        controller=True,
    ),
    made(
        "policy-deletion-spreads",
        "A deleted policy takes the others with it.",
        "tls",
        "GW BackendTLSPolicy targetRefs",
        "spoke plaintext although",
        "settled",
        fragile_tls,
        controller=True,
    ),
)
