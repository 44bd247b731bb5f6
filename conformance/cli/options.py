"""The options that the command and pytest share, and what they come to: profiles, threshold, target."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.cli.target_options import (
    add_cluster_options,
    check_cluster_options,
    cluster_options,
    kind_options,
    stack_options,
)
from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS, choose_dialect
from conformance.manifests.input.reading import read_input
from conformance.manifests.objects import ManifestSet
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile, choose_profiles, documented_profile, given_profiles
from conformance.stage.settings import (
    DOCUMENTED_PROVIDERS,
    TARGETS,
    Settings,
)
from conformance.targets.standalone.binary import find_binary
from conformance.targets.standalone.namespace import inside
from conformance.verdict.deviations import NONE, names

__all__ = ["add_options", "check_options", "read_settings", "settings_of"]


def add_options(group: Any) -> None:
    """Declare the options in a pytest option group."""
    group.addoption("--target", default=TARGETS[0], metavar="NAME", help="what runs the cases (default: embedded)")
    group.addoption(
        "--dialect",
        default=None,
        metavar="NAME",
        help=f"{' or '.join(DIALECTS)} (default: what the manifests to certify are in, else {DIALECTS[0]})",
    )
    group.addoption(
        "--provider", action="append", default=[], metavar="NAME", help="a provider's name or file; repeatable"
    )
    group.addoption("--report", default=None, metavar="DIR", help="write the reports there")
    group.addoption(
        "--level",
        default="should",
        metavar="LEVEL",
        help="must, should or may: the lowest level whose failure fails the run (default: should)",
    )
    group.addoption(
        "--deviations",
        default=None,
        metavar="NAME",
        help="a list of known deviations, or none (default: that of the gateway's version; embedded: none)",
    )
    group.addoption(
        "--agentgateway-bin",
        default=None,
        metavar="PATH",
        help="the binary of the standalone target (default: on PATH)",
    )
    add_cluster_options(group)
    group.addoption(
        "--manifests", action="append", default=[], metavar="PATH", help="certify these instead of the page's"
    )
    group.addoption("--stdin", default=None, metavar="FILE", help=argparse.SUPPRESS)
    group.addoption("--case", action="append", default=[], metavar="ID", help="only this case; repeatable")
    group.addoption("--mutant", default=None, metavar="NAME", help="put a defect into the reference gateway")


def read_settings(option: Any) -> Settings:
    """What the options come to, as pytest or argparse has read them.

    Raises InputProblem for what cannot be used, SetupProblem for a missing binary.
    """
    check_options(option)
    given = _read_given(tuple(option.manifests), option.stdin)
    dialect: str = choose_dialect(given or (), option.dialect)
    return settings_of(option, given, dialect, _profiles(option.provider, given, dialect))


def check_options(option: Any) -> None:
    """Raise InputProblem for values that no option has, and for options that the target cannot have."""
    # Not argparse's `choices`: pytest would print its own usage, which is nobody's business here.
    _check("target", option.target, TARGETS)
    if option.dialect is not None:
        _check("dialect", option.dialect, DIALECTS)
    _check("level", option.level, [level.lower() for level in Level if level is not Level.INFO])
    if option.mutant is not None:
        _check_mutant(option.mutant)
    _check_target(option)


def settings_of(
    option: Any,
    given: ManifestSet | None,
    dialect: str,
    profiles: Iterable[Profile],
    *,
    certify: tuple[str, ...] | None = None,
) -> Settings:
    """The settings of options that are in order, for these profiles; `certify` as in Settings.

    Raises SetupProblem for a missing binary.
    """
    return Settings(
        target=option.target,
        dialect=dialect,
        profiles=tuple(profiles),
        threshold=Level(option.level.upper()),
        report=Path(option.report) if option.report else None,
        manifests=tuple(option.manifests),
        given=given,
        cases=tuple(option.case),
        mutant=option.mutant,
        binary=find_binary(option.agentgateway_bin) if option.target == "standalone" else None,
        kind=kind_options(option) if option.target == "kind" else None,
        cluster=cluster_options(option) if option.target == "cluster" else None,
        stack=stack_options(option),
        deviation_list=option.deviations,
        certify=certify,
        private_network=inside(),
    )


def _check_target(option: Any) -> None:
    """Raise InputProblem for options that the target cannot have."""
    if option.target == "embedded" and option.deviations not in (None, NONE):
        raise InputProblem(
            f"--deviations {option.deviations}: the embedded target has none", remedy="use --deviations none"
        )
    if option.target == "embedded" and option.agentgateway_bin is not None:
        raise InputProblem("--agentgateway-bin: the embedded target runs none", remedy="add --target standalone")
    if option.target != "embedded" and option.mutant is not None:
        raise InputProblem("--mutant: only the embedded target has mutants", remedy="leave out --target")
    if option.target != "embedded" and getattr(option, "numprocesses", None):
        raise InputProblem(
            f"-n: the {option.target} target has one gateway, whose changes workers would take for their own",
            remedy="run it without -n",
        )
    _check("deviations", option.deviations or NONE, (*names(), NONE))
    check_cluster_options(option)


def _check(option: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise InputProblem(f"--{option} {value}: unknown", remedy=f"one of: {', '.join(allowed)}")


def _check_mutant(name: str) -> None:
    # Imported here: without the option nobody needs the embedded parts yet.
    from conformance.targets.embedded.mutations import MUTANTS

    _check("mutant", name, sorted(MUTANTS))


def _read_given(manifests: tuple[str, ...], stdin: str | None) -> ManifestSet | None:
    """The manifests to certify; None: the page's."""
    if not manifests:
        return None
    return read_input(manifests, stdin=Path(stdin) if stdin else None, environment=os.environ).manifests


def _profiles(providers: list[str], given: ManifestSet | None, dialect: str) -> list[Profile]:
    if given is None:
        return _of_ones_own(providers or DOCUMENTED_PROVIDERS, dialect)
    return choose_profiles(given_profiles(given, dialect), providers)


def _of_ones_own(providers: Iterable[str], dialect: str) -> list[Profile]:
    """Profiles by name or file. Raises InputProblem for two of one name: their objects would have the same names."""
    found: dict[str, Profile] = {}
    for given in dict.fromkeys(providers):
        profile = documented_profile(given, dialect)
        if profile.name in found:
            raise InputProblem(
                f"--provider {given}: another one of this run has the name {profile.name}, too",
                remedy="change the name in the file, or run them one after the other",
            )
        found[profile.name] = profile
    return list(found.values())
