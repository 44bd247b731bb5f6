"""Deployments and their pods: restarting them, waiting for a rollout, and why one does not come up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from conformance import deadlines
from conformance.kube import Kubernetes
from conformance.problems import SetupProblem

__all__ = ["replace", "restart", "rolled_out", "why_not_running"]

_HOPELESS = {
    "ErrImagePull": "load the image with --image-archive, or check its name and the registry",
    "ImagePullBackOff": "load the image with --image-archive, or check its name and the registry",
    "ErrImageNeverPull": "load the image with --image-archive",
    "InvalidImageName": "check the name of the image",
    "CreateContainerConfigError": "read the events that the report keeps",
    "CrashLoopBackOff": "read the pod's log that the report keeps",
}
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

    if not await kubernetes.wait("v1", "Pod", gone, deadlines.ROLLOUT, everyone=True):
        raise SetupProblem(f"the old pods of {what} do not go", remedy="see `kubectl describe pod`")
    await rolled_out(kubernetes, namespace, name, what=what)


async def rolled_out(kubernetes: Kubernetes, namespace: str, name: str, *, what: str) -> None:
    """Wait until every replica of a Deployment runs its present template and old ones are gone.

    Raises SetupProblem as soon as that is hopeless, or after `deadlines.ROLLOUT`.
    """

    def done(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
        found = objects.get((namespace, name))
        return found is not None and _is_rolled_out(found)

    end = deadlines.now() + deadlines.ROLLOUT
    while not await kubernetes.wait("apps/v1", "Deployment", done, _LOOK_EVERY, name=name, everyone=True):
        reason, remedy = await why_not_running(kubernetes, namespace, name)
        if remedy or deadlines.now() > end:
            raise SetupProblem(f"{what} does not come up: {reason}", remedy=remedy or "read the events in the report")


def _is_rolled_out(deployment: Mapping[str, Any]) -> bool:
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    current = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    counts = (status.get("replicas"), status.get("updatedReplicas"), status.get("availableReplicas"))
    return current and counts == (wanted, wanted, wanted)


async def why_not_running(kubernetes: Kubernetes, namespace: str, name: str) -> tuple[str, str]:
    """What keeps a Deployment's pods from running, and the remedy; an empty remedy where waiting may help."""
    if await kubernetes.get("apps/v1", "Deployment", namespace, name) is None:
        return f"there is no Deployment {namespace}/{name} yet", ""
    said = f"the pods of {namespace}/{name} are not ready"
    for pod in await kubernetes.list("v1", "Pod", namespace):
        if not _is_of(pod, name):
            continue
        for container in (pod.get("status") or {}).get("containerStatuses") or []:
            waiting = (container.get("state") or {}).get("waiting") or {}
            if (reason := waiting.get("reason")) in _HOPELESS:
                return f"{reason} of {container['image']}", _HOPELESS[reason]
            said = f"{waiting.get('reason', 'not ready')}: {container['image']}" if waiting else said
    return said, ""


def _is_of(pod: Mapping[str, Any], deployment: str) -> bool:
    """Whether a ReplicaSet of the Deployment made the pod: its name and a hash, which has no dash."""
    owners = [one["name"] for one in pod["metadata"].get("ownerReferences") or [] if one["kind"] == "ReplicaSet"]
    return any(one.rpartition("-")[0] == deployment for one in owners)
