"""What a run is to do, and on which target: the values that options come to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import ManifestSet
from conformance.stage.arrangement.shards import Shard
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.stage.target import UNSEEN, Imitated, Implementation

__all__ = ["DEFAULT_TARGET", "DOCUMENTED_PROVIDERS", "Settings", "TargetOptions", "options_again"]


@dataclass(frozen=True)
class TargetOptions:
    """What the options of one target came to, and what they say of a run before its target starts.

    Each target has its own; what it says nothing of is so here.
    """

    target: ClassVar[str]
    """The target's name."""

    def check(self) -> None:
        """Raise InputProblem for values that cannot be."""

    def find(self) -> None:
        """Raise SetupProblem when what is needed on this machine is not there."""

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The options that say so on this machine, or `elsewhere`."""
        return []

    @property
    def gateway(self) -> tuple[str, str] | None:
        """Namespace and name of a Gateway that stands already; None: the documented one."""
        return None

    @property
    def implementation(self) -> Implementation:
        """What is under test, as far as that is known."""
        return UNSEEN

    @property
    def imitated(self) -> Imitated | None:
        """The released gateway that the one under test was asked to imitate; None: none."""
        return None

    def of(self, dialect: str) -> TargetOptions:
        """The same for manifests in a dialect. Raises InputProblem where they do not go together."""
        return self

    @property
    def defect(self) -> str:
        """The defect that the gateway under test was asked to have; empty: none."""
        return ""

    @property
    def program(self) -> str:
        """The path of the gateway, where it is a program of this machine."""
        return ""

    @property
    def literal(self) -> bool:
        """Whether the documented hosts and ports are the run's own to use."""
        return True

    @property
    def network(self) -> str:
        """How the documented hosts are reached; empty where that is no question."""
        return ""

    @property
    def withheld(self) -> str:
        """What the run may not do, as the reasons begin of all cases that it leaves out for that."""
        return ""


def options_again(given: Mapping[str, str | None]) -> list[str]:
    """By flag, the values of options as words of a command line."""
    return [part for flag, value in given.items() if value for part in (flag, value)]


DEFAULT_TARGET = "embedded"

DOCUMENTED_PROVIDERS = ("mistral", "deepseek")


@dataclass(frozen=True)
class Settings:
    """What a run is to do."""

    profiles: tuple[Profile, ...]
    on: TargetOptions
    dialect: str = DIALECTS[0]
    threshold: Level = Level.SHOULD
    report: Path | None = None
    # Whether results keep what was on the wire.
    evidence: bool = False
    manifests: tuple[str, ...] = ()
    # What stands in them; None: the page's.
    given: ManifestSet | None = None
    cases: tuple[str, ...] = ()
    # None: all tests of these cases.
    shard: Shard | None = None
    # None: by the gateway's version.
    deviation_list: str | None = None
    # The version whose listed deviations are told where the target has none; None: the one that the API is measured on.
    gateway_version: str | None = None
    # What the input does not show and is taken for granted, in a line each.
    assumed: tuple[str, ...] = ()
    # The options that only `certify` has; None: it is not `certify` that runs the cases.
    certify: tuple[str, ...] | None = None

    @property
    def target(self) -> str:
        """The target's name."""
        return self.on.target

    @property
    def literal(self) -> bool:
        """Whether the gateway gets the documented manifests, with the documented hosts and ports."""
        return self.certify is None and not self.manifests and self.on.literal

    @property
    def unknown(self) -> dict[str, tuple[str, ...]]:
        """By profile, the hosts of which nothing is known but what the manifests say."""
        return {one.name: one.unknown for one in self.profiles if one.unknown}

    def called(self, name: str) -> str:
        """What `--provider` calls the profile of this name: a person's own file, where it is from one."""
        return self._files.get(name, name)

    @cached_property
    def _files(self) -> dict[str, str]:
        return {one.name: one.file for one in reversed(self.profiles) if one.file}

    def again(self, *, elsewhere: bool = False) -> str:
        """The beginning of the command that runs a part of this run again, on this machine or `elsewhere`."""
        if self.certify is not None:
            command = ["certify", *self.manifests, *self.certify]
        else:
            command = ["run", *(part for one in self.manifests for part in ("--manifests", one))]
        given = {
            "--target": self.target if self.target != DEFAULT_TARGET else None,
            "--dialect": self.dialect if self.dialect != DIALECTS[0] else None,
            "--deviations": self.deviation_list,
        }
        command += [*options_again(given), *self.on.again(elsewhere=elsewhere)]
        return shlex.join(["agw-conformance", *command])
