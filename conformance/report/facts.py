"""What a run was: when, of what, with what input, and how to do it again; all reports say the same about it."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.core.startup.records import dataclass
from conformance.manifests.objects import Manifest
from conformance.report.digests import digest, file_digest, object_digests
from conformance.report.summary import label, network
from conformance.stage.arrangement.shards import Shard
from conformance.stage.case import Level
from conformance.stage.settings import DOCUMENTED_PROVIDERS, Settings
from conformance.stage.target import Implementation
from conformance.version import __version__

__all__ = ["RunFacts", "run_facts"]

_TOOLS = ("pytest", "kubernetes", "httpcore")


@dataclass(frozen=True)
class RunFacts:
    """`command` does the run again; `versions`, `gateway` and `inputs` tell whether it is the same one."""

    date: str
    tested: str
    target: str
    network: str
    dialect: str
    level: Level
    implementation: Implementation
    command: str
    versions: Mapping[str, str]
    gateway: Mapping[str, str]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    # What the run could not do, as the reasons begin of what was left out for that.
    withheld: str = ""

    def of_shard(self, shard: Shard | None) -> RunFacts:
        """The facts of a shard of the run."""
        return replace(self, command=f"{self.command} --shard {shard}") if shard else self


def run_facts(
    settings: Settings, implementation: Implementation, problem: SetupProblem | None, selection: Sequence[str] = ()
) -> RunFacts:
    """The facts of a run that ends now; `selection` are pytest's arguments that chose the cases."""
    return RunFacts(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        tested=label(settings, implementation),
        target=settings.target,
        network=network(settings),
        withheld=settings.on.withheld,
        dialect=settings.dialect,
        level=settings.threshold,
        implementation=implementation,
        command=_command(settings, selection),
        versions={
            "agw-conformance": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _TOOLS},
            "platform": f"{platform.system()} {platform.machine()}",
        },
        gateway=_gateway(settings, implementation),
        inputs=_inputs(settings),
        problem=str(problem) if problem else "",
    )


def _command(settings: Settings, selection: Sequence[str]) -> str:
    command: list[str] = []
    names = [profile.name for profile in settings.profiles]
    if not settings.manifests and (settings.certify is not None or names != list(DOCUMENTED_PROVIDERS)):
        command += [part for name in names for part in ("--provider", settings.called(name))]
    if settings.threshold is not Level.SHOULD:
        command += ["--level", settings.threshold.lower()]
    command += [part for one in settings.cases for part in ("--case", one)]
    return " ".join(filter(None, (settings.again(elsewhere=True), shlex.join([*command, *selection]))))


def _gateway(settings: Settings, implementation: Implementation) -> dict[str, str]:
    facts = {
        "project": implementation.project,
        "version": implementation.version,
        "controlPlane": implementation.control_plane,
        "image": implementation.image,
        "imitates": implementation.imitates,
    }
    if program := settings.on.program:
        try:
            facts["binary"] = file_digest(Path(program))
        except OSError as error:
            # It ran a moment ago, and the report is worth more than this line of it.
            facts["binary"] = f"cannot be read: {error.strerror}"
    return {name: value for name, value in facts.items() if value}


def _inputs(settings: Settings) -> dict[str, Any]:
    manifests: list[Manifest] = [one for profile in settings.profiles for one in profile.manifests]
    if settings.given is not None:
        manifests = [one for one in settings.given if not one.made_up]
    objects = object_digests(manifests)
    providers = {profile.name: digest(asdict(profile.provider)) for profile in settings.profiles}
    return {"digest": digest(objects), "objects": objects, "providers": providers}
