"""What is asked for, as values: the options of a run, the manifests to certify, and the settings that they come to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from conformance.certification.config.model import Config, ConfigGroup
from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.objects import ManifestSet
from conformance.manifests.rendering.kustomizations import roots_below
from conformance.stage.arrangement.shards import Shard
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.stage.settings import Settings, TargetOptions
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.registry import TARGETS
from conformance.verdict.deviations import NONE, names

__all__ = ["CertifyRequest", "Part", "RunOptions", "check_options", "parts_of", "settings_of", "version_of"]


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
    # None: all of them.
    shard: Shard | None = None


@dataclass(frozen=True)
class CertifyRequest:
    """What `certify` is asked for. Of `secrets`, `write`, `strict` and `gateway_version` says the command's help.

    `texts` are manifests that stand in no file, by the names that `run.manifests` has for them. `evidence`: keep what
    was on the wire though no report is to be written. `config`: what the repository says, which gives way to the
    options. `scattered`: other parts of the repository are certified besides, each by itself. `values`:
    files with values for Helm charts.
    """

    run: RunOptions
    secrets: tuple[str, ...] = ()
    write: Path | None = None
    fix: bool = True
    strict: bool = False
    gateway_version: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: bool = False
    config: Config = field(default_factory=Config)
    scattered: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One thing to certify: its name, empty where it is all, and of what it consists.

    `scattered`: it is not all that the configuration is about.
    """

    name: str
    paths: tuple[str, ...]
    group: ConfigGroup | None = None
    scattered: bool = False

    def of(self, request: CertifyRequest) -> CertifyRequest:
        """The request for this part of what is asked for."""
        run, config, group = request.run, request.config, self.group
        report = run.report / self.name if run.report and self.name else run.report
        run = replace(run, manifests=self.paths, report=report)
        if group is not None:
            version = group.gateway_version or config.gateway_version
            variables = {**config.variables, **group.variables}
            dialect = group.dialect or config.dialect
            config = replace(config, dialect=dialect, gateway_version=version, variables=variables)
        values = (*(group.values if group else ()), *request.values)
        return replace(request, run=run, config=config, scattered=self.scattered, values=values)


def parts_of(config: Config, run: RunOptions, groups: Sequence[str], *, apart: bool) -> list[Part]:
    """The parts; one without paths where manifests are made for a provider. Raises InputProblem."""
    if run.manifests and groups:
        raise InputProblem(f"--group {groups[0]} does not go with paths", remedy="leave out the one or the others")
    if run.manifests and apart:
        paths = dict.fromkeys(one for path in run.manifests for one in _environments(path))
        return [Part(_name_of(path) if len(paths) > 1 else "", (path,), scattered=True) for path in paths]
    if run.manifests:
        return [Part("", run.manifests, scattered=bool(config.groups))]
    if not groups and run.providers:
        return [Part("", ())]
    chosen = [_group(config, name) for name in dict.fromkeys(groups)] or list(config.groups)
    if not chosen:
        remedy = "give files, folders or - with manifests, or a provider; or name paths in .agw-conformance.yaml"
        raise InputProblem("nothing to certify", remedy=remedy)
    names = [""] if len(chosen) == 1 else [group.name for group in chosen]
    scattered = len(config.groups) > 1
    return [Part(name, group.paths, group, scattered) for name, group in zip(names, chosen, strict=True)]


def _environments(path: str) -> list[str]:
    """The Kustomizations in a folder that no other is made of, as for the stages of a deployment; else the path."""
    folder = Path(path)
    if path == "-" or not folder.is_dir():
        return [path]
    return [str(one.folder) for one in roots_below(folder)] or [path]


def _group(config: Config, name: str) -> ConfigGroup:
    if found := config.group(name):
        return found
    names = [one.name for one in config.groups if one.name]
    if not names:
        where = f"{config.file} has no groups" if config.file else "there is no .agw-conformance.yaml"
        raise InputProblem(f"--group {name}: {where}", remedy="give paths")
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"one of: {', '.join(names)}"
    raise InputProblem(f"--group {name}: {config.file} has no such group", remedy=remedy)


def _name_of(path: str) -> str:
    """A path as the name of a part, which is also a folder for its report."""
    return "stdin" if path == "-" else str(Path(*(one for one in Path(path).parts if one not in ("..", "/"))))


def check_options(options: RunOptions) -> None:
    """Raise InputProblem for values that no option has, or none on this target."""
    if options.dialect is not None:
        _check("dialect", options.dialect, DIALECTS)
    _check("level", options.level, [level.lower() for level in Level if level is not Level.INFO])
    options.on.check()
    deviates = TARGETS[options.on.target].deviates or options.on.imitated is not None
    if not deviates and options.deviations not in (None, NONE):
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
        on=options.on.of(dialect),
        dialect=dialect,
        profiles=tuple(profiles),
        threshold=Level(options.level.upper()),
        report=options.report,
        evidence=evidence or options.report is not None,
        manifests=options.manifests,
        given=given,
        cases=options.cases,
        shard=options.shard,
        deviation_list=options.deviations,
        certify=certify,
        gateway_version=gateway_version and version_of(gateway_version, options, dialect),
    )


def version_of(named: str, options: RunOptions, dialect: str) -> str:
    """The agentgateway that a person means by a version. Raises InputProblem where none is known, or none is asked."""
    said = f"--gateway-version {named}"
    if options.on.implementation.product:
        message = f"{said}: on the {options.on.target} target it is the gateway's own version that counts"
        raise InputProblem(message, remedy="leave it out")
    if options.on.imitated is not None:
        raise InputProblem(f"{said}: the gateway profile has a version of its own", remedy="leave out one of them")
    version, releases = named.removeprefix("v"), dialect_named(dialect).GATEWAY_RELEASES
    for release, tested in releases.items():
        if version == release or version.startswith(f"{release}."):
            return version if version != release and tested.startswith(f"{release}.") else tested
    known = ", ".join(releases)
    raise InputProblem(f"{said}: nothing is known of it in the dialect {dialect}", remedy=f"one of: {known}")


def _check(option: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise InputProblem(f"--{option} {value}: unknown", remedy=f"one of: {', '.join(allowed)}")
