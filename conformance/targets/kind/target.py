"""The kind target: a cluster in Docker with the real control plane and gateway, lookalikes beside it or in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.gateways import facts_of_standing
from conformance.stage.arrangement.kube import Refused
from conformance.stage.target import GatewayAt, Implementation
from conformance.targets.clustered.authority import kept_authority
from conformance.targets.clustered.base import SET_UP, ClusteredTarget
from conformance.targets.clustered.lookalike_pod import lookalikes_in_pod
from conformance.targets.clustered.names import Names
from conformance.targets.clustered.network import Dialled, LookalikeNetwork
from conformance.targets.clustered.pods import rolled_out
from conformance.targets.clustered.port_forward import PortForward
from conformance.targets.clustered.stacks import STACKS
from conformance.targets.kind.dialling import Node
from conformance.targets.kind.helm import Helm
from conformance.targets.kind.installation import NAMESPACE, Installation, check_paths
from conformance.targets.kind.kind_cluster import OwnCluster
from conformance.targets.kind.leftovers import remove_leftovers
from conformance.targets.kind.named_lookalikes import LocalNamedLookalikes
from conformance.targets.kind.options import KindOptions
from conformance.targets.kind.taken_gateway import objects_for
from conformance.targets.kind.tools import find, run
from conformance.targets.lookalikes import NamedLookalikes
from mock_providers.identities import Authority

__all__ = ["KindTarget"]

NODE_PORT = 30080
"""The port of the node that leads to the gateway; fixtures/kind/cluster.yaml publishes it on loopback."""


class KindTarget(ClusteredTarget):
    """Removes the cluster unless it was there before or is to be kept."""

    name = "kind"
    takes_gateways = True

    def __init__(self, dialect: str, kind: KindOptions, report: Path | None) -> None:
        super().__init__(report)
        self._stack = STACKS[dialect]
        self._options = kind.stack
        self._kind = kind
        self._cluster = OwnCluster(kind)
        self.control_plane = (self._stack.namespace, self._stack.controller)
        self._gateway = next(one.data for one in gateway_manifests(dialect) if one.kind == "Gateway")
        # Its address is known once it runs; what is saved when it does not names it before.
        self.gateway = GatewayAt(self._gateway["metadata"]["namespace"], self._gateway["metadata"]["name"], "")
        self.disposable = False
        self.cluster_was_made = False
        self._forwarded = False

    async def start(self) -> None:
        """Bring everything up; what was made in vain is removed again. Raises SetupProblem."""
        check_paths(self._options)
        helm = find("helm")
        try:
            self.cluster_was_made = await self._cluster.start()
            self._running.push_async_callback(self._cluster.stop)
            # With the cluster everything goes, so that nothing need be deleted before.
            self.disposable = self.cluster_was_made and not self._kind.keep
            await self._bring(helm)
        except BaseException as error:
            await self._give_up(error)
            if isinstance(error, Refused):
                remedy = "name another cluster with --cluster-name, or remove what is in the way"
                raise SetupProblem(f"the cluster {self._cluster.name} refuses: {error}", remedy=remedy) from error
            raise

    async def _give_up(self, error: BaseException) -> None:
        """Save what can be learnt, and remove what was made in vain."""
        try:
            if isinstance(error, Exception) and hasattr(self, "_kubernetes"):
                await self.preserve()
        finally:
            self._running.push_async_callback(self._cluster.discard)
            try:
                await self.stop()
            except SetupProblem as another:
                if not isinstance(error, SetupProblem):
                    raise
                raise SetupProblem(f"{error}; moreover, {another.message}", remedy=another.remedy) from error

    async def _bring(self, tool: Path) -> None:
        self._connect(self._cluster.kubeconfig)
        self._node = Node(self._cluster.node)
        self._helm = Helm(tool, self._cluster.kubeconfig, self._folder)
        installation = Installation(self._stack, self._options, self._cluster, self._helm, self._kubernetes)
        if not self.cluster_was_made:
            await installation.refuse_foreign()
        await self._kubernetes.ensure_namespaces([NAMESPACE, self._stack.namespace])
        if not self.cluster_was_made:
            await remove_leftovers(self._kubernetes, except_for=[SET_UP])
        authority = await kept_authority(self._kubernetes, NAMESPACE)
        # Each run leaves its mark on the proxy: that its names did not resolve any more once it was over.
        await installation.bring(authority.pem.decode(), self._gateway, afresh=not self.cluster_was_made)
        # After the installation, which may have brought the image of their pod.
        self.lookalikes = await self._bring_lookalikes(authority)
        self._network = LookalikeNetwork(self._kubernetes, NAMESPACE)
        self._names = Names(self._kubernetes, NAMESPACE, self.lookalikes)
        await self._names.start()
        self.gateway = await self._gateway_at()
        self.implementation = await self._tested()
        await self._follow_logs()

    async def _bring_lookalikes(self, authority: Authority) -> NamedLookalikes:
        if (image := self._kind.lookalikes_image) is not None:
            in_pod = lookalikes_in_pod(self._kubernetes, self._client, NAMESPACE, authority, image)
            return await self._running.enter_async_context(in_pod)
        lookalikes = LocalNamedLookalikes(bind=await self._host_address(), authority=authority)
        await lookalikes.start()
        self._running.push_async_callback(lookalikes.stop)
        return lookalikes

    async def _host_address(self) -> str:
        """The host's address in kind's network, where pods reach it."""
        command = [find("docker"), "network", "inspect", "kind"]
        listed = await run(command, "docker network inspect kind", remedy="does kind use Docker here?", seconds=20)
        for config in json.loads(listed)[0]["IPAM"]["Config"]:
            if "." in (gateway := config.get("Gateway", "")):
                return str(gateway)
        raise SetupProblem("kind's network has no IPv4 gateway", remedy="recreate it: docker network rm kind")

    async def _announce(self, names: dict[str, str]) -> None:
        if new := await self._names.add(names):
            # CoreDNS is another one now, and rules for its Service come some time after it, too.
            service = await self._kubernetes.get("v1", "Service", "kube-system", "kube-dns") or {}
            await self._node.resolves(new, service["spec"]["clusterIP"])

    async def _reached(self, places: Sequence[Dialled]) -> None:
        await self._node.reaches(places)

    async def _gateway_at(self) -> GatewayAt:
        """A Service of ours that leads to the proxy's pods by a port of the node."""
        namespace, name = self._gateway["metadata"]["namespace"], self._gateway["metadata"]["name"]
        port = self._gateway["spec"]["listeners"][0]["port"]
        await self._kubernetes.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "agw-conformance-gateway", "namespace": namespace},
                "spec": {
                    "type": "NodePort",
                    "selector": {"gateway.networking.k8s.io/gateway-name": name},
                    "ports": [{"name": "http", "port": port, "targetPort": port, "nodePort": NODE_PORT}],
                },
            }
        )
        url = f"http://{await self._node_address()}"
        return GatewayAt(namespace, name, url, port=port, facts=facts_of_standing(self._gateway))

    async def beside_gateway(
        self, gateway: Mapping[str, Any], given_class: Mapping[str, Any] | None
    ) -> list[Mapping[str, Any]]:
        """What it takes here; one by the name of the documented one takes its place as long as the run lasts."""
        objects = await objects_for(self._kubernetes, self._stack, gateway, given_class, self.lookalikes.trusted_ca)
        if _place(gateway) != _place(self._gateway):
            return objects
        self._running.push_async_callback(self._kubernetes.apply, self._gateway)
        refused = await self._kubernetes.apply_all(objects)
        for why in refused.values():
            raise SetupProblem(f"the Gateway cannot be applied: {why}")
        return []

    async def enter_by(self, namespace: str, name: str, port: int) -> None:
        """Requests come in by a port that is forwarded to the Gateway's pod: the node's leads to the documented one."""
        await rolled_out(self._kubernetes, namespace, name, what=f"the Gateway {namespace}/{name}")
        pods = await self._kubernetes.list("v1", "Pod", namespace, f"gateway.networking.k8s.io/gateway-name={name}")
        forward = PortForward(self._client, namespace, pods[0]["metadata"]["name"], port)
        await forward.start()
        self._running.push_async_callback(forward.stop)
        self._forwarded = True
        self.gateway = GatewayAt(namespace, name, "http://{}:{}".format(*forward.address), port=port)
        self.implementation = await self._tested()
        await self._follow_logs()

    def unsupported(self, need: str) -> str | None:
        """Pods of a given Gateway are reached one by one."""
        if need == "pods" and self._forwarded:
            return "requests come in by one pod of the given Gateway, which has to stay"
        return super().unsupported(need)

    async def _node_address(self) -> str:
        """Where the node's port is reached: published on loopback if the kind configuration says so, else directly."""
        command = [find("docker"), "inspect", self._cluster.node]
        remedy = "is the cluster's container running?"
        found: dict[str, Any] = json.loads(await run(command, "docker inspect", remedy=remedy, seconds=20))[0]
        networks = found["NetworkSettings"]
        published = (networks["Ports"] or {}).get(f"{NODE_PORT}/tcp") or []
        if published:
            return f"127.0.0.1:{published[0]['HostPort']}"
        return f"{networks['Networks']['kind']['IPAddress']}:{NODE_PORT}"

    async def _tested(self) -> Implementation:
        """The proxy that runs, by its image, and the control plane that configured it."""
        name, namespace = self.gateway.name, self.gateway.namespace
        found = await self._kubernetes.get("apps/v1", "Deployment", namespace, name) or {}
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        releases = await self._helm.releases(self._stack.namespace)
        return Implementation(
            organization="agentgateway",
            project="agentgateway",
            url="https://github.com/agentgateway/agentgateway",
            version=image.rpartition(":")[2].removeprefix("v"),
            control_plane=releases.get(self._stack.release, ""),
            image=image,
        )


def _place(gateway: Mapping[str, Any]) -> tuple[str, str]:
    return gateway["metadata"]["namespace"], gateway["metadata"]["name"]
