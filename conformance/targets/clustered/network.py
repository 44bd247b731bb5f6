"""Cluster addresses for lookalikes: for each host a Service without selector, so that documented ports are literal."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conformance.core.addresses import is_address
from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.scenario.placement import ServiceNames
from mock_providers.lookalikes import Attachment

__all__ = ["ClusterHost", "Dialled", "LookalikeNetwork", "zones"]

_LABEL = {"app.kubernetes.io/managed-by": "agw-conformance", "agw-conformance/part": "lookalike"}

Address = tuple[str, int]


@dataclass
class ClusterHost:
    """One host in the cluster: where each of its ports leads, as (ip, port)."""

    host: str
    ports: dict[int, Address] = field(default_factory=dict)
    cluster_ip: str = ""
    service: str = ""

    @property
    def name(self) -> str:
        """The name of its Service."""
        return self.service or f"host-{hashlib.sha256(self.host.encode()).hexdigest()[:16]}"

    @property
    def dialled(self) -> str:
        """The IP that pods dial."""
        return self.host if is_address(self.host) else self.cluster_ip


class Dialled(NamedTuple):
    """What pods dial; `reach` as in Attachment: whether somebody listens there, or every dial is refused."""

    ip: str
    port: int
    reach: str


class LookalikeNetwork:
    """The Services of one namespace. Services stay when a host's lookalike moves; only where they lead changes.

    With `names` a host that is such a name gets the Service that it means, and needs no other DNS.
    """

    def __init__(self, kubernetes: Kubernetes, namespace: str, names: ServiceNames | None = None) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._names = names
        self._places: dict[str, ClusterHost] = {}
        self._unproven: list[Dialled] = []

    async def lead(self, attachments: Sequence[tuple[Attachment, Address]]) -> dict[str, str]:
        """Let the attachments' hosts lead to these addresses; returns the new names as host -> cluster IP."""
        changed: dict[str, ClusterHost] = {}
        moved: list[tuple[ClusterHost, Attachment]] = []
        shared: dict[str, str] = {}
        for attachment, address in attachments:
            if attachment.address_of is not None:
                shared[attachment.host] = attachment.address_of[0]
                continue
            host = attachment.host
            place = self._places.setdefault(host, ClusterHost(host, service=self._service_of(host)))
            if place.ports.get(attachment.port) != address:
                place.ports[attachment.port] = address
                changed[place.host] = place
                moved.append((place, attachment))
        await asyncio.gather(*(self._apply(place) for place in changed.values()))
        # Not the other ports of the same hosts: nobody may listen there any more.
        self._unproven += [Dialled(place.dialled, one.port, one.reach) for place, one in moved]
        await asyncio.gather(*(self._share(host, other) for host, other in shared.items() if self._service_of(host)))
        names = {host: place.cluster_ip for host, place in changed.items() if not is_address(host)}
        return names | {host: self._places[other].cluster_ip for host, other in shared.items()}

    def unproven(self) -> list[Dialled]:
        """What pods dial, where it leads elsewhere since this was asked last."""
        unproven, self._unproven = self._unproven, []
        return unproven

    def _service_of(self, host: str) -> str:
        return self._names.service(host) if self._names is not None and self._names.is_one(host) else ""

    async def _share(self, host: str, other: str) -> None:
        """Let a Service's name mean the address of another's."""
        spec = {"type": "ExternalName", "externalName": other}
        await self._kubernetes.apply(
            {**_service(ClusterHost(host, service=self._service_of(host)), self._namespace), "spec": spec}
        )

    async def _apply(self, place: ClusterHost) -> None:
        # The slice first: a Service without endpoints refuses, and one that is not there at all times out.
        await self._kubernetes.apply(_endpoint_slice(place, self._namespace))
        service = await self._kubernetes.apply(_service(place, self._namespace))
        place.cluster_ip = service["spec"].get("clusterIP") or ""
        if not place.cluster_ip:
            raise SetupProblem(f"the Service for {place.host} got no IP", remedy="is the range of Services full?")


def _service(place: ClusterHost, namespace: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"ports": [_port(number) for number in sorted(place.ports)]}
    if is_address(place.host):
        # Pods dial the address itself.
        spec["externalIPs"] = [place.host]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": place.name, "namespace": namespace, "labels": _LABEL, "annotations": _about(place)},
        "spec": spec,
    }


def _port(number: int) -> dict[str, Any]:
    return {"name": f"port-{number}", "port": number, "protocol": "TCP", "targetPort": number}


def _endpoint_slice(place: ClusterHost, namespace: str) -> dict[str, Any]:
    (address,) = {ip for ip, _ in place.ports.values()}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": place.name,
            "namespace": namespace,
            "labels": {**_LABEL, "kubernetes.io/service-name": place.name},
            "annotations": _about(place),
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [
            {"name": f"port-{number}", "port": port, "protocol": "TCP"}
            for number, (_, port) in sorted(place.ports.items())
        ],
    }


def _about(place: ClusterHost) -> Mapping[str, str]:
    return {"agw-conformance/host": place.host}


def zones(hosts: Iterable[str]) -> list[str]:
    """The DNS zones that hold these hosts: the parent of each, or a host of two labels itself."""
    found = set[str]()
    for host in hosts:
        if not is_address(host):
            parent = host.partition(".")[2]
            found.add(parent if "." in parent else host)
    return sorted(found)
