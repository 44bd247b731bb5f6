"""The providers' names in a cluster: our name server beside the lookalikes, and cluster DNS that asks it."""

from __future__ import annotations

from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.dns import ClusterDns
from conformance.targets.clustered.network import zones
from conformance.targets.lookalikes import NamedLookalikes

__all__ = ["Names"]

_SERVICE = "name-server"


class Names:
    """Host names that lead to cluster IPs. The cluster keeps one address for the name server, wherever that is.

    Cluster DNS goes on asking for it when the lookalikes are gone, which only a kept cluster notices.
    """

    def __init__(self, kubernetes: Kubernetes, namespace: str, lookalikes: NamedLookalikes) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._lookalikes = lookalikes
        self._dns = ClusterDns(kubernetes)
        self._names: dict[str, str] = {}
        self._zones: set[str] = set()
        self._cluster_ip = ""

    async def start(self) -> None:
        """Lead the cluster's address for the name server there."""
        ip, port = self._lookalikes.name_server
        metadata = {"name": _SERVICE, "namespace": self._namespace}
        labels = {"kubernetes.io/service-name": _SERVICE}
        await self._kubernetes.apply(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {**metadata, "labels": labels},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [ip], "conditions": {"ready": True}}],
                "ports": [{"name": "dns", "port": port, "protocol": "TCP"}],
            }
        )
        ports = [{"name": "dns", "port": 53, "protocol": "TCP", "targetPort": 53}]
        service = await self._kubernetes.apply(
            {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}
        )
        self._cluster_ip = service["spec"]["clusterIP"]

    async def stop(self) -> None:
        """Let cluster DNS be again as it was."""
        await self._dns.restore()

    async def add(self, names: dict[str, str]) -> list[str]:
        """Answer these names (host -> cluster IP), too; returns one for each zone that cluster DNS has not asked of."""
        self._names |= names
        await self._lookalikes.answer_names(self._names)
        new = set(zones(names)) - self._zones
        if new:
            self._zones |= new
            await self._dns.answer(self._zones, self._cluster_ip)
        asked = {zone: host for host in names for zone in zones([host]) if zone in new}
        return list(asked.values())
