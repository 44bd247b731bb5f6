"""Objects that an interrupted run left in a cluster: found by their label, and removed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import RUN_LABEL, Kubernetes, Refused

__all__ = ["remove_leftovers"]

_KINDS = (
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "GatewayClass"),
    ("gateway.networking.k8s.io/v1", "BackendTLSPolicy"),
    ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"),
    ("gateway.kgateway.dev/v1alpha1", "Backend"),
    ("agentgateway.dev/v1alpha1", "AgentgatewayBackend"),
    ("v1", "Service"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
)
_NAMESPACE = ("v1", "Namespace")


async def remove_leftovers(kubernetes: Kubernetes, *, except_for: Sequence[str]) -> int:
    """Delete what bears the label of any run but these, namespaces last; returns how many objects there were.

    Raises SetupProblem when some are still there after a while.
    """
    selector = f"{RUN_LABEL},{RUN_LABEL} notin ({','.join(except_for)})"
    found = [one for kind in _KINDS for one in await _labelled(kubernetes, kind, selector)]
    await asyncio.gather(*(kubernetes.delete(one) for one in found))
    namespaces = await _labelled(kubernetes, _NAMESPACE, selector)
    for one in namespaces:
        await kubernetes.delete(one)
    names = {one["metadata"]["name"] for one in namespaces}

    def gone(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
        return not names & {name for _, name in objects}

    if names and not await kubernetes.wait(*_NAMESPACE, gone, deadlines.ROLLOUT, everyone=True):
        remedy = "see `kubectl describe namespace`"
        raise SetupProblem(f"namespaces of an earlier run cannot be removed: {', '.join(sorted(names))}", remedy=remedy)
    return len(found) + len(namespaces)


async def _labelled(kubernetes: Kubernetes, kind: tuple[str, str], selector: str) -> list[dict[str, Any]]:
    try:
        return [{"apiVersion": kind[0], "kind": kind[1], **one} for one in await kubernetes.list_all(*kind, selector)]
    except Refused as refused:
        if refused.status == 404:  # the cluster has no such kind
            return []
        raise
