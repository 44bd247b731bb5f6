"""Deployments and their pods: restarting them, waiting for a rollout, and why one does not come up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.targets.clustered.pod_logs import last_words

__all__ = ["LOAD", "replace", "restart", "rolled_out", "why_not_running"]

LOAD = "load the image with --image-archive, or check its name and the registry"
"""What to do about a missing image where the cluster is ours to load one into."""
_EVENTS = "see the cluster's events and objects, which --report DIR keeps in DIR/cluster"
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")
_HOPELESS = {
    "InvalidImageName": "check the name of the image",
    "CreateContainerConfigError": _EVENTS,
    "CrashLoopBackOff": "is it the right image, and one that goes with this control plane?",
}
_CRASHES = 2
"""Restarts after which a program that ends is not waited for any longer; one may be bad luck."""
_LOOK_EVERY = 3.0
"""Seconds of watching a rollout after which its pods are looked at for something hopeless."""


async def restart(kubernetes: Kubernetes, namespace: str, name: str) -> None:
    """Restart a Deployment's pods one after another, as `kubectl rollout restart` does."""
    stamp = {"agw-conformance/restarted-at": datetime.now(UTC).isoformat()}
    patch = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    await kubernetes.patch("apps/v1", "Deployment", namespace, name, patch)


async def replace(kubernetes: Kubernetes, namespace: str, name: str, *, what: str) -> None:
    """Delete all pods of a Deployment at once, and wait until only new ones are there and ready."""
    old = [pod for pod in await kubernetes.list("v1", "Pod", namespace) if _is_of(pod, name)]
    await asyncio.gather(*(kubernetes.delete(pod, grace_seconds=1) for pod in old))
    names = {(namespace, pod["metadata"]["name"]) for pod in old}

    def gone(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
        return not names & objects.keys()

    if not await kubernetes.wait("v1", "Pod", gone, deadlines.ROLLOUT, namespace=namespace, everyone=True):
        raise SetupProblem(f"the old pods of {what} do not go", remedy="see `kubectl describe pod`")
    await rolled_out(kubernetes, namespace, name, what=what)


async def rolled_out(kubernetes: Kubernetes, namespace: str, name: str, *, what: str, missing: str = LOAD) -> None:
    """Wait until every replica of a Deployment runs its present template and old ones are gone.

    Raises SetupProblem as soon as that is hopeless, or after `deadlines.ROLLOUT`; `missing` says what to do about an
    image that cannot be had.
    """

    def done(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
        found = objects.get((namespace, name))
        return found is not None and _is_rolled_out(found)

    end = deadlines.now() + deadlines.ROLLOUT
    one = {"name": name, "namespace": namespace}
    while not await kubernetes.wait("apps/v1", "Deployment", done, _LOOK_EVERY, everyone=True, **one):
        reason, remedy = await why_not_running(kubernetes, namespace, name, missing)
        if remedy or deadlines.now() > end:
            remedy = remedy or _EVENTS
            raise SetupProblem(f"{what} does not come up: {reason}", remedy=remedy)


def _is_rolled_out(deployment: Mapping[str, Any]) -> bool:
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    current = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    counts = (status.get("replicas"), status.get("updatedReplicas"), status.get("availableReplicas"))
    return current and counts == (wanted, wanted, wanted)


async def why_not_running(kubernetes: Kubernetes, namespace: str, name: str, missing: str = LOAD) -> tuple[str, str]:
    """What keeps a Deployment's pods from running, and the remedy; an empty remedy where waiting may help."""
    if await kubernetes.get("apps/v1", "Deployment", namespace, name) is None:
        return await _why_not_there(kubernetes, namespace, name), ""
    said = f"the pods of {namespace}/{name} are not ready"
    for pod in await kubernetes.list("v1", "Pod", namespace):
        if not _is_of(pod, name) or "deletionTimestamp" in pod["metadata"]:
            continue
        status = pod.get("status") or {}
        for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
            waiting = (container.get("state") or {}).get("waiting") or {}
            reason = waiting.get("reason", "not ready")
            if reason == "CrashLoopBackOff" and container.get("restartCount", 0) >= _CRASHES:
                return await _why_crashing(kubernetes, pod, container), _HOPELESS[reason]
            if reason in _IMAGE:
                return f"{reason} of {container['image']}", missing
            if reason in _HOPELESS and reason != "CrashLoopBackOff":
                return f"{reason} of {container['image']}", _HOPELESS[reason]
            said = f"{reason}: {container['image']}" if waiting else said
        said = next((text for text in _unmet(status, "PodScheduled")), said)
    return said, ""


async def _why_not_there(kubernetes: Kubernetes, namespace: str, name: str) -> str:
    """Who makes a Gateway's Deployment says in the Gateway's status why it does not."""
    said = f"there is no Deployment {namespace}/{name} yet"
    try:
        gateway = await kubernetes.get("gateway.networking.k8s.io/v1", "Gateway", namespace, name) or {}
    except Refused:  # no Gateway is to be had here at all
        return said
    return "; ".join([said, *_unmet(gateway.get("status") or {}, "Accepted", "Programmed")])


async def _why_crashing(kubernetes: Kubernetes, pod: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    place = (pod["metadata"]["namespace"], pod["metadata"]["name"], container["name"])
    line = await asyncio.to_thread(last_words, kubernetes.client, *place)
    said = f", saying: {line}" if line else ", saying nothing"
    return f"{container['image']} ends with code {ended.get('exitCode', 'unknown')} whenever it is started{said}"


def _unmet(status: Mapping[str, Any], *types: str) -> list[str]:
    """Conditions of these types that do not hold, as `Type=False (Reason): message`."""
    return [
        f"{one['type']}={one['status']} ({one.get('reason', '')}): {one.get('message', '')}".rstrip(": ")
        for one in status.get("conditions") or []
        if one["type"] in types and one["status"] != "True"
    ]


def _is_of(pod: Mapping[str, Any], deployment: str) -> bool:
    """Whether a ReplicaSet of the Deployment made the pod: its name and a hash, which has no dash."""
    owners = [one["name"] for one in pod["metadata"].get("ownerReferences") or [] if one["kind"] == "ReplicaSet"]
    return any(one.rpartition("-")[0] == deployment for one in owners)
