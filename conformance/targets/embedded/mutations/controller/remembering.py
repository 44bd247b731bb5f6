"""Defects that show when something is changed or deleted: a controller that does not follow, or too late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import SECRET, Kind
from conformance.targets.embedded.mutations.controller.settling import Settle, of_providers, of_routes
from conformance.targets.embedded.mutations.mutant import Mutant, made
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.decisions import credentials
from conformance.targets.reference.controller.view import Name, Object, Objects
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
    Route,
    UpstreamTls,
)

__all__ = ["REMEMBERING"]

_FOLLOWS = "GW: implementations follow the objects"
_NOT = "the gateway still does not do what the manifests say"


def _first(*names: str) -> Callable[[], Settle]:
    """Providers keep these settings as they first were."""

    def factory() -> Settle:
        known: dict[str, LlmProvider] = {}

        def kept(one: LlmProvider) -> LlmProvider:
            first = known.setdefault(one.name, one)
            before: dict[str, Any] = {name: getattr(first, name) for name in names}
            return replace(one, **before)

        return lambda config, objects: of_providers(config, kept)

    return factory


def lasting_secrets() -> Callable[[Objects, str, str], Object]:
    """A Secret that is deleted is still used."""
    known: dict[Name, Object] = {}

    def find(objects: Objects, namespace: str, name: str) -> Object:
        found = objects.peek(SECRET, namespace, name)
        if found is not None:
            known[namespace, name] = found
        return known.get((namespace, name)) or credentials.find_secret(objects, namespace, name)

    return find


def lasting_routes() -> Settle:
    """Routes that are deleted are still served; others are followed."""
    known: dict[tuple[str, str], dict[str, Route]] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        listeners = []
        for listener in config.listeners:
            kept = known.setdefault((listener.gateway, listener.name), {})
            kept.update({route.name: route for route in listener.routes})
            listeners.append(replace(listener, routes=tuple(kept.values())))
        return GatewayConfig(tuple(listeners))

    return settle


def gone_for_good() -> Settle:
    """A route that was deleted once is not served again."""
    seen: set[str] = set()
    gone: set[str] = set()

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        now = {route.name for listener in config.listeners for route in listener.routes}
        gone.update(seen - now)
        seen.update(now)
        listeners = (
            replace(one, routes=tuple(route for route in one.routes if route.name not in gone))
            for one in config.listeners
        )
        return replace(config, listeners=tuple(listeners))

    return settle


def backends_gone_for_good() -> Settle:
    """A Backend that was deleted once stays away."""
    good: set[str] = set()
    gone: dict[str, InvalidBackend] = {}

    def kept(route: Route) -> Route:
        for rule in route.rules:
            for ref in rule.backends:
                if isinstance(ref.backend, InvalidBackend) and route.name in good:
                    gone[route.name] = ref.backend
                elif isinstance(ref.backend, LlmBackend):
                    good.add(route.name)
        if route.name not in gone:
            return route
        refs = (BackendRef(gone[route.name]),)
        return replace(route, rules=tuple(replace(rule, backends=refs) for rule in route.rules))

    return lambda config, objects: of_routes(config, kept)


def first_last() -> Settle:
    """When the last route of a Gateway goes, nothing is changed."""
    last: dict[tuple[str, str], Any] = {}

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        listeners = []
        for one in config.listeners:
            if one.routes:
                last[one.gateway, one.name] = one
            listeners.append(last.get((one.gateway, one.name), one) if not one.routes else one)
        return replace(config, listeners=tuple(listeners))

    return settle


def lasting_roots() -> Callable[[Object, str], UpstreamTls | None]:
    """Authorities that are deleted stay trusted."""
    known: dict[str, str] = {}

    def read(validation: Object, roots: str) -> UpstreamTls | None:
        host = validation.get("hostname", "")
        if roots not in ("nothing", "system"):
            known[host] = roots
        return seams.upstream_tls(validation, known.get(host, roots) if roots == "nothing" else roots)

    return read


def both_authorities() -> Callable[[Object, str], UpstreamTls | None]:
    """Authorities are added to, never taken away."""
    known: dict[str, list[str]] = {}

    def read(validation: Object, roots: str) -> UpstreamTls | None:
        if roots in ("nothing", "system"):
            return seams.upstream_tls(validation, roots)
        kept = known.setdefault(validation.get("hostname", ""), [])
        if roots not in kept:
            kept.append(roots)
        return seams.upstream_tls(validation, "\n".join(kept))

    return read


def stale_statuses() -> Callable[[Kind, Object, dict[str, Any]], dict[str, Any]]:
    """A status is written once and never again."""
    known: dict[str, dict[str, Any]] = {}

    def reported(kind: Kind, obj: Object, status: dict[str, Any]) -> dict[str, Any]:
        return known.setdefault(obj["metadata"]["uid"], status)

    return reported


def _made(
    name: str,
    defect: str,
    seam: str,
    factory: Callable[[], Any],
    *,
    source: str = _FOLLOWS,
    told: str = _NOT,
    area: str = "lifecycle",
) -> Mutant:
    return made(name, defect, area, source, told, seam, factory, controller=True)


REMEMBERING: tuple[Mutant, ...] = (
    _made("host-change-ignored", "A Backend's host is as it first was.", "settled", _first("host")),
    _made("port-change-ignored", "A Backend's port is as it first was.", "settled", _first("port")),
    _made("path-change-ignored", "A Backend's path is as it first was.", "settled", _first("path")),
    _made("model-change-ignored", "A Backend's model is as it first was.", "settled", _first("model")),
    _made("key-change-ignored", "A Backend's key is as it first was.", "settled", _first("credential")),
    _made("policy-change-ignored", "What a policy says is as it first was.", "settled", _first("tls")),
    _made(
        "secret-deletion-ignored",
        "A Secret that is deleted is still used.",
        "find_secret",
        lasting_secrets,
        told="after the deletion of Secret",
    ),
    _made("route-deletion-ignored", "A route that is deleted is still served.", "settled", lasting_routes),
    _made("route-gone-for-good", "A route that was deleted once is not served again.", "settled", gone_for_good),
    _made("backend-gone-for-good", "A Backend that was deleted once stays away.", "settled", backends_gone_for_good),
    _made("last-route-stays", "When the last route of a Gateway goes, it is still served.", "settled", first_last),
    _made(
        "authority-deletion-ignored",
        "An authority that is deleted stays trusted.",
        "upstream_tls",
        lasting_roots,
        source="GW BackendTLSPolicy validation.caCertificateRefs",
        area="tls",
        told="trusted a certificate although",
    ),
    _made(
        "authorities-added-only",
        "An authority that is replaced stays trusted.",
        "upstream_tls",
        both_authorities,
        source="GW BackendTLSPolicy validation.caCertificateRefs",
    ),
    _made(
        "statuses-written-once",
        "A status is written once and never again.",
        "reported",
        stale_statuses,
        area="status",
        source="GW conditions: observedGeneration",
        told="condition",
    ),
)
