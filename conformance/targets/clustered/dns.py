"""Cluster DNS: lets CoreDNS ask our responder about the providers' zones, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.pods import restart, rolled_out

__all__ = ["ClusterDns", "corefile_with"]

_BEGIN, _END = "# agw-conformance: begin", "# agw-conformance: end"
_BLOCK = re.compile(rf"\n?{_BEGIN}\n.*?{_END}\n?", re.DOTALL)


def corefile_with(corefile: str, zones: Iterable[str], responder: str) -> str:
    """The Corefile with these zones led to the responder (an ip); our earlier block, if any, is replaced.

    Without zones our block is taken out.
    """
    bare = _BLOCK.sub("\n", corefile).strip("\n") + "\n"
    wanted = sorted(zones)
    if not wanted:
        return bare
    # Over TCP: entries of connection tracking outlive a responder's address, and would swallow datagrams.
    block = f"{' '.join(f'{zone}:53' for zone in wanted)} {{\n    errors\n    forward . {responder} {{\n"
    block += "        force_tcp\n        max_fails 0\n    }\n}\n"
    return f"{bare}{_BEGIN}\n{block}{_END}\n"


class ClusterDns:
    """CoreDNS of a cluster, in kube-system as kubeadm sets it up."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._zones: set[str] = set()
        # As it was found, and as it was written last.
        self._found: str | None = None
        self._written: str | None = None

    async def answer(self, zones: Iterable[str], responder: str) -> None:
        """Let the responder answer for these zones, too; CoreDNS is restarted when that is news to it."""
        self._zones |= set(zones)
        await self._write(self._zones, responder)

    async def restore(self) -> None:
        """Let the Corefile be again what it was; where others have changed it meanwhile, only our part goes."""
        self._zones.clear()
        if self._found is None:
            return
        found, self._found = self._found, None
        now = await self._read()
        # A block that was there was an earlier run's, which is over.
        ours_alone = now == self._written and _BEGIN not in found
        await self._replace(now, found if ours_alone else corefile_with(now, (), ""))

    async def _write(self, zones: Iterable[str], responder: str) -> None:
        old = await self._read()
        if self._found is None:
            self._found = old
        self._written = corefile_with(old, zones, responder)
        await self._replace(old, self._written)

    async def _read(self) -> str:
        found = await self._kubernetes.get("v1", "ConfigMap", "kube-system", "coredns")
        if found is None or "Corefile" not in found.get("data", {}):
            remedy = "use a cluster with CoreDNS as kubeadm sets it up, or leave cluster DNS alone"
            raise SetupProblem("there is no ConfigMap kube-system/coredns with a Corefile", remedy=remedy)
        return str(found["data"]["Corefile"])

    async def _replace(self, old: str, new: str) -> None:
        if new != old:
            await self._kubernetes.patch("v1", "ConfigMap", "kube-system", "coredns", {"data": {"Corefile": new}})
            # It would notice by itself, in a minute or two.
            await restart(self._kubernetes, "kube-system", "coredns")
            await rolled_out(self._kubernetes, "kube-system", "coredns", what="CoreDNS")
