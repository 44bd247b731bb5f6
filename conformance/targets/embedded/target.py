"""The embedded target: Kubernetes API endpoint, controller, reference gateway and lookalikes, all in this process."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping

from conformance.core.host import host_problem
from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.schemas.admission import Admission
from conformance.stage.target import REFERENCE_GATEWAY, Implementation
from conformance.targets.local import LocalTarget, client_of
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.gateway import REFERENCE, ReferenceGateway, Seams
from mock_providers.journal import ConnectionSeen, RequestSeen
from mock_providers.lookalikes import Door

__all__ = ["EmbeddedTarget", "client_of"]


class EmbeddedTarget(LocalTarget):
    """Needs nothing but Python: no Docker, no root, no cluster. Servers listen on loopback only."""

    # Changes are followed in milliseconds; the rest is for a busy machine.
    pace = 0.2
    least_wait = 0.2
    implementation = REFERENCE_GATEWAY

    def __init__(
        self,
        *,
        dialect: str = DIALECTS[0],
        seams: Seams = REFERENCE,
        controller: ControllerSeams = REFERENCE_CONTROLLER,
        admission: Admission | None = None,
        implementation: Implementation = REFERENCE_GATEWAY,
        gateway_port: int = 0,
        on_arrival: Callable[[ConnectionSeen | RequestSeen], None] | None = None,
        on_unknown_host: Callable[[str, int], None] | None = None,
    ) -> None:
        """`on_unknown_host` hears of each request for a host and port without a lookalike."""
        super().__init__(
            "embedded",
            dialect=dialect,
            controller=controller,
            admission=admission,
            on_arrival=on_arrival,
            inside=True,
        )
        self.implementation = implementation
        self._seams = seams
        self._gateway_port = gateway_port
        self._on_unknown_host = on_unknown_host

    async def start(self) -> None:
        """Bring everything up. Raises SetupProblem when the gateway's port cannot be had."""
        try:
            await super().start()
        except OSError as error:
            where = f"127.0.0.1:{self._gateway_port}"
            if host_problem(error) is not None:
                raise  # whatever it was that we could not have, it was not this port
            reason = error.strerror if error.errno != errno.EADDRINUSE else "already in use"
            remedy = "end who has it, or choose another with --port (0: any)"
            raise SetupProblem(f"the gateway cannot listen on {where}: {reason}", remedy=remedy) from error

    def _make_gateway(self) -> ReferenceGateway:
        return ReferenceGateway(
            seams=self._seams,
            dial=self._dial,
            system_trust=lambda: self.lookalikes.trusted_ca,
            log=self._log.add,
            port=self._gateway_port,
        )

    def _dial(self, host: str, port: int) -> Door | None:
        # A dot at its end says that a name is absolute, and no more.
        found = self.lookalikes.door(host.removesuffix("."), port)
        if found is None and self._on_unknown_host is not None:
            self._on_unknown_host(host, port)
        return found

    async def _lead(self, addresses: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        """The gateway asks for the door each time."""
