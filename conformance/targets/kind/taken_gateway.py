"""What a given Gateway needs in a kind cluster of ours: a class with our trust, and the authority in its namespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.gateways import API
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.stacks import Stack, gateway_class, trust_config_map

__all__ = ["objects_for"]

_ELSEWHERE = "use the embedded or the standalone target"


async def objects_for(
    kubernetes: Kubernetes,
    stack: Stack,
    gateway: Mapping[str, Any],
    given_class: Mapping[str, Any] | None,
    trusted_ca: str,
) -> list[Mapping[str, Any]]:
    """The Gateway and all that has to be there before its proxy can trust lookalikes.

    Raises SetupProblem when nobody here would take it, or when settings of its own would take the place of ours.
    """
    namespace, name = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
    if (gateway["spec"].get("infrastructure") or {}).get("parametersRef"):
        message = f"the Gateway {namespace}/{name} names parameters of its own (spec.infrastructure.parametersRef)"
        raise SetupProblem(f"{message}, which would take the place of ours", remedy=f"leave them out, or {_ELSEWHERE}")
    objects: list[Mapping[str, Any]] = await _class(kubernetes, stack, gateway["spec"]["gatewayClassName"], given_class)
    if namespace != stack.namespace:
        # Pods mount it from where they are; in the stack's own namespace it is there.
        objects.append(trust_config_map(namespace, trusted_ca))
    return [*objects, gateway]


async def _class(
    kubernetes: Kubernetes, stack: Stack, name: str, given: Mapping[str, Any] | None
) -> list[Mapping[str, Any]]:
    """The class, where it is not there yet."""
    stands = await kubernetes.get(API, "GatewayClass", "", name)
    known = stands or given
    if known is None:
        remedy = f"gatewayClassName: agentgateway, or give the GatewayClass {name}, too"
        raise SetupProblem(f"neither the cluster nor the manifests have the GatewayClass {name}", remedy=remedy)
    if known["spec"]["controllerName"] != stack.controller_name:
        message = f"the GatewayClass {name} is of {known['spec']['controllerName']}"
        raise SetupProblem(f"{message}, and the cluster has {stack.controller_name}", remedy="is --dialect right?")
    if stands is not None:
        return []
    if known["spec"].get("parametersRef"):
        message = f"the GatewayClass {name} names parameters of its own, which would take the place of ours"
        raise SetupProblem(message, remedy=f"leave spec.parametersRef out, or {_ELSEWHERE}")
    return [{**known, "spec": {**known["spec"], **gateway_class(stack)["spec"]}}]
