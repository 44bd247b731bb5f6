"""The protocol between the suite and a system under test with what is around it, in the parts that are used apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from conformance.core.startup.records import dataclass
from conformance.stage.lookalikes import Attachment, LookalikeHost
from conformance.version import __version__

if TYPE_CHECKING:
    from conformance.manifests.gateways import GatewayFacts
    from conformance.stage.scenario.profile import Profile

__all__ = [
    "REFERENCE_GATEWAY",
    "UNSEEN",
    "Entered",
    "GatewayAt",
    "Imitated",
    "Implementation",
    "Operations",
    "Paced",
    "Placing",
    "Target",
    "TestedGateway",
    "WithLookalikes",
]


@dataclass(frozen=True)
class Implementation:
    """What is under test, as reports name it (fields of the Gateway API's ConformanceReport)."""

    organization: str
    project: str
    url: str
    version: str
    contact: tuple[str, ...] = ()
    # What configured it, where that is a product, too: `kgateway-v2.1.0`.
    control_plane: str = ""
    # The image that runs, where it runs in a container.
    image: str = ""
    # False: the configuration was tested against the reference, which is no product.
    product: bool = True
    # Which gateway the reference imitates, in words; empty: none.
    imitates: str = ""


@dataclass(frozen=True)
class Imitated:
    """A released gateway that the reference imitates: its version, and the target on which it was seen to be so."""

    version: str
    target: str
    # What configured it there, where that is a product, too.
    control_plane: str = ""

    @property
    def told(self) -> str:
        """In words: `agentgateway 0.10.5 behind kgateway-v2.1.0`."""
        return f"agentgateway {self.version}" + (f" behind {self.control_plane}" if self.control_plane else "")


UNSEEN = Implementation("agentgateway", "agentgateway", "https://github.com/agentgateway/agentgateway", "unknown")
"""A gateway that runs in a cluster, as long as nobody has looked there."""


REFERENCE_GATEWAY = Implementation(
    organization="agentgateway-conformance",
    project="reference gateway",
    url="https://github.com/agentgateway/agentgateway",
    version=__version__,
    product=False,
)
"""Ours, which is no product."""


@dataclass(frozen=True)
class GatewayAt:
    """Where the Gateway of the documented routes is: its object and its address as the client reaches it."""

    namespace: str
    name: str
    url: str
    # The Host header of the documented requests, whatever port the gateway really has here.
    authority: str = "localhost:8080"
    # The port of the listener that `url` leads to; 0: not known, or all of them.
    port: int = 0
    # What is known of the Gateway itself, where it stands in a cluster.
    facts: GatewayFacts | None = None


class Operations(Protocol):
    """What an operator can do with a gateway that runs in pods."""

    async def replace_pods(self, part: Literal["gateway", "control plane"]) -> None:
        """Delete all pods of a part and wait until new ones run. Raises SetupProblem when they do not come up."""

    async def config_dump(self) -> str:
        """What the proxy's admin port says of its configuration, as it says it. Raises SetupProblem."""


class TestedGateway(Protocol):
    """The gateway under test: what it is, where it is, what it says, what it cannot."""

    name: str
    """The target's name."""
    implementation: Implementation
    gateway: GatewayAt

    @property
    def operations(self) -> Operations | None:
        """Its pods, where it has some: what a case needs that says so by `needs=("pods",)`."""

    def gateway_log(self) -> list[str]:
        """All lines that the gateway has logged so far, redacted."""

    def leaks(self) -> list[str]:
        """The lines, redacted, that held a key when the gateway wrote them."""

    def inexpressible(self, routes: Iterable[str]) -> str | None:
        """Why this gateway cannot be configured with one of these routes (`namespace/name`); None when it can.

        Raises SetupProblem when there is no gateway any more.
        """

    def unsupported(self, need: str) -> str | None:
        """Why this target cannot offer what a case needs; None when it can."""


class Paced(Protocol):
    """How fast the gateway follows."""

    pace: float
    """How slow it is, as a part of the deadlines: 1 for a cluster."""
    least_wait: float
    """Seconds in which it surely follows a change, if it ever does."""
    tells: bool
    """Whether `settle` knows that everything was handed on; where nothing tells, a later change must show it."""

    async def settle(self) -> None:
        """Wait until the gateway has been given every change so far. Raises SetupProblem when it does not take it."""


class WithLookalikes(Protocol):
    """Whom the gateway finds in the providers' place."""

    @property
    def lookalikes(self) -> LookalikeHost:
        """Who answers, once `attach` has let the gateway find them."""

    async def attach(self, attachments: Iterable[Attachment]) -> None:
        """Let these hosts lead the gateway to lookalikes; a host and port already attached is replaced."""


class Placing(Protocol):
    """Under which names documented things are had here."""

    def placed(self, profile: Profile) -> Profile:
        """A profile as its manifests can stand here; the same one where documented names and hosts are ours to use."""

    def host_here(self, host: str) -> str:
        """The name under which a documented host is had here: itself where names are ours to use."""

    def barred(self, host: str | None) -> str | None:
        """Why no manifests may lead the gateway to this host (None: to the default one); None when they may."""


class Entered(Protocol):
    """By which Gateway requests come in."""

    name: str
    gateway: GatewayAt
    brings_gateway: bool
    """The Gateway of the documented routes stands there already, and stays."""
    takes_gateways: bool
    """Given Gateways may stand beside it, or in its place, as long as the run lasts."""

    async def beside_gateway(
        self, gateway: Mapping[str, Any], given_class: Mapping[str, Any] | None
    ) -> list[Mapping[str, Any]]:
        """The objects to apply so that a given Gateway stands here; called only where `takes_gateways`.

        `given_class` is its GatewayClass, if that was given. Raises SetupProblem when it cannot stand here.
        """

    async def enter_by(self, namespace: str, name: str, port: int) -> None:
        """Let requests come in by a Gateway that was applied; returns when it runs. Raises SetupProblem."""

    async def way_in(self, namespace: str, name: str, port: int) -> str | None:
        """The URL of a port of a Gateway that was applied; None: that of `gateway`, the only way in."""


class Target(TestedGateway, Paced, WithLookalikes, Placing, Entered, Protocol):
    """A system under test with what is around it. All methods may be called from the tests' event loop."""

    disposable: bool
    """All objects go when it stops, so that none need be deleted before."""

    async def start(self) -> None:
        """Bring everything up. Raises SetupProblem when that cannot be done here."""

    async def stop(self) -> None:
        """Take down all that `start` brought up; harmless when repeated."""

    def kubernetes(self) -> Any:
        """A `kubernetes.client.ApiClient` for the target's API endpoint; closed by `stop`."""

    async def preserve(self) -> None:
        """Save what the run's objects, and the gateway about them, tell, before they are deleted."""
