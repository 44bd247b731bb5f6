"""What is asked for, as values: the options of a run, the manifests to certify, and the settings that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import ManifestSet
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.stage.settings import (
    CLUSTER_NAME,
    KIND_CONFIG,
    LOOKALIKES_IMAGE,
    TARGETS,
    ClusterOptions,
    KindOptions,
    Settings,
    StackOptions,
)
from conformance.targets.standalone.binary import find_binary
from conformance.targets.standalone.namespace import inside
from conformance.verdict.deviations import NONE, names

__all__ = ["CertifyRequest", "RunOptions", "check_options", "settings_of"]


@dataclass(frozen=True)
class RunOptions:
    """The options of the same names; `manifests` are paths to certify, `stdin` a file with what `-` among them held."""

    manifests: tuple[str, ...] = ()
    stdin: Path | None = None
    target: str = TARGETS[0]
    # None: what the manifests are in.
    dialect: str | None = None
    providers: tuple[str, ...] = ()
    level: str = Level.SHOULD.lower()
    report: Path | None = None
    # None: those of the gateway's version.
    deviations: str | None = None
    cases: tuple[str, ...] = ()
    mutant: str | None = None
    agentgateway_bin: str | None = None
    kind: KindOptions | None = None
    cluster: ClusterOptions | None = None
    stack: StackOptions = field(default_factory=StackOptions)

    @property
    def gateway(self) -> tuple[str, str] | None:
        """Namespace and name of a Gateway that stands already; None: the documented one."""
        return self.cluster.gateway if self.cluster is not None else None


@dataclass(frozen=True)
class CertifyRequest:
    """What `certify` is asked for. Of `secrets` and `write` says the command's help.

    `texts` are manifests that stand in no file, by the names that `run.manifests` has for them. `evidence`: keep what
    was on the wire though no report is to be written.
    """

    run: RunOptions
    secrets: tuple[str, ...] = ()
    write: Path | None = None
    fix: bool = True
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: bool = False


def check_options(options: RunOptions) -> None:
    """Raise InputProblem for values that no option has, and for options that the target cannot have."""
    _check("target", options.target, TARGETS)
    if options.dialect is not None:
        _check("dialect", options.dialect, DIALECTS)
    _check("level", options.level, [level.lower() for level in Level if level is not Level.INFO])
    if options.mutant is not None:
        _check_mutant(options.mutant)
    _check_target(options)


def settings_of(
    options: RunOptions,
    given: ManifestSet | None,
    dialect: str,
    profiles: Iterable[Profile],
    *,
    certify: tuple[str, ...] | None = None,
    evidence: bool = False,
) -> Settings:
    """The settings of options that are in order, for these profiles; `certify` and `evidence` as in Settings.

    Raises SetupProblem for a missing binary.
    """
    kind = options.kind or KindOptions(CLUSTER_NAME, config=KIND_CONFIG)
    cluster = options.cluster or ClusterOptions(LOOKALIKES_IMAGE)
    return Settings(
        target=options.target,
        dialect=dialect,
        profiles=tuple(profiles),
        threshold=Level(options.level.upper()),
        report=options.report,
        evidence=evidence or options.report is not None,
        manifests=options.manifests,
        given=given,
        cases=options.cases,
        mutant=options.mutant,
        binary=find_binary(options.agentgateway_bin) if options.target == "standalone" else None,
        kind=kind if options.target == "kind" else None,
        cluster=cluster if options.target == "cluster" else None,
        stack=options.stack,
        deviation_list=options.deviations,
        certify=certify,
        private_network=inside(),
    )


def _check_target(options: RunOptions) -> None:
    """Raise InputProblem for options that the target cannot have."""
    if options.target == "embedded" and options.deviations not in (None, NONE):
        raise InputProblem(
            f"--deviations {options.deviations}: the embedded target has none", remedy="use --deviations none"
        )
    if options.target == "embedded" and options.agentgateway_bin is not None:
        raise InputProblem("--agentgateway-bin: the embedded target runs none", remedy="add --target standalone")
    if options.target != "embedded" and options.mutant is not None:
        raise InputProblem("--mutant: only the embedded target has mutants", remedy="leave out --target")
    if options.target != "kind" and (options.kind is not None or options.stack != StackOptions()):
        raise InputProblem("only the kind target makes a cluster and installs something", remedy="add --target kind")
    if options.target != "cluster" and options.cluster is not None:
        raise InputProblem("only the cluster target finds a gateway standing", remedy="add --target cluster")
    _check("deviations", options.deviations or NONE, (*names(), NONE))


def _check(option: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise InputProblem(f"--{option} {value}: unknown", remedy=f"one of: {', '.join(allowed)}")


def _check_mutant(name: str) -> None:
    # Imported here: without the option nobody needs the embedded parts yet.
    from conformance.targets.embedded.mutations import MUTANTS

    _check("mutant", name, sorted(MUTANTS))
