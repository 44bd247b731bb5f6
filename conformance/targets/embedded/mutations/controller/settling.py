"""Changes of a finished configuration: of its routes, rules, backendRefs, providers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
    Route,
    Rule,
)

__all__ = ["Settle", "of_backends", "of_providers", "of_routes", "of_rules"]

Settle = Callable[[GatewayConfig, Objects], GatewayConfig]


def of_routes(config: GatewayConfig, change: Callable[[Route], Route]) -> GatewayConfig:
    """Each route changed."""
    listeners = (replace(one, routes=tuple(change(route) for route in one.routes)) for one in config.listeners)
    return replace(config, listeners=tuple(listeners))


def of_rules(config: GatewayConfig, change: Callable[[Rule], Rule]) -> GatewayConfig:
    """Each rule changed."""
    return of_routes(config, lambda route: replace(route, rules=tuple(change(rule) for rule in route.rules)))


def of_backends(config: GatewayConfig, change: Callable[[BackendRef], BackendRef]) -> GatewayConfig:
    """Each backendRef changed."""
    return of_rules(config, lambda rule: replace(rule, backends=tuple(change(ref) for ref in rule.backends)))


def of_providers(config: GatewayConfig, change: Callable[[LlmProvider], LlmProvider]) -> GatewayConfig:
    """Each provider changed, wherever a rule leads to it."""

    def each(ref: BackendRef) -> BackendRef:
        if isinstance(ref.backend, InvalidBackend):
            return ref
        groups = tuple(tuple(change(one) for one in group) for group in ref.backend.groups)
        return replace(ref, backend=LlmBackend(ref.backend.name, groups))

    return of_backends(config, each)
