"""The objects of one run in a cluster that is not ours: what others left is told, what is our own is removed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import RUN_LABEL, Kubernetes, Refused
from conformance.stage.arrangement.ownership import check_permitted
from conformance.targets.cluster.places import MadeKind

__all__ = ["Places", "RunObjects", "check_no_other_run", "labelled"]

_NAMESPACE = ("v1", "Namespace")
Places = Mapping[str, Sequence[MadeKind]]
Object = dict[str, Any]


async def labelled(kubernetes: Kubernetes, places: Places, selector: str) -> list[Object]:
    """The objects with such a label in these places, and all namespaces that have one, last."""
    listed = (_list(kubernetes, kind, place, selector) for place, kinds in places.items() for kind in kinds)
    found = [one for some in await asyncio.gather(*listed) for one in some]
    spaces = await kubernetes.list_all(*_NAMESPACE, selector)
    return [*found, *({**one, "apiVersion": "v1", "kind": "Namespace"} for one in spaces)]


async def _list(kubernetes: Kubernetes, kind: MadeKind, namespace: str, selector: str) -> list[Object]:
    try:
        found = await kubernetes.list(kind.api_version, kind.kind, namespace, selector)
    except Refused as refused:
        check_permitted(refused)
        if refused.status == 404:  # the cluster has no such kind
            return []
        raise
    return [{**one, "apiVersion": kind.api_version, "kind": kind.kind} for one in found]


async def check_no_other_run(kubernetes: Kubernetes, places: Places, *, except_for: Collection[str]) -> None:
    """Raise SetupProblem when there are objects of other runs than these: they may be going on, so we touch nothing."""
    selector = f"{RUN_LABEL},{RUN_LABEL} notin ({','.join(except_for)})"
    found = await labelled(kubernetes, places, selector)
    if not found:
        return
    runs = sorted({str(one["metadata"]["labels"][RUN_LABEL]) for one in found})
    made = {kind.kind: ".".join(filter(None, (kind.plural, kind.group))) for some in places.values() for kind in some}
    kinds = ",".join(dict.fromkeys(made.get(one["kind"], "namespaces") for one in found))
    commands = "".join(f"\n  kubectl delete {kinds} --all-namespaces -l {RUN_LABEL}={run}" for run in runs)
    message = f"the cluster has {len(found)} objects of other runs: {', '.join(runs)}"
    remedy = f"wait for their end; what a run that was killed has left, these remove:{commands}"
    remedy += (
        "\nand take what --allow-dns-change put between lines of agw-conformance out of ConfigMap kube-system/coredns"
    )
    raise SetupProblem(message, remedy=remedy)


class RunObjects:
    """Everything with this run's label, in namespaces that were there before or that the run has made."""

    def __init__(self, kubernetes: Kubernetes, run_id: str, places: Places) -> None:
        self._kubernetes = kubernetes
        self._selector = f"{RUN_LABEL}={run_id}"
        self._places = places

    async def remove(self) -> None:
        """Delete all of them, and return when they are gone. Raises SetupProblem when some are not in time."""
        found = await labelled(self._kubernetes, self._places, self._selector)
        results = await asyncio.gather(*(self._kubernetes.delete(one) for one in found), return_exceptions=True)
        deadline = deadlines.now() + deadlines.ROLLOUT
        for kind in dict.fromkeys((one["apiVersion"], one["kind"]) for one in found):
            places = {_place(one) for one in found if (one["apiVersion"], one["kind"]) == kind}
            await self._gone(kind, places, deadline)
        for result in results:
            if isinstance(result, BaseException):
                raise SetupProblem(f"objects of the run could not be deleted: {result}", remedy=self._by_hand)

    async def _gone(self, kind: tuple[str, str], places: set[tuple[str, str]], deadline: float) -> None:
        def gone(objects: dict[tuple[str, str], Object]) -> bool:
            return not places & objects.keys()

        for namespace in sorted({namespace for namespace, _ in places}):
            seconds = max(1.0, deadline - deadlines.now())
            if not await self._kubernetes.wait(*kind, gone, seconds, namespace=namespace or None):
                names = ", ".join(f"{namespace}/{name}".strip("/") for namespace, name in sorted(places))
                raise SetupProblem(f"objects of the run do not go: {kind[1]} {names}", remedy=self._by_hand)

    @property
    def _by_hand(self) -> str:
        return f"look for what has the label {self._selector}"


def _place(one: Object) -> tuple[str, str]:
    return one["metadata"].get("namespace", ""), one["metadata"]["name"]
