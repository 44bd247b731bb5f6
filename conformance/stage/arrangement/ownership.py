"""Whose objects are that a run is about to apply, and whether it was a right that was missing when one was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.objects import object_id
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Kubernetes, Refused

__all__ = ["Strangers", "check_permitted"]


def check_permitted(refused: Refused) -> None:
    """Raise SetupProblem when it is not the object that was refused but whoever asked."""
    # Admission webhooks forbid objects, too, but in other words.
    if refused.status == 401 or (refused.status == 403 and " cannot " in refused.message):
        remedy = "have what `agw-conformance cluster-rbac` prints applied, and use its ServiceAccount"
        raise SetupProblem(f"a right is missing: {refused.message}", remedy=remedy) from refused


class Strangers:
    """What stood in the cluster before the run and bears no run's label; each kind is looked up once in each namespace,
    when first met.

    What bears the label of the target itself belongs to no run either.
    """

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._known: dict[tuple[str, str, str], dict[str, str]] = {}

    async def refuse(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Raise SetupProblem when one of these, which are about to be applied, is there already and no run's."""
        met: dict[str, str] = {}
        for one in objects:
            whose = await self._whose(one)
            if whose:
                met[str(object_id(one))] = whose
        if met:
            names = ", ".join(list(met)[:3]) + (f" and {len(met) - 3} more" if len(met) > 3 else "")
            whose = next(iter(met.values()))
            remedy = "rename or remove what is in the way, or use another cluster"
            raise SetupProblem(f"there already, and {whose}: {names}", remedy=remedy)

    async def _whose(self, data: Mapping[str, Any]) -> str:
        where = (data["apiVersion"], data["kind"], data["metadata"].get("namespace") or "")
        if where not in self._known:
            self._known[where] = await self._look_up(*where)
        return self._known[where].get(data["metadata"]["name"], "")

    async def _look_up(self, api_version: str, kind: str, namespace: str) -> dict[str, str]:
        try:
            found = await self._kubernetes.list(api_version, kind, namespace)
        except Refused as refused:
            if refused.status == 404:  # the endpoint has no such kind, and will say so
                return {}
            check_permitted(refused)
            remedy = f"let the suite list every {kind} in {namespace}"
            raise SetupProblem(f"what is there already cannot be seen: {refused}", remedy=remedy) from refused
        strangers: dict[str, str] = {}
        for one in found:
            label = (one["metadata"].get("labels") or {}).get(RUN_LABEL)
            if label in (None, SET_UP):
                strangers[one["metadata"]["name"]] = "part of the target" if label else "not made by this suite"
        return strangers
