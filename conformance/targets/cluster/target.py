"""The cluster target: a gateway that stands in a cluster of somebody's, which a run leaves as it found it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from conformance.core.problems import InputProblem, SetupProblem
from conformance.manifests.dialects import dialect_named
from conformance.stage.arrangement.kube import Refused
from conformance.stage.arrangement.ownership import check_permitted
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.placement import ServiceNames, beside, rehosted
from conformance.stage.scenario.profile import Profile, fence_profile
from conformance.stage.scenario.scenario import Material
from conformance.stage.target import GatewayAt, Implementation
from conformance.targets.cluster.canary import Canary
from conformance.targets.cluster.found_gateway import FoundGateway, find_gateway
from conformance.targets.cluster.given_authority import authority_of, how_to_trust
from conformance.targets.cluster.options import DNS_NOT_CHANGED, ClusterOptions
from conformance.targets.cluster.own_evidence import events_of, objects_of_run
from conformance.targets.cluster.places import LOOKALIKES_NAMESPACE, places
from conformance.targets.cluster.probe import probe
from conformance.targets.cluster.run_objects import RunObjects, check_no_other_run
from conformance.targets.clustered.base import SET_UP, ClusteredTarget, answering
from conformance.targets.clustered.evidence import ReadText, save
from conformance.targets.clustered.lookalike_pod import lookalikes_in_pod, put_authority
from conformance.targets.clustered.names import Names
from conformance.targets.clustered.network import Dialled, LookalikeNetwork
from conformance.targets.clustered.port_forward import PortForward

__all__ = ["ClusterTarget"]

_MISSING = (
    "push the image to a registry that the cluster can pull from, and name it there with --lookalikes-image"
    " REGISTRY/NAME:TAG; the Dockerfile of this suite makes it"
)


class ClusterTarget(ClusteredTarget):
    """Touches nothing but objects with the run's label; with leave to, cluster DNS as long as the run lasts."""

    name = "cluster"

    def __init__(
        self, dialect: str, options: ClusterOptions, run_id: str, report: Path | None, *, given: Sequence[Profile] = ()
    ) -> None:
        super().__init__(report)
        self._dialect = dialect
        self._options = options
        self._run_id = run_id
        # Manifests to certify say themselves which Gateway they are for.
        self._given = {profile.name for profile in given}
        self._documented = dialect_named(dialect).GATEWAY
        self._place = options.gateway or (self._documented.namespace, self._documented.name)
        namespaces = {one.namespace for profile in given for one in profile.manifests}
        self._places = places(dialect, self._place[0], namespaces)
        self._services = None if options.allow_dns_change else ServiceNames(LOOKALIKES_NAMESPACE, run=run_id)
        self._names: Names | None = None
        self._unread = ""
        self._canary: Canary | None = None

    async def start(self) -> None:
        """Bring lookalikes and see that the gateway reaches and trusts them. Raises SetupProblem."""
        try:
            await self._bring()
        except Refused as refused:
            check_permitted(refused)
            raise SetupProblem(f"the cluster refuses what a run needs: {refused.message}") from refused
        except InputProblem as problem:
            raise SetupProblem(problem.message, remedy=problem.remedy) from problem
        except SetupProblem:
            if hasattr(self, "gateway"):
                await self.preserve()
            raise

    async def _bring(self) -> None:
        self._connect(self._options.kubeconfig, self._run_id)
        await answering(self._client)
        found = await find_gateway(self._kubernetes, *self._place)
        self.gateway = GatewayAt(*self._place, self._options.url or "", facts=found.facts)
        await check_no_other_run(self._kubernetes, self._places, except_for=(SET_UP, self._run_id))
        self._running.push_async_callback(RunObjects(self._kubernetes, self._run_id, self._places).remove)
        authority = await authority_of(self._kubernetes, self._options.ca_secret)
        await self._kubernetes.ensure_namespaces([LOOKALIKES_NAMESPACE])
        await put_authority(self._kubernetes, LOOKALIKES_NAMESPACE, authority)
        where = (self._kubernetes, self._client, LOOKALIKES_NAMESPACE)
        pod = lookalikes_in_pod(*where, authority, self._options.image, missing=_MISSING)
        self.lookalikes = await self._running.enter_async_context(pod)
        self._network = LookalikeNetwork(self._kubernetes, LOOKALIKES_NAMESPACE, self._services)
        if self._services is None:
            self._names = Names(self._kubernetes, LOOKALIKES_NAMESPACE, self.lookalikes)
            await self._names.start()
            self._running.push_async_callback(self._names.stop)
        if self._options.url is None:
            self.gateway = GatewayAt(*self._place, await self._forward(found), port=found.listener, facts=found.facts)
        self.implementation = _tested(found)
        await self._try_logs()
        await probe(self, self._kubernetes, self._dialect, self)
        self._canary = Canary(self, self._kubernetes, fence_profile(self._dialect), self._lead, self)

    async def _forward(self, found: FoundGateway) -> str:
        if not found.pods:
            message = f"the Gateway {'/'.join(self._place)} has no running pod to forward a port to"
            raise SetupProblem(message, remedy="say with --gateway-url URL how it is reached")
        forward = PortForward(self._client, self._place[0], found.pods[0], found.port)
        await forward.start()
        self._running.push_async_callback(forward.stop)
        return "http://{}:{}".format(*forward.address)

    async def _try_logs(self) -> None:
        try:
            await self._follow_logs()
        except SetupProblem as problem:
            self._unread = problem.message

    def untrusted(self, failure: str) -> SetupProblem:
        """What to do when the gateway ends the handshake with lookalikes."""
        place = "/".join(self._place)
        message = f"the Gateway {place} does not trust the lookalikes' certificates ({failure})"
        if self._options.ca_secret is not None:
            secret = "/".join(self._options.ca_secret)
            remedy = (
                f"restart its pods if they began before it was told of --ca-secret {secret}; if its Deployment does"
            )
            remedy += " not mount that authority, the control plane's log says why"
            return SetupProblem(message, remedy=remedy)
        return SetupProblem(message, remedy=how_to_trust(self._dialect, self._place[0]))

    def unreached(self, host: str, answer: str) -> SetupProblem:
        """What to do when no connection came to the lookalikes."""
        message = f"nothing of a request to {self.gateway.url} came to the lookalike of {host}; the answer was {answer}"
        remedy = f"can the gateway's pods resolve that name, and reach pods of the namespace {LOOKALIKES_NAMESPACE}?"
        if self._options.url is not None:
            remedy = f"is it that Gateway that answers at --gateway-url {self._options.url}? If so, {remedy}"
        return SetupProblem(message, remedy=remedy)

    async def _announce(self, names: dict[str, str]) -> None:
        if self._names is not None:
            await self._names.add(names)

    async def _reached(self, places: Sequence[Dialled]) -> None:
        """Send the canary after new places, once the gateway has stood its probe."""
        if places and self._canary is not None:
            at = (self.lookalikes.trusted_ca, self.lookalikes.other_ca, *self._place)
            await self._canary.send(Material(*at, self.host_here))

    async def _lead(self, attachment: Attachment) -> None:
        [address] = await self.lookalikes.attach([attachment])
        await self._announce(await self._network.lead([(attachment, address)]))
        self._network.unproven()

    def placed(self, profile: Profile) -> Profile:
        """Beside this Gateway, and without leave to change DNS with hosts that are Services of ours."""
        if profile.name not in self._given:
            profile = beside(profile, self._documented, *self._place)
        return rehosted(profile, self._services) if self._services else profile

    def host_here(self, host: str) -> str:
        """A Service's name, unless DNS may be changed."""
        return self._services.host(host) if self._services else host

    def barred(self, host: str | None) -> str | None:
        """Without leave to change DNS every host but our Services' names is the real one, or nobody's."""
        if host is not None and host.replace(".", "").isdigit():
            return "in a cluster that is not ours no IP address is led to a lookalike"
        if self._services is None or (host is not None and self._services.is_one(host)):
            return None
        return f"{DNS_NOT_CHANGED}, and {host or 'the default host'} would be the real one"

    def unsupported(self, need: str) -> str | None:
        """What only who owns the gateway may do."""
        if need == "pods":
            return "the gateway's pods are not ours to replace"
        if need == "default host" and self._services is not None:
            return f"{DNS_NOT_CHANGED}, so that a request to the default host would not be seen"
        if need == "logs" and self._unread:
            return self._unread
        return super().unsupported(need)

    async def replace_pods(self, part: Literal["gateway", "control plane"]) -> None:
        """Never: they are not ours."""
        raise SetupProblem("the gateway's pods are not ours to replace")

    async def preserve(self) -> None:
        """Save the run's objects with their statuses, events, logs and the proxy's configuration beside the report."""
        if self._report is None:
            return
        sources: dict[str, ReadText] = {
            "objects.yaml": lambda: objects_of_run(self._kubernetes, self._places, self._run_id),
            "gateway.log": self._gateway_log,
            "events.txt": lambda: asyncio.to_thread(events_of, self._client, sorted(self._places)),
            "config-dump.json": self.config_dump,
        }
        await save(self._report / "cluster", self._kubernetes, (), sources)


def _tested(found: FoundGateway) -> Implementation:
    return Implementation(
        organization="agentgateway",
        project="agentgateway",
        url="https://github.com/agentgateway/agentgateway",
        version=found.version,
        control_plane=found.controller,
        image=found.image,
    )
