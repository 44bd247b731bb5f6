"""A Gateway that stands in a cluster: its pods, the port that they listen on, the version of what runs in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.core.startup.records import dataclass
from conformance.exchange.expectations.statuses import condition_of
from conformance.manifests.gateways import GatewayFacts, facts_of_standing
from conformance.stage.arrangement.kube import Kubernetes

__all__ = ["FoundGateway", "find_gateway"]

_API = "gateway.networking.k8s.io/v1"
_NO_GATEWAY = "make one and name it with --gateway NAMESPACE/NAME; or is it another cluster? see --kubeconfig"
_LABEL = "gateway.networking.k8s.io/gateway-name"


@dataclass(frozen=True)
class FoundGateway:
    """`pods` are the names of those that run, `port` is theirs, where that of the `listener` leads; `version` is the
    image's tag, empty without pods.
    """

    pods: tuple[str, ...]
    port: int
    version: str
    controller: str
    listener: int
    facts: GatewayFacts
    # As its digest names it, where a node has told.
    image: str = ""


async def find_gateway(kubernetes: Kubernetes, namespace: str, name: str) -> FoundGateway:
    """The Gateway as it is now. Raises SetupProblem when there is none, or none that is programmed."""
    gateway = await kubernetes.get(_API, "Gateway", namespace, name)
    if gateway is None:
        have = [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in await _gateways(kubernetes)]
        remedy = f"--gateway one of: {', '.join(have)}" if have else _NO_GATEWAY
        raise SetupProblem(f"the cluster has no Gateway {namespace}/{name}", remedy=remedy)
    programmed = condition_of(gateway, "Programmed")
    if programmed.get("status") != "True":
        said = programmed.get("message") or "no controller has said anything about it"
        raise SetupProblem(f"the Gateway {namespace}/{name} is not programmed: {said}", remedy="mend it first")
    listener = _listener(gateway["spec"]["listeners"], f"{namespace}/{name}")
    selector = f"{_LABEL}={name}"
    pods = [one for one in await kubernetes.list("v1", "Pod", namespace, selector) if _runs(one)]
    services = await kubernetes.list("v1", "Service", namespace, selector)
    images = [container["image"] for pod in pods for container in pod["spec"]["containers"]]
    exact = [one["imageID"] for pod in pods for one in pod["status"].get("containerStatuses") or () if one["imageID"]]
    return FoundGateway(
        pods=tuple(one["metadata"]["name"] for one in pods),
        port=_pod_port(services, pods, listener["port"]),
        version=_version(images[0]) if images else "",
        controller=await _controller(kubernetes, gateway["spec"]["gatewayClassName"]),
        listener=listener["port"],
        facts=facts_of_standing(gateway),
        image=next(iter((*exact, *images)), ""),
    )


async def _gateways(kubernetes: Kubernetes) -> list[dict[str, Any]]:
    return await kubernetes.list_all(_API, "Gateway")


async def _controller(kubernetes: Kubernetes, name: str) -> str:
    found = await kubernetes.get(_API, "GatewayClass", "", name) or {}
    return str(found.get("spec", {}).get("controllerName", ""))


def _listener(listeners: Sequence[Mapping[str, Any]], place: str) -> Mapping[str, Any]:
    """The one that documented requests, plain HTTP for any host, come in by."""
    for one in listeners:
        if one["protocol"] == "HTTP" and not one.get("hostname"):
            return one
    remedy = "add one, as the documented Gateway has it, or name another with --gateway"
    raise SetupProblem(f"the Gateway {place} has no listener for HTTP and any host", remedy=remedy)


def _runs(pod: Mapping[str, Any]) -> bool:
    return pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]


def _pod_port(services: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]], port: int) -> int:
    """Where a Service for this port leads to in the pods; the same port when none says otherwise."""
    targets = (one.get("targetPort") for service in services for one in service["spec"]["ports"] if one["port"] == port)
    target = next((one for one in targets if one is not None), port)
    if isinstance(target, int):
        return target
    containers = [container for pod in pods for container in pod["spec"]["containers"]]
    named = (
        one["containerPort"] for part in containers for one in part.get("ports") or () if one.get("name") == target
    )
    return int(next(named, port))


def _version(image: str) -> str:
    """The tag of an image, without the `v`; empty for one that is named by its digest alone."""
    path = image.partition("@")[0].rpartition("/")[2]
    return path.partition(":")[2].removeprefix("v")
