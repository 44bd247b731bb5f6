"""What AgentgatewayPolicies have to keep beyond the types of their fields: the rules of the CRD, one function each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.crds.common import has
from conformance.manifests.schemas.schema import Rule, rule

__all__ = [
    "before_routing",
    "before_routing_of_gateways",
    "conditional_alone",
    "frontend_of_gateway",
    "frontend_of_whole_gateway",
    "inheritance_of_traffic",
    "known_targets",
    "not_below",
    "one_authentication",
    "one_body",
    "one_kind",
    "port_of_frontend",
    "something",
    "traffic_of_routes",
    "unconditional_last",
    "with_status",
]

Fields = Mapping[str, Any]

_GATEWAY_API = "gateway.networking.k8s.io"
_ROUTED = ("Gateway", "HTTPRoute", "GRPCRoute", "ListenerSet")
_TARGETS = {
    *((_GATEWAY_API, one) for one in _ROUTED),
    ("", "Service"),
    ("agentgateway.dev", "AgentgatewayBackend"),
    ("inference.networking.k8s.io", "InferencePool"),
}
_WHOLE = ("tcp", "networkAuthorization", "tls", "http", "proxyProtocol", "connect")
_BEFORE_ROUTING = (
    *("buffer", "csrf", "delay", "directResponse", "headerModifiers", "hostRewrite", "rateLimit", "retry", "timeouts"),
)


@rule(
    "targetRefs may only reference Gateway, HTTPRoute, GRPCRoute, ListenerSet, Service, AgentgatewayBackend, or"
    " InferencePool resources"
)
def known_targets(targets: Sequence[Fields], _old: object) -> bool:
    return all((one["group"], one["kind"]) in _TARGETS for one in targets)


@rule("Only one Kind of targetRef can be set on one policy")
def one_kind(targets: Sequence[Fields], _old: object) -> bool:
    return len({one["kind"] for one in targets}) <= 1


@rule("At least one of traffic, frontend, or backend must be provided.")
def something(spec: Fields, _old: object) -> bool:
    return has(spec, "traffic") or has(spec, "frontend") or has(spec, "backend")


@rule("strategy.inheritance may only be set on traffic policies")
def inheritance_of_traffic(spec: Fields, _old: object) -> bool:
    only_traffic = has(spec, "traffic") and not has(spec, "frontend") and not has(spec, "backend")
    return not has(spec.get("strategy") or {}, "inheritance") or only_traffic


def not_below(field: str, message: str, kind_: str, *, section: bool = False) -> Rule:
    """A field of `backend` is not for targets of a kind, or not for parts of them."""

    @rule(message)
    def not_below(spec: Fields, _old: object) -> bool:
        return not has(spec.get("backend") or {}, field) or not any(
            one["kind"] == kind_ and (has(one, "sectionName") or not section) for one in _targets(spec)
        )

    return not_below


@rule("traffic.jwtAuthentication may not be used with backend.mcp.authentication in the same policy")
def one_authentication(spec: Fields, _old: object) -> bool:
    mcp = (spec.get("backend") or {}).get("mcp") or {}
    return not (has(spec.get("traffic") or {}, "jwtAuthentication") and has(mcp, "authentication"))


@rule("the 'frontend' field can only target a Gateway")
def frontend_of_gateway(spec: Fields, _old: object) -> bool:
    return not has(spec, "frontend") or all(one["kind"] == "Gateway" for one in _targets(spec))


@rule(
    "frontend tcp, networkAuthorization, tls, http, proxyProtocol, and connect policies may only target a Gateway or"
    " port, not a listener (sectionName)"
)
def frontend_of_whole_gateway(spec: Fields, _old: object) -> bool:
    frontend = spec.get("frontend") or {}
    return not any(has(frontend, one) for one in _WHOLE) or not any(has(one, "sectionName") for one in _targets(spec))


@rule("port may only be set on frontend-only policies (not traffic or backend)")
def port_of_frontend(spec: Fields, _old: object) -> bool:
    only_frontend = has(spec, "frontend") and not has(spec, "traffic") and not has(spec, "backend")
    return only_frontend or not any(has(one, "port") for one in _targets(spec))


@rule("the 'traffic' field can only target a Gateway, ListenerSet, GRPCRoute, HTTPRoute, or InferencePool")
def traffic_of_routes(spec: Fields, _old: object) -> bool:
    return not has(spec, "traffic") or all(one["kind"] in (*_ROUTED, "InferencePool") for one in _targets(spec))


@rule("the 'traffic.phase=PreRouting' field can only target a Gateway or ListenerSet")
def before_routing_of_gateways(spec: Fields, _old: object) -> bool:
    early = (spec.get("traffic") or {}).get("phase") == "PreRouting"
    return not early or all(one["kind"] in ("Gateway", "ListenerSet") for one in _targets(spec))


@rule(
    "phase PreRouting only supports extAuth, authorization, transformation, extProc, jwtAuthentication,"
    " basicAuthentication, apiKeyAuthentication and cors"
)
def before_routing(traffic: Fields, _old: object) -> bool:
    return traffic.get("phase") != "PreRouting" or not any(has(traffic, one) for one in _BEFORE_ROUTING)


@rule("body and bodyExpression may not both be set")
def one_body(response: Fields, _old: object) -> bool:
    return not (has(response, "body") and has(response, "bodyExpression"))


@rule("status: Required value")
def with_status(response: Fields, _old: object) -> bool:
    return has(response, "conditional") or has(response, "status")


@rule("conditional cannot be set with any other field")
def conditional_alone(policy: Fields, _old: object) -> bool:
    return not has(policy, "conditional") or len(policy) == 1


@rule("conditional entries without condition must be last")
def unconditional_last(entries: Sequence[Fields], _old: object) -> bool:
    return all(has(one, "condition") for one in entries[:-1])


def _targets(spec: Fields) -> Sequence[Fields]:
    return [*spec.get("targetRefs", ()), *spec.get("targetSelectors", ())]
