"""The schemas of all kinds that the embedded Kubernetes API serves, by group and kind."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.manifests.schemas.crds.agentgateway_backend import AGENTGATEWAY_BACKEND
from conformance.manifests.schemas.crds.backend import BACKEND
from conformance.manifests.schemas.crds.core import CONFIG_MAP, EVENT, NAMESPACE, SECRET, SERVICE
from conformance.manifests.schemas.crds.gateway import GATEWAY, GATEWAY_CLASS
from conformance.manifests.schemas.crds.httproute import HTTP_ROUTE
from conformance.manifests.schemas.crds.policies import BACKEND_TLS_POLICY, REFERENCE_GRANT
from conformance.manifests.schemas.schema import Schema

__all__ = ["SCHEMAS"]

SCHEMAS: Mapping[tuple[str, str], Schema] = {
    ("", "Namespace"): NAMESPACE,
    ("", "Secret"): SECRET,
    ("", "ConfigMap"): CONFIG_MAP,
    ("", "Service"): SERVICE,
    ("", "Event"): EVENT,
    ("gateway.networking.k8s.io", "GatewayClass"): GATEWAY_CLASS,
    ("gateway.networking.k8s.io", "Gateway"): GATEWAY,
    ("gateway.networking.k8s.io", "HTTPRoute"): HTTP_ROUTE,
    ("gateway.networking.k8s.io", "BackendTLSPolicy"): BACKEND_TLS_POLICY,
    ("gateway.networking.k8s.io", "ReferenceGrant"): REFERENCE_GRANT,
    ("gateway.kgateway.dev", "Backend"): BACKEND,
    ("agentgateway.dev", "AgentgatewayBackend"): AGENTGATEWAY_BACKEND,
}
