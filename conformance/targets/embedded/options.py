"""The embedded target's options: a defect of the reference gateway, for tests of the suite itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.stage.settings import TargetOptions
from conformance.stage.target import REFERENCE_GATEWAY, Implementation
from conformance.targets.declaration import Option

__all__ = ["OPTIONS", "EmbeddedOptions", "read"]

OPTIONS = (Option("--mutant", "put a defect into the reference gateway", "NAME"),)


@dataclass(frozen=True)
class EmbeddedOptions(TargetOptions):
    """What `--mutant` says."""

    target: ClassVar[str] = "embedded"
    mutant: str | None = None

    @property
    def implementation(self) -> Implementation:
        """Our own."""
        return REFERENCE_GATEWAY

    @property
    def defect(self) -> str:
        """The mutant's name."""
        return self.mutant or ""

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The option that says so."""
        return ["--mutant", self.mutant] if self.mutant is not None else []

    def check(self) -> None:
        """Raise InputProblem for a mutant that there is not."""
        if self.mutant is None:
            return
        # Imported here: without the option nobody needs the embedded parts yet.
        from conformance.targets.embedded.mutations import MUTANTS

        if self.mutant not in MUTANTS:
            raise InputProblem(f"--mutant {self.mutant}: unknown", remedy=f"one of: {', '.join(sorted(MUTANTS))}")


def read(values: Mapping[str, Any]) -> EmbeddedOptions:
    """What the option comes to."""
    return EmbeddedOptions(values["mutant"])
