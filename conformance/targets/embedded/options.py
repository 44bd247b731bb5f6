"""The embedded target's options: a released gateway to imitate, or a defect, for tests of the suite itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.stage.settings import TargetOptions, options_again
from conformance.stage.target import REFERENCE_GATEWAY, Imitated, Implementation
from conformance.targets.declaration import Option

if TYPE_CHECKING:
    from conformance.targets.embedded.profiles import Profile

__all__ = ["OPTIONS", "EmbeddedOptions", "read"]

OPTIONS = (
    Option(
        "--gateway-profile",
        "imitate a gateway with its listed deviations: agentgateway-1.4, agentgateway-main (of 2026-08-21),"
        " agentgateway-0.10 or kgateway-2.1",
        "NAME",
        elsewhere="only the embedded target imitates a gateway; the others run a real one",
    ),
    Option("--mutant", "put a defect into the reference gateway", "NAME"),
)


@dataclass(frozen=True)
class EmbeddedOptions(TargetOptions):
    """What `--mutant` and `--gateway-profile` say; `dialect` is that of the manifests, once it is known."""

    target: ClassVar[str] = "embedded"
    mutant: str | None = None
    gateway_profile: str | None = None
    dialect: str = ""

    @property
    def profile(self) -> Profile | None:
        """The profile that is meant. Raises InputProblem where there is none of that name."""
        if self.gateway_profile is None:
            return None
        # Imported here: without the option nobody needs the embedded parts yet.
        from conformance.targets.embedded.profiles import profile_of

        return profile_of(self.gateway_profile, self.dialect)

    def of(self, dialect: str) -> EmbeddedOptions:
        """The same for a dialect. Raises InputProblem where the gateway to imitate does not have it."""
        found = replace(self, dialect=dialect) if self.gateway_profile is not None else self
        _ = found.profile
        return found

    @property
    def implementation(self) -> Implementation:
        """Our own, whatever it imitates."""
        return self.profile.implementation if self.profile else REFERENCE_GATEWAY

    @property
    def imitated(self) -> Imitated | None:
        """What the profile imitates."""
        return self.profile.imitated if self.profile else None

    @property
    def defect(self) -> str:
        """The mutant's name."""
        return self.mutant or ""

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The options that say so."""
        return options_again({"--gateway-profile": self.gateway_profile, "--mutant": self.mutant})

    def check(self) -> None:
        """Raise InputProblem for a profile or a mutant that there is not, and for both."""
        _ = self.profile
        if self.gateway_profile is not None and self.mutant is not None:
            message = "--gateway-profile and --mutant: a run has the one or the other"
            raise InputProblem(message, remedy="leave out one of them")
        if self.mutant is None:
            return
        # Imported here: without the option nobody needs the embedded parts yet.
        from conformance.targets.embedded.mutations import MUTANTS

        if self.mutant not in MUTANTS:
            raise InputProblem(f"--mutant {self.mutant}: unknown", remedy=f"one of: {', '.join(sorted(MUTANTS))}")


def read(values: Mapping[str, Any]) -> EmbeddedOptions:
    """What the option comes to."""
    return EmbeddedOptions(values["mutant"], values["gateway_profile"])
