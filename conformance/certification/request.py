"""What is asked for, as values: the options of a run, the manifests to certify, and the settings that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.objects import ManifestSet
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.stage.settings import Settings, TargetOptions
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.registry import TARGETS
from conformance.verdict.deviations import NONE, names

__all__ = ["CertifyRequest", "RunOptions", "check_options", "settings_of"]


@dataclass(frozen=True)
class RunOptions:
    """The options of the same names; `manifests` are paths to certify, `stdin` a file with what `-` among them held."""

    manifests: tuple[str, ...] = ()
    stdin: Path | None = None
    # The target, as its own options say.
    on: TargetOptions = field(default_factory=EmbeddedOptions)
    # None: what the manifests are in.
    dialect: str | None = None
    providers: tuple[str, ...] = ()
    level: str = Level.SHOULD.lower()
    report: Path | None = None
    # None: those of the gateway's version.
    deviations: str | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CertifyRequest:
    """What `certify` is asked for. Of `secrets`, `write`, `strict` and `gateway_version` says the command's help.

    `texts` are manifests that stand in no file, by the names that `run.manifests` has for them. `evidence`: keep what
    was on the wire though no report is to be written.
    """

    run: RunOptions
    secrets: tuple[str, ...] = ()
    write: Path | None = None
    fix: bool = True
    strict: bool = False
    gateway_version: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: bool = False


def check_options(options: RunOptions) -> None:
    """Raise InputProblem for values that no option has, or none on this target."""
    if options.dialect is not None:
        _check("dialect", options.dialect, DIALECTS)
    _check("level", options.level, [level.lower() for level in Level if level is not Level.INFO])
    options.on.check()
    if not TARGETS[options.on.target].deviates and options.deviations not in (None, NONE):
        raise InputProblem(
            f"--deviations {options.deviations}: the {options.on.target} target has none",
            remedy="use --deviations none",
        )
    _check("deviations", options.deviations or NONE, (*names(), NONE))


def settings_of(
    options: RunOptions,
    given: ManifestSet | None,
    dialect: str,
    profiles: Iterable[Profile],
    *,
    certify: tuple[str, ...] | None = None,
    evidence: bool = False,
    gateway_version: str | None = None,
) -> Settings:
    """The settings of options that are in order, for these profiles; `certify` and `evidence` as in Settings.

    Raises SetupProblem when what the target needs on this machine is missing.
    """
    options.on.find()
    return Settings(
        on=options.on,
        dialect=dialect,
        profiles=tuple(profiles),
        threshold=Level(options.level.upper()),
        report=options.report,
        evidence=evidence or options.report is not None,
        manifests=options.manifests,
        given=given,
        cases=options.cases,
        deviation_list=options.deviations,
        certify=certify,
        gateway_version=gateway_version and _version_of(gateway_version, options, dialect),
    )


def _version_of(named: str, options: RunOptions, dialect: str) -> str:
    """The agentgateway that a person means by a version. Raises InputProblem where none is known, or none is asked."""
    said = f"--gateway-version {named}"
    if options.on.implementation.product:
        message = f"{said}: on the {options.on.target} target it is the gateway's own version that counts"
        raise InputProblem(message, remedy="leave it out")
    version, releases = named.removeprefix("v"), dialect_named(dialect).GATEWAY_RELEASES
    for release, tested in releases.items():
        if version == release or version.startswith(f"{release}."):
            return version if version != release and tested.startswith(f"{release}.") else tested
    known = ", ".join(releases)
    raise InputProblem(f"{said}: nothing is known of it in the dialect {dialect}", remedy=f"one of: {known}")


def _check(option: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise InputProblem(f"--{option} {value}: unknown", remedy=f"one of: {', '.join(allowed)}")
