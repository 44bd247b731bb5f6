"""What the kind and the cluster target share: a real cluster's API, lookalikes behind Services, the gateway's logs."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import urllib3
from kubernetes.client import ApiClient, Configuration, VersionApi
from kubernetes.client.exceptions import ApiException
from kubernetes.config import load_kube_config
from kubernetes.config.config_exception import ConfigException

from conformance.core.files import ScratchFolder
from conformance.core.problems import InputProblem, SetupProblem
from conformance.stage.arrangement.kube import SET_UP, Kubernetes, close_client
from conformance.stage.lookalikes import Attachment
from conformance.stage.target import GatewayAt, Implementation, Operations
from conformance.targets.clustered.evidence import KINDS, ReadText, config_dump, events, save
from conformance.targets.clustered.network import Dialled, LookalikeNetwork
from conformance.targets.clustered.pod_logs import PodLogs
from conformance.targets.clustered.pods import replace
from conformance.targets.common import CommonTarget
from conformance.targets.lookalikes import NamedLookalikes

__all__ = ["SET_UP", "ClusteredTarget", "answering", "client_for"]


class ClusteredTarget(CommonTarget):
    """A gateway in a real cluster. Subclasses bring it, and set all attributes, in `start`."""

    name: str
    implementation: Implementation
    gateway: GatewayAt
    lookalikes: NamedLookalikes
    control_plane: tuple[str, str]
    """Namespace and name of its Deployment."""
    pace = 1.0
    least_wait = 5.0
    tells = False
    disposable = False
    brings_gateway = True

    def __init__(self, report: Path | None) -> None:
        super().__init__()
        self._report = report
        self._running = contextlib.AsyncExitStack()
        self._network: LookalikeNetwork
        self._kubernetes: Kubernetes
        self._client: ApiClient
        self._folder: Path

    def _connect(self, kubeconfig: Path | None, run_id: str = SET_UP) -> None:
        """Make the clients; everything that is closed with the target is closed by `_running`."""
        self._folder = self._running.enter_context(ScratchFolder())
        self._client = client_for(kubeconfig, self._folder)
        self._running.callback(close_client, self._client)
        self._kubernetes = Kubernetes(self._client, run_id, workers=_WORKERS)
        self._running.callback(self._kubernetes.close)

    async def stop(self) -> None:
        """Take down all that `start` brought up; harmless when repeated."""
        await self._running.aclose()

    def kubernetes(self) -> ApiClient:
        """The official client for the cluster."""
        return self._client

    async def attach(self, attachments: Iterable[Attachment]) -> None:
        """Let these hosts lead to lookalikes; returns when the cluster leads there."""
        wanted = list(attachments)
        addresses = await self.lookalikes.attach(wanted)
        names = await self._network.lead(list(zip(wanted, addresses, strict=True)))
        await self._announce(names)
        await self._reached(self._network.unproven())

    async def _announce(self, names: dict[str, str]) -> None:
        """Let the cluster's DNS answer these names (host -> ip)."""
        raise NotImplementedError

    async def _reached(self, places: Sequence[Dialled]) -> None:
        """Wait until these places lead from inside the cluster to the lookalikes."""
        raise NotImplementedError

    async def preserve(self) -> None:
        """Save objects with their statuses, events, logs and the proxy's configuration beside the report."""
        if self._report is None:
            return
        sources: dict[str, ReadText] = {
            "gateway.log": self._gateway_log,
            "events.txt": lambda: events(self._client),
            "config-dump.json": self.config_dump,
        }
        await save(self._report / "cluster", self._kubernetes, KINDS, sources)

    @property
    def operations(self) -> Operations:
        """The gateway's pods."""
        return self

    async def replace_pods(self, part: Literal["gateway", "control plane"]) -> None:
        """Delete all pods of a part and wait until new ones run."""
        gateway = (self.gateway.namespace, self.gateway.name)
        namespace, name = gateway if part == "gateway" else self.control_plane
        await replace(self._kubernetes, namespace, name, what=f"the {part}")
        await asyncio.to_thread(self._logs.follow)

    async def config_dump(self) -> str:
        """What the proxy's admin port says of its configuration."""
        return await config_dump(self._client, self.gateway.namespace, self.gateway.name)

    async def _gateway_log(self) -> str:
        return "".join(f"{line}\n" for line in self._log.lines)

    async def settle(self) -> None:
        """Nothing tells when a real control plane has done its work: cases repeat what may come late."""

    def unsupported(self, need: str) -> str | None:
        """Why this target cannot offer what a case needs; None when it can."""
        return "requests come in by one Gateway here" if need == "own gateway" else None

    async def _follow_logs(self) -> None:
        selector = f"gateway.networking.k8s.io/gateway-name={self.gateway.name}"
        self._logs = PodLogs(self._client, self.gateway.namespace, selector, self._log.add)
        self._running.callback(self._logs.close)
        await asyncio.to_thread(self._logs.follow)


_WORKERS = 8
_FIRST_ANSWER = 5.0
"""Seconds for the first answer of an API endpoint, which may be far away; it is asked four times."""
_CHECK = "is the cluster running? `kubectl version` with the same --kubeconfig should tell"


async def answering(client: ApiClient) -> None:
    """Raise SetupProblem when the API endpoint gives no answer soon: later requests would wait for it forever."""
    ask = functools.partial(VersionApi(client).get_code, _request_timeout=_FIRST_ANSWER)
    try:
        await asyncio.to_thread(ask)
    except (ApiException, urllib3.exceptions.HTTPError) as error:
        where = client.configuration.host
        why = getattr(error, "reason", error)
        raise SetupProblem(f"the Kubernetes API endpoint {where} cannot be used: {why}", remedy=_CHECK) from error


def client_for(kubeconfig: Path | None, folder: Path) -> ApiClient:
    """The official client for a kubeconfig, or for the one that kubectl would take.

    It writes the keys of the kubeconfig into files in the folder. Raises InputProblem for one that cannot be read.
    """
    configuration = Configuration()
    try:
        load_kube_config(
            str(kubeconfig) if kubeconfig else None, client_configuration=configuration, temp_file_path=str(folder)
        )
    except (ConfigException, OSError, ValueError) as error:
        remedy = "name a kubeconfig with --kubeconfig FILE"
        raise InputProblem(f"the kubeconfig cannot be used: {error}", remedy=remedy) from error
    configuration.connection_pool_maxsize = 2 * _WORKERS
    return ApiClient(configuration)
