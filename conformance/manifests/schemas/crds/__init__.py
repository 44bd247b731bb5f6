"""The schemas of all kinds that the embedded Kubernetes API serves, by group and kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conformance.manifests.schemas.crds.agentgateway.backend import AGENTGATEWAY_BACKEND
from conformance.manifests.schemas.crds.agentgateway.policy import AGENTGATEWAY_POLICY, ENTERPRISE_POLICY
from conformance.manifests.schemas.crds.backend import BACKEND
from conformance.manifests.schemas.crds.core import CONFIG_MAP, EVENT, NAMESPACE, SECRET, SERVICE
from conformance.manifests.schemas.crds.edition import RELEASES, Edition
from conformance.manifests.schemas.crds.gateway import GATEWAY_CLASS, gateway
from conformance.manifests.schemas.crds.httproute import http_route
from conformance.manifests.schemas.crds.policies import backend_tls_policy, reference_grant
from conformance.manifests.schemas.crds.traffic_policy import TRAFFIC_POLICY
from conformance.manifests.schemas.schema import Schema

__all__ = ["RELEASES", "Edition", "Schemas", "schemas"]

Schemas = Mapping[tuple[str, str], Schema]

_OTHERS: Schemas = {
    ("", "Namespace"): NAMESPACE,
    ("", "Secret"): SECRET,
    ("", "ConfigMap"): CONFIG_MAP,
    ("", "Service"): SERVICE,
    ("", "Event"): EVENT,
    ("gateway.kgateway.dev", "Backend"): BACKEND,
    ("gateway.kgateway.dev", "TrafficPolicy"): TRAFFIC_POLICY,
    ("agentgateway.dev", "AgentgatewayBackend"): AGENTGATEWAY_BACKEND,
    ("agentgateway.dev", "AgentgatewayPolicy"): AGENTGATEWAY_POLICY,
    ("enterpriseagentgateway.solo.io", "EnterpriseAgentgatewayPolicy"): ENTERPRISE_POLICY,
}


@cache
def schemas(edition: Edition) -> Schemas:
    """The schema of every kind, those of the Gateway API as an edition of it has them."""
    return {
        **_OTHERS,
        ("gateway.networking.k8s.io", "GatewayClass"): GATEWAY_CLASS,
        ("gateway.networking.k8s.io", "Gateway"): gateway(edition),
        ("gateway.networking.k8s.io", "HTTPRoute"): http_route(edition),
        ("gateway.networking.k8s.io", "BackendTLSPolicy"): backend_tls_policy(edition),
        ("gateway.networking.k8s.io", "ReferenceGrant"): reference_grant(edition),
    }
