"""The objects of a run that stand on a target: applied where nobody else's are in the way, and deleted at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.objects import ObjectId, object_id
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.stage.arrangement.ownership import Strangers
from conformance.stage.arrangement.surroundings import Surroundings

__all__ = ["Applied"]


class Applied:
    """What was applied so far. `disposable`: all objects go with the target, so that nobody is asked whose they are."""

    def __init__(self, kubernetes: Kubernetes, surroundings: Surroundings, *, disposable: bool) -> None:
        self._kubernetes = kubernetes
        self._surroundings = surroundings
        self._disposable = disposable
        self._strangers = Strangers(kubernetes)
        self._objects: dict[ObjectId, Mapping[str, Any]] = {}

    async def refuse_strangers(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Raise SetupProblem when one of these, which are about to be applied, is there already and no run's."""
        if not self._disposable:
            await self._strangers.refuse(objects)

    async def apply_objects(self, objects: Iterable[Mapping[str, Any]]) -> dict[ObjectId, Refused]:
        """Apply and remember for the clean-up; returns what was refused. Raises SetupProblem for strangers."""
        wanted = list(objects)
        await self.refuse_strangers(wanted)
        refusals = await self._kubernetes.apply_all(wanted)
        self._objects |= {object_id(data): data for data in wanted if object_id(data) not in refusals}
        return refusals

    async def apply_namespaces(self, names: Iterable[str]) -> None:
        """Create the namespaces of these names, as they were given where they were; those that are there stay."""
        for name in sorted(set(names)):
            data, there = self._surroundings.namespace(name), await self._kubernetes.get("v1", "Namespace", "", name)
            if there is None or (self._disposable and data["metadata"].get("labels")):
                await self.apply_objects([data])

    async def clean_up(self) -> None:
        """Delete what was applied, last first; all of it even when some cannot be deleted."""
        objects = list(reversed(self._objects.values()))
        self._objects.clear()
        try:
            await self._kubernetes.delete_all(objects)
        except Refused as refused:
            raise SetupProblem(f"objects of the run could not be deleted: {refused}") from refused
