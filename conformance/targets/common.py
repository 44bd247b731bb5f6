"""A gateway's log as it is kept: no line holds a key, and those that did are remembered as leaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.core.redaction import redact
from conformance.stage.scenario.profile import Profile

__all__ = ["CommonTarget", "GatewayLog"]


class GatewayLog:
    """Takes raw lines; keeps them redacted. `leaks` are the redacted lines that held a key as they were written."""

    def __init__(self, *, most_lines: int = 100_000) -> None:
        self._most_lines = most_lines
        self.lines: list[str] = []
        self.leaks: list[str] = []

    def add(self, line: str) -> None:
        """Keep one more line; beyond the limit only leaks are still kept."""
        shown = redact(line)
        if shown != line:
            self.leaks.append(shown)
        if len(self.lines) < self._most_lines:
            self.lines.append(shown)


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

    async def way_in(self, namespace: str, name: str, port: int) -> str | None:
        """All requests come in by one."""
        return None

    def inexpressible(self, routes: Iterable[str]) -> str | None:
        """A control plane takes every route."""
        return None
