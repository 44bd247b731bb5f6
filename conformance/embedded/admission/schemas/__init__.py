"""The schemas of all kinds that the embedded Kubernetes API serves, by group and kind."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.embedded.admission.schema import Schema
from conformance.embedded.admission.schemas.agentgateway_backend import AGENTGATEWAY_BACKEND
from conformance.embedded.admission.schemas.backend import BACKEND
from conformance.embedded.admission.schemas.core import CONFIG_MAP, EVENT, NAMESPACE, SECRET, SERVICE
from conformance.embedded.admission.schemas.gateway import GATEWAY, GATEWAY_CLASS
from conformance.embedded.admission.schemas.httproute import HTTP_ROUTE
from conformance.embedded.admission.schemas.policies import BACKEND_TLS_POLICY, REFERENCE_GRANT

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
