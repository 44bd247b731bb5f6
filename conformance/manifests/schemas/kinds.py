"""The kinds that the embedded Kubernetes API endpoint serves, and how kubectl names and prints them."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.manifests.schemas.columns import Column, condition, count, field, involved, last_seen, ports
from conformance.manifests.schemas.kind import Kind

__all__ = [
    "AGENTGATEWAY_BACKEND",
    "AGENTGATEWAY_POLICY",
    "BACKEND",
    "BACKEND_TLS_POLICY",
    "CONFIG_MAP",
    "ENTERPRISE_POLICY",
    "EVENT",
    "GATEWAY",
    "GATEWAY_CLASS",
    "HTTP_ROUTE",
    "KINDS",
    "NAMESPACE",
    "NOT_SERVED",
    "REFERENCE_GRANT",
    "SECRET",
    "SERVICE",
    "TRAFFIC_POLICY",
    "Kind",
    "kind_for",
]


def kind_for(api_version: str, kind: str) -> Kind | None:
    """The kind that an object's apiVersion and kind name, or None when it is not served."""
    for candidate in KINDS:
        if candidate.kind == kind and any(candidate.api_version_of(v) == api_version for v in candidate.versions):
            return candidate
    return None


_NAME = Column("Name", field("metadata", "name"), description="Name must be unique within a namespace.")
_AGE = Column("Age", field("metadata", "creationTimestamp"), "date", description="Time since the creation.")
_GATEWAY_API = "gateway.networking.k8s.io"
_POLICY_DEPRECATED = (
    "The v1alpha3 version of BackendTLSPolicy has been deprecated and will be removed in a future release of the API."
    " Please upgrade to v1."
)

