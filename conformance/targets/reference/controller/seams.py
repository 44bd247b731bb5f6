"""The controller's decisions by name, so that a defect can take the place of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.controller.attached import Fields, below_own, with_traffic
from conformance.targets.reference.controller.decisions import attachment, credentials, grants
from conformance.targets.reference.controller.decisions.credentials import Unresolved
from conformance.targets.reference.controller.view import Name, Object, Objects, dig
from conformance.targets.reference.gateway.config import (
    Credential,
    GatewayConfig,
    LlmProvider,
    Passthrough,
    UpstreamTls,
)

__all__ = ["REFERENCE_CONTROLLER", "ControllerSeams"]


def provider(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A provider as translated from its part of the Backend."""
    return provider


def without_credential(problem: Unresolved) -> Credential | Passthrough | None:
    """What stands in for a credential that cannot be had: nothing does, the whole Backend is refused."""
    raise problem


def upstream_tls(validation: Object, roots: str) -> UpstreamTls | None:
    """How connections are verified: by `hostname`, or by subjectAltNames instead when there are any."""
    names = validation.get("subjectAltNames") or []
    return UpstreamTls(
        server_name=validation.get("hostname", ""),
        verify_names=tuple(one["hostname"] for one in names if one.get("type") == "Hostname"),
        verify_uris=tuple(one["uri"] for one in names if one.get("type") == "URI"),
        roots=roots,
    )


def policy_reach(namespace: str, objects: Objects) -> Iterable[str]:
    """The namespaces in which a policy finds its targets: its own."""
    return (namespace,)


def policy_targets(policy: Object) -> list[Object]:
    """The targets of a policy: all that it lists."""
    return dig(policy, "spec", "targetRefs") or []


def claimed(policy: Object) -> list[Object]:
    """The targets that a policy's status claims though the policy is not in force there: none."""
    return []


def reported(kind: Kind, obj: Object, status: dict[str, Any]) -> dict[str, Any]:
    """A status on its way to the API server."""
    return status


def settled(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """The configuration on its way to the gateway."""
    return config


@dataclass(frozen=True)
class ControllerSeams:
    """Every decision of the controller; the defaults are the documented behaviour."""

    find_secret: Callable[[Objects, str, str], Object] = credentials.find_secret
    token: Callable[[str], str] = credentials.token
    credential: Callable[[Object, str], Credential] = credentials.credential
    without_credential: Callable[[Unresolved], Credential | Passthrough | None] = without_credential
    provider: Callable[[LlmProvider, Object], LlmProvider] = provider
    below_own: Callable[[tuple[Fields, ...], Fields], Fields] = below_own
    with_traffic: Callable[[Object, Fields], Object] = with_traffic
    upstream_tls: Callable[[Object, str], UpstreamTls | None] = upstream_tls
    policy_reach: Callable[[str, Objects], Iterable[str]] = policy_reach
    policy_targets: Callable[[Object], list[Object]] = policy_targets
    claimed: Callable[[Object], list[Object]] = claimed
    granted: Callable[[Objects, str, Name, Kind], bool] = grants.granted
    permitted: Callable[[Object, str, str, Objects], bool] = attachment.permitted
    section_fits: Callable[[Object, Object], bool] = attachment.section_fits
    settled: Callable[[GatewayConfig, Objects], GatewayConfig] = settled
    reported: Callable[[Kind, Object, dict[str, Any]], dict[str, Any]] = reported


REFERENCE_CONTROLLER = ControllerSeams()
"""The controller as it should be."""
