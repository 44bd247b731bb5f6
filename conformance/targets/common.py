"""What every target has unless it says otherwise: a log without keys; documented names and hosts are ours to use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.problems import SetupProblem
from conformance.profile import Profile
from conformance.targets.log import GatewayLog

__all__ = ["CommonTarget"]


class CommonTarget:
    """The base of all targets; see `Target` for what each method is to do."""

    name: str
    takes_gateways = False

    def __init__(self) -> None:
        self._log = GatewayLog()

    def gateway_log(self) -> list[str]:
        """All lines that the gateway has logged so far, redacted."""
        return self._log.lines

    def leaks(self) -> list[str]:
        """The lines, redacted, that held a key when the gateway wrote them."""
        return self._log.leaks

    def placed(self, profile: Profile) -> Profile:
        """Documented names and hosts are ours to use."""
        return profile

    def host_here(self, host: str) -> str:
        """The documented host itself."""
        return host

    def barred(self, host: str | None) -> str | None:
        """All hosts lead to lookalikes, or nowhere."""
        return None

    async def beside_gateway(
        self, gateway: Mapping[str, Any], given_class: Mapping[str, Any] | None
    ) -> list[Mapping[str, Any]]:
        """Not here."""
        raise SetupProblem(f"the {self.name} target takes no Gateways")

    async def enter_by(self, namespace: str, name: str, port: int) -> None:
        """Not here."""
        raise SetupProblem(f"the {self.name} target takes no Gateways")

    def inexpressible(self, routes: Iterable[str]) -> str | None:
        """A control plane takes every route."""
        return None
