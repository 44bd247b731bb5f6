"""What the embedded and the standalone target share: control plane and lookalikes, on one loop in this process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from kubernetes.client import ApiClient, Configuration

from conformance.core.files import ScratchFolder
from conformance.core.loop_thread import LoopThread
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.schemas.admission import Admission, SchemaAdmission
from conformance.manifests.schemas.kinds import NOT_SERVED
from conformance.stage.arrangement.kube import close_client
from conformance.stage.lookalikes import Attachment
from conformance.stage.target import GatewayAt, Operations
from conformance.targets.common import CommonTarget
from conformance.targets.lookalikes import LocalLookalikes
from conformance.targets.reference.controller import Controller
from conformance.targets.reference.controller.flavours import FLAVOURS
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.reference.kubeapi import KubeApiServer, Store
from mock_providers.journal import ConnectionSeen, RequestSeen

__all__ = ["DataPlane", "LocalTarget", "client_of"]


class DataPlane(Protocol):
    """A data plane that the embedded control plane configures."""

    @property
    def url(self) -> str: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def open(self, gateway: str, port: int) -> str: ...

    def configure(self, config: GatewayConfig) -> None: ...


class LocalTarget(CommonTarget):
    """Our own Kubernetes endpoint, controller and lookalikes around a gateway that a subclass makes."""

    disposable = True
    brings_gateway = False
    tells = True
    operations: Operations | None = None

    def __init__(
        self,
        name: str,
        *,
        dialect: str = DIALECTS[0],
        controller: ControllerSeams = REFERENCE_CONTROLLER,
        admission: Admission | None = None,
        on_arrival: Callable[[ConnectionSeen | RequestSeen], None] | None = None,
        inside: bool = False,
    ) -> None:
        """`inside`: the gateway is on our loop, and goes to lookalikes by their doors."""
        super().__init__()
        self.name = name
        self._dialect = dialect
        self._decisions = controller
        self._admission = (admission or SchemaAdmission()).of(dialect)
        self._loop = LoopThread(f"agw-conformance-{name}")
        self.lookalikes = LocalLookalikes(loop=self._loop, on_arrival=on_arrival, inside=inside)
        self._running = contextlib.AsyncExitStack()
        self._client: ApiClient | None = None

    def _make_gateway(self) -> DataPlane:
        """The data plane; called on the loop, before anything is attached."""
        raise NotImplementedError

    async def start(self) -> None:
        """Bring everything up; what was started is taken down again when a part cannot be."""
        self._loop.start()
        try:
            await self.lookalikes.start()
            await self._loop.call(self._start_parts())
        except BaseException:
            await self.stop()
            raise
        place = dialect_named(self._dialect).GATEWAY
        self.gateway = GatewayAt(place.namespace, place.name, self._gateway.url)

    async def _start_parts(self) -> None:
        async with contextlib.AsyncExitStack() as starting:
            self._store = Store()
            self._api = KubeApiServer(self._store, self._admission, without=NOT_SERVED[self._dialect])
            self._gateway = self._make_gateway()
            self._controller = Controller(
                self._store, self._gateway.configure, seams=self._decisions, flavour=FLAVOURS[self._dialect]
            )
            for part in (self._api, self._gateway, self._controller):
                await starting.enter_async_context(_running(part))
            self._running = starting.pop_all()

    async def stop(self) -> None:
        """Take everything down; harmless when repeated."""
        if self._client is not None:
            close_client(self._client)
            self._client = None
            self._files.close()
        if self._loop.running:
            await self._loop.call(self._running.aclose())
            await self.lookalikes.stop()
            self._loop.stop()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig for kubectl."""
        return self._api.kubeconfig()

    def kubernetes(self) -> ApiClient:
        """The official client for the embedded endpoint."""
        if self._client is None:
            self._files = ScratchFolder()
            self._client = client_of(self._api, self._files.path)
        return self._client

    async def attach(self, attachments: Iterable[Attachment]) -> None:
        """Let these hosts lead to lookalikes."""
        wanted = [self._prepared(one) for one in attachments]
        addresses = await self.lookalikes.attach(wanted)
        await self._loop.call(self._lead({(one.host, one.port): at for one, at in zip(wanted, addresses, strict=True)}))

    def _prepared(self, attachment: Attachment) -> Attachment:
        """An attachment with the address that it is to have here."""
        return attachment

    async def _lead(self, addresses: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        """Let the gateway find these hosts and ports at their (ip, port); called on the loop."""
        raise NotImplementedError

    async def way_in(self, namespace: str, name: str, port: int) -> str | None:
        """The URL of a port of a Gateway, which has an address of its own here."""
        return await self._loop.call(self._gateway.open(f"{namespace}/{name}", port))

    def unsupported(self, need: str) -> str | None:
        """Why this target cannot offer what a case needs; None when it can."""
        return f"the {self.name} target has no pods" if need in ("pods", "config dump") else None

    async def preserve(self) -> None:
        """Nothing outlives the run, so nobody would look for it."""

    async def settle(self) -> None:
        """Wait until every change so far has been handed to the gateway."""
        await self._loop.call(self._controller.settle())


def client_of(endpoint: KubeApiServer, files: Path) -> ApiClient:
    """The official client for an endpoint on loopback. `files` is where it finds the authority, as long as it lives."""
    authority = files / "kubernetes-ca.pem"
    authority.write_bytes(endpoint.ca_pem)
    # By hand: what reads a kubeconfig can sign in anywhere, and to import that takes as long as a scene.
    configuration = Configuration(host=endpoint.url)
    configuration.ssl_ca_cert = str(authority)
    configuration.api_key = {"authorization": f"Bearer {endpoint.token}"}
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
