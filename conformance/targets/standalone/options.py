"""The standalone target's options: which agentgateway runs, and what is put beside it for tests of the suite itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os import PathLike, fspath
from typing import Any, ClassVar

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.stage.settings import TargetOptions
from conformance.stage.target import Implementation
from conformance.targets.declaration import Option
from conformance.targets.standalone.binary import Binary, find_binary
from conformance.targets.standalone.namespace import inside

__all__ = ["OPTIONS", "StandaloneOptions", "read"]

OPTIONS = (
    Option("--agentgateway-bin", "the binary that runs (default: on PATH)", "PATH"),
    Option("--corruption", "put a relay beside the binary that changes what passes", "NAME"),
)


@dataclass(frozen=True)
class StandaloneOptions(TargetOptions):
    """The path that `--agentgateway-bin` names; None: the one on PATH. And what `--corruption` says."""

    target: ClassVar[str] = "standalone"
    path: str | PathLike[str] | None = None
    corruption: str | None = None

    @cached_property
    def binary(self) -> Binary:
        """What is there. Raises SetupProblem when there is none that can be used."""
        return find_binary(fspath(self.path) if self.path is not None else None)

    def check(self) -> None:
        """Raise InputProblem for a corruption that there is not."""
        if self.corruption is None:
            return
        # Imported here: without the option nobody needs it.
        from conformance.targets.standalone.corruptions import CORRUPTIONS

        if self.corruption not in CORRUPTIONS:
            known = ", ".join(sorted(CORRUPTIONS))
            raise InputProblem(f"--corruption {self.corruption}: unknown", remedy=f"one of: {known}")

    @property
    def defect(self) -> str:
        """The corruption's name."""
        return self.corruption or ""

    def find(self) -> None:
        """Raise SetupProblem when there is no binary that can be used."""
        _ = self.binary

    @property
    def implementation(self) -> Implementation:
        """As the binary says it itself."""
        return self.binary.implementation

    @property
    def program(self) -> str:
        """The binary."""
        return self.binary.path

    @property
    def literal(self) -> bool:
        """Only in a network of the run's own."""
        return inside()

    @property
    def network(self) -> str:
        """What the kernel allowed."""
        if self.literal:
            return "private; the documented hosts and ports are used literally"
        return "shared; documented hosts are REMAPPED to loopback addresses, so that some cases do not apply"

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The option; where the binary lies is this machine's affair."""
        binary = [] if elsewhere else ["--agentgateway-bin", self.binary.path]
        return [*binary, *(["--corruption", self.corruption] if self.corruption is not None else [])]


def read(values: Mapping[str, Any]) -> StandaloneOptions:
    """What the options come to."""
    return StandaloneOptions(values["agentgateway_bin"], values["corruption"])
