"""What the suite has in a kind cluster: brought, mended where somebody has changed it; the Gateway with our trust."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.manifests.objects import object_id
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Kubernetes
from conformance.targets.clustered.pods import restart, rolled_out
from conformance.targets.clustered.stacks import TRUST_NAME

__all__ = ["apply_all", "bring_gateway", "bring_own", "stands"]


async def apply_all(kubernetes: Kubernetes, objects: Iterable[dict[str, Any]]) -> None:
    """Apply all of these. Raises SetupProblem for the first that is refused."""
    refused = await kubernetes.apply_all(objects)
    for one, refusal in refused.items():
        remedy = "do chart, CRDs and --dialect go together?"
        if refusal.status == 409:
            remedy = "somebody else has a part in it: remove it, or name another cluster with --cluster-name"
        raise SetupProblem(f"{one} is refused: {' '.join(refusal.message.split())}", remedy=remedy)


async def bring_own(kubernetes: Kubernetes, objects: Sequence[dict[str, Any]]) -> None:
    """Apply what is ours alone, anew where somebody has changed it: whoever did so owns these fields now.

    Raises SetupProblem for one in the way that bears no label of ours.
    """
    refused = await kubernetes.apply_all(objects)
    left = [one for one in objects if object_id(one) in refused]
    for one in left:
        if refused[object_id(one)].status == 409 and _is_ours(await _found(kubernetes, one)):
            await kubernetes.delete(one)
    await apply_all(kubernetes, left)


async def stands(kubernetes: Kubernetes, wanted: dict[str, Any]) -> bool:
    """Whether an object is there with everything that is wanted of it, whatever else it has."""
    found = await _found(kubernetes, wanted)
    return found is not None and _has(found, {key: wanted[key] for key in ("data", "spec") if key in wanted})


async def bring_gateway(kubernetes: Kubernetes, gateway: dict[str, Any], *, rotated: bool) -> None:
    """Let a Gateway stand, its proxy running with the lookalikes' authority as its trust.

    `rotated`: the authority is another one than before. Raises SetupProblem when that does not succeed.
    """
    place = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
    await _free(kubernetes, gateway)
    await apply_all(kubernetes, [gateway])
    if rotated and await kubernetes.get("apps/v1", "Deployment", *place) is not None:
        # The proxy reads its trust once, when it starts.
        await restart(kubernetes, *place)
    what = f"the Gateway {'/'.join(place)}"
    await rolled_out(kubernetes, *place, what=what)
    if not await _mounts_trust(kubernetes, *place):
        remedy = "take away what changes them, or name another cluster with --cluster-name"
        message = f"the pods of {what} are not given the lookalikes' authority (ConfigMap {TRUST_NAME})"
        raise SetupProblem(f"{message}: their parameters are somebody else's", remedy=remedy)
    await rolled_out(kubernetes, *place, what=what)


async def _free(kubernetes: Kubernetes, gateway: dict[str, Any]) -> None:
    """Take parameters from a Gateway of ours that somebody gave it, by which its proxy would trust others."""
    found = await _found(kubernetes, gateway)
    if found is not None and _is_ours(found) and "infrastructure" in found["spec"].keys() - gateway["spec"].keys():
        place = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
        change = {"spec": {"infrastructure": None}}
        await kubernetes.patch(gateway["apiVersion"], gateway["kind"], *place, change)


async def _mounts_trust(kubernetes: Kubernetes, namespace: str, name: str) -> bool:
    """Wait until a Deployment's pods are to be made with the ConfigMap that is the proxy's trust."""

    def done(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
        template = objects.get((namespace, name), {}).get("spec", {}).get("template") or {}
        volumes = (template.get("spec") or {}).get("volumes") or []
        return any((one.get("configMap") or {}).get("name") == TRUST_NAME for one in volumes)

    one = {"name": name, "namespace": namespace}
    return await kubernetes.wait("apps/v1", "Deployment", done, deadlines.STATUS, everyone=True, **one)


async def _found(kubernetes: Kubernetes, wanted: dict[str, Any]) -> dict[str, Any] | None:
    metadata = wanted["metadata"]
    place = (metadata.get("namespace", ""), metadata["name"])
    return await kubernetes.get(wanted["apiVersion"], wanted["kind"], *place)


def _is_ours(found: dict[str, Any] | None) -> bool:
    return found is not None and (found["metadata"].get("labels") or {}).get(RUN_LABEL) == SET_UP


def _has(found: object, wanted: object) -> bool:
    """Whether what is there has all that is wanted; defaults that a cluster fills in are no difference."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_has(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(found, list) and len(found) == len(wanted)
        return same and all(map(_has, found, wanted)) if isinstance(found, list) else False
    return found == wanted