NAMESPACE = Kind(
    "",
    "v1",
    "Namespace",
    "namespaces",
    "namespace",
    False,
    ("ns",),
    has_status=True,
    columns=(_NAME, Column("Status", field("status", "phase")), _AGE),
)
SECRET = Kind(
    "",
    "v1",
    "Secret",
    "secrets",
    "secret",
    True,
    columns=(_NAME, Column("Type", field("type")), Column("Data", count("data"), "integer"), _AGE),
)
CONFIG_MAP = Kind(
    "",
    "v1",
    "ConfigMap",
    "configmaps",
    "configmap",
    True,
    ("cm",),
    columns=(_NAME, Column("Data", count("data", "binaryData"), "integer"), _AGE),
)
SERVICE = Kind(
    "",
    "v1",
    "Service",
    "services",
    "service",
    True,
    ("svc",),
    ("all",),
    has_status=True,
    columns=(
        _NAME,
        Column("Type", field("spec", "type")),
        Column("Cluster-IP", lambda obj: field("spec", "clusterIP")(obj) or "<none>"),
        Column("External-IP", lambda obj: field("spec", "externalName")(obj) or "<none>"),
        Column("Port(s)", ports),
        _AGE,
    ),
)
EVENT = Kind(
    "",
    "v1",
    "Event",
    "events",
    "event",
    True,
    ("ev",),
    columns=(
        Column("Last Seen", last_seen, "date"),
        Column("Type", field("type")),
        Column("Reason", field("reason")),
        Column("Object", involved),
        Column("Message", field("message")),
        Column("Name", field("metadata", "name"), priority=1),
    ),
)
GATEWAY_CLASS = Kind(
    _GATEWAY_API,
    "v1",
    "GatewayClass",
    "gatewayclasses",
    "gatewayclass",
    False,
    ("gc",),
    ("gateway-api",),
    True,
    columns=(
        _NAME,
        Column("Controller", field("spec", "controllerName")),
        Column("Accepted", condition("Accepted")),
        _AGE,
        Column("Description", field("spec", "description"), priority=1),
    ),
    served_versions=("v1beta1",),
)
GATEWAY = Kind(
    _GATEWAY_API,
    "v1",
    "Gateway",
    "gateways",
    "gateway",
    True,
    ("gtw",),
    ("gateway-api",),
    True,
    columns=(
        _NAME,
        Column("Class", field("spec", "gatewayClassName")),
        Column("Address", field("status", "addresses", 0, "value")),
        Column("Programmed", condition("Programmed")),
        _AGE,
    ),
    served_versions=("v1beta1",),
)
HTTP_ROUTE = Kind(
    _GATEWAY_API,
    "v1",
    "HTTPRoute",
    "httproutes",
    "httproute",
    True,
    (),
    ("gateway-api",),
    True,
    columns=(_NAME, Column("Hostnames", field("spec", "hostnames")), _AGE),
    served_versions=("v1beta1",),
)
BACKEND_TLS_POLICY = Kind(
    _GATEWAY_API,
    "v1",
    "BackendTLSPolicy",
    "backendtlspolicies",
    "backendtlspolicy",
    True,
    ("btlspolicy",),
    ("gateway-api",),
    True,
    (_NAME, _AGE),
    ("v1alpha3",),
    (("v1alpha3", _POLICY_DEPRECATED),),
)
REFERENCE_GRANT = Kind(
    _GATEWAY_API,
    "v1beta1",
    "ReferenceGrant",
    "referencegrants",
    "referencegrant",
    True,
    ("refgrant",),
    ("gateway-api",),
    columns=(_NAME, _AGE),
    served_versions=("v1",),
)
BACKEND = Kind(
    "gateway.kgateway.dev",
    "v1alpha1",
    "Backend",
    "backends",
    "backend",
    True,
    ("be",),
    ("kgateway",),
    True,
    columns=(_NAME, Column("Type", field("spec", "type")), Column("Accepted", condition("Accepted")), _AGE),
)
AGENTGATEWAY_BACKEND = Kind(
    "agentgateway.dev",
    "v1alpha1",
    "AgentgatewayBackend",
    "agentgatewaybackends",
    "agentgatewaybackend",
    True,
    ("agbe",),
    ("agentgateway",),
    True,
    columns=(
        _NAME,
        Column("Accepted", condition("Accepted"), description="Backend configuration acceptance status"),
        Column("Age", _AGE.value, "date", description="The age of the backend."),
    ),
)
AGENTGATEWAY_POLICY = Kind(
    "agentgateway.dev",
    "v1alpha1",
    "AgentgatewayPolicy",
    "agentgatewaypolicies",
    "agentgatewaypolicy",
    True,
    ("agpol",),
    ("agentgateway",),
    True,
    columns=(_NAME, _AGE),
)
ENTERPRISE_POLICY = Kind(
    "enterpriseagentgateway.solo.io",
    "v1alpha1",
    "EnterpriseAgentgatewayPolicy",
    "enterpriseagentgatewaypolicies",
    "enterpriseagentgatewaypolicy",
    True,
    has_status=True,
    columns=(_NAME, _AGE),
)
TRAFFIC_POLICY = Kind(
    "gateway.kgateway.dev",
    "v1alpha1",
    "TrafficPolicy",
    "trafficpolicies",
    "trafficpolicy",
    True,
    (),
    ("kgateway",),
    True,
    columns=(_NAME,),
)

KINDS: tuple[Kind, ...] = (
    NAMESPACE,
    SECRET,
    CONFIG_MAP,
    SERVICE,
    EVENT,
    GATEWAY_CLASS,
    GATEWAY,
    HTTP_ROUTE,
    BACKEND_TLS_POLICY,
    REFERENCE_GRANT,
    BACKEND,
    AGENTGATEWAY_BACKEND,
    AGENTGATEWAY_POLICY,
    ENTERPRISE_POLICY,
    TRAFFIC_POLICY,
)
"""Every kind served; the versions are those of the Gateway API's releases, kgateway 2.1, agentgateway 1.4."""

NOT_SERVED: Mapping[str, frozenset[tuple[str, str]]] = {
    "kgateway-2.1": frozenset({("ReferenceGrant", "v1")}),
    "agentgateway-1": frozenset({("BackendTLSPolicy", "v1alpha3")}),
}
"""By dialect, the (kind, version)s that the release of the Gateway API does not serve which belongs to the gateway.

ReferenceGrant v1 came with Gateway API 1.5. BackendTLSPolicy v1alpha3 is served by the experimental channel only; it is
taken, as deprecated, where kgateway 2.1 was measured with that (FACTS 7.2).
"""
