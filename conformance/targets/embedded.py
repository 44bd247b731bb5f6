"""The embedded target: Kubernetes API endpoint, controller, reference gateway and lookalikes, all in this process."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, TypeVar

from kubernetes.client import ApiClient, Configuration
from kubernetes.config import load_kube_config_from_dict

from conformance.embedded.admission.admission import Admission, SchemaAdmission
from conformance.embedded.controller import Controller
from conformance.embedded.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.embedded.gateway import REFERENCE, ReferenceGateway, Seams
from conformance.embedded.kubeapi import KubeApiServer, Store
from conformance.looping import LoopThread
from conformance.problems import SetupProblem
from conformance.targets.base import Attachment, GatewayAt, Implementation
from conformance.targets.log import GatewayLog
from conformance.version import __version__
from mock_providers.behaviour import Behaviour
from mock_providers.journal import ConnectionSeen, Entries, JournalTimeout, RequestSeen
from mock_providers.lookalikes import Lookalikes

__all__ = ["EmbeddedTarget", "client_of"]

T = TypeVar("T")


class EmbeddedTarget:
    """Needs nothing but Python: no Docker, no root, no cluster. Servers listen on loopback only."""

    name = "embedded"
    disposable = True
    # Changes are followed in milliseconds; the rest is for a busy machine.
    pace = 0.2
    implementation = Implementation(
        organization="agentgateway-conformance",
        project="reference gateway",
        url="https://github.com/agentgateway/agentgateway",
        version=__version__,
        product=False,
    )

    def __init__(
        self,
        *,
        seams: Seams = REFERENCE,
        controller: ControllerSeams = REFERENCE_CONTROLLER,
        admission: Admission | None = None,
        gateway_port: int = 0,
        on_arrival: Callable[[ConnectionSeen | RequestSeen], None] | None = None,
    ) -> None:
        self._seams = seams
        self._decisions = controller
        self._admission = admission or SchemaAdmission()
        self._gateway_port = gateway_port
        self._on_arrival = on_arrival
        self._loop = LoopThread("agw-conformance-embedded")
        self._log = GatewayLog()
        self._running = contextlib.AsyncExitStack()
        self._client: ApiClient | None = None
        self._addresses: dict[tuple[str, int], tuple[str, int]] = {}

    async def start(self) -> None:
        """Bring everything up; what was started is taken down again when a part cannot be."""
        self._loop.start()
        try:
            await self._loop.call(self._start_parts())
        except OSError as error:
            await self.stop()
            where = f"127.0.0.1:{self._gateway_port}"
            reason = error.strerror if error.errno != errno.EADDRINUSE else "already in use"
            remedy = "end who has it, or choose another with --port (0: any)"
            raise SetupProblem(f"the gateway cannot listen on {where}: {reason}", remedy=remedy) from error
        except BaseException:
            await self.stop()
            raise
        self.gateway = GatewayAt("kgateway-system", "agentgateway", self._gateway.url)
        self.trusted_ca = self._lookalikes.authority.pem.decode()
        self.other_ca = self._lookalikes.authority.other_pem.decode()

    async def _start_parts(self) -> None:
        async with contextlib.AsyncExitStack() as starting:
            self._lookalikes = Lookalikes()
            if self._on_arrival is not None:
                self._lookalikes.journal.watch(self._on_arrival)
            self._store = Store()
            self._api = KubeApiServer(self._store, self._admission)
            self._gateway = ReferenceGateway(
                seams=self._seams,
                dial=self._dial,
                system_trust=lambda: self._lookalikes.authority.pem.decode(),
                log=self._log.add,
                port=self._gateway_port,
            )
            self._controller = Controller(self._store, self._gateway.configure, seams=self._decisions)
            for part in (self._lookalikes, self._api, self._gateway, self._controller):
                await starting.enter_async_context(_running(part))
            self._running = starting.pop_all()

    def _dial(self, host: str, port: int) -> tuple[str, int] | None:
        return self._addresses.get((host, port))

    async def stop(self) -> None:
        """Take everything down; harmless when repeated."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._loop.running:
            await self._loop.call(self._running.aclose())
            self._loop.stop()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig for kubectl."""
        return self._api.kubeconfig()

    def kubernetes(self) -> ApiClient:
        """The official client for the embedded endpoint."""
        if self._client is None:
            self._client = client_of(self.kubeconfig())
        return self._client

    async def attach(self, attachments: Iterable[Attachment]) -> None:
        """Let these hosts lead to lookalikes."""

        async def attach_all() -> None:
            for attachment in attachments:
                listener = await self._lookalikes.attach(attachment)
                self._addresses[attachment.host, attachment.port] = listener.address

        await self._loop.call(attach_all())

    async def detach(self, host: str, port: int) -> None:
        """Let a host and port refuse connections from now on."""
        await self._loop.call(self._lookalikes.detach(host, port))

    async def plan(self, correlation_id: str, behaviour: Behaviour) -> None:
        """How the lookalike answers the request with this id."""
        await self._on_loop(lambda: self._lookalikes.plan(correlation_id, behaviour))

    async def release(self, correlation_id: str) -> None:
        """Let a stream that the lookalike holds back go on."""
        await self._on_loop(lambda: self._lookalikes.release(correlation_id))

    async def mark(self) -> int:
        """The journal's present end."""
        return await self._on_loop(self._lookalikes.journal.mark)

    async def since(self, mark: int) -> Entries:
        """What lookalikes saw since a mark."""
        return await self._on_loop(lambda: self._lookalikes.journal.since(mark))

    async def until(self, mark: int, done: Callable[[Entries], bool], deadline: float) -> bool:
        """Wait until what was seen since a mark is as wanted; False when it was not within `deadline` seconds."""
        try:
            await self._loop.call(
                self._lookalikes.journal.wait_for(lambda journal: done(journal.since(mark)) or None, deadline)
            )
        except JournalTimeout:
            return False
        return True

    async def _on_loop(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return await self._loop.call(run())

    def gateway_log(self) -> list[str]:
        """All lines that the gateway has logged so far, redacted."""
        return self._log.lines

    def leaks(self) -> list[str]:
        """The lines, redacted, that held a key when the gateway wrote them."""
        return self._log.leaks

    def unsupported(self, need: str) -> str | None:
        """Why this target cannot offer what a case needs; None when it can."""
        if need == "pods":
            return "the embedded target has no pods"
        return None


def client_of(kubeconfig: dict[str, Any]) -> ApiClient:
    """The official client for an endpoint on loopback."""
    configuration = Configuration()
    load_kube_config_from_dict(kubeconfig, client_configuration=configuration)
    # The environment's proxy leads away from loopback, and would get the token.
    configuration.proxy = configuration.no_proxy = None
    return ApiClient(configuration)


@contextlib.asynccontextmanager
async def _running(part: Any) -> AsyncIterator[None]:
    await part.start()
    try:
        yield
    finally:
        await part.stop()
