"""The options that the command and pytest share: how they are declared, spelled and read.

Here argparse ends: what lies below takes the values of `conformance.certification.request`.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from conformance.certification.request import RunOptions, check_options, settings_of
from conformance.cli.target_options import add_target_options, read_target_options
from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS, choose_dialect
from conformance.manifests.input.reading import Given, read_input
from conformance.manifests.objects import ManifestSet
from conformance.stage.arrangement.shards import Shard, shard_named
from conformance.stage.case import catalogue
from conformance.stage.scenario.profile import Profile, choose_profiles, documented_profile, given_profiles
from conformance.stage.settings import DEFAULT_TARGET, DOCUMENTED_PROVIDERS, Settings
from conformance.targets.registry import TARGETS

__all__ = [
    "COMMAND",
    "OptionGroup",
    "add_options",
    "for_pytest",
    "in_pytest",
    "options_given",
    "our_words",
    "read_options",
    "read_settings",
]

_PREFIX = "agw-"
"""Of our options in pytest, where `--target` or `--report` may be somebody else's."""

COMMAND = "command"
"""The hidden option by which the command says that a person spelled the options without the prefix."""


class OptionGroup(Protocol):
    """A group of options, as pytest offers it to plugins."""

    def addoption(self, *names: str, **rest: Any) -> None:
        """As argparse's add_argument."""


def add_options(group: OptionGroup, prefix: str = _PREFIX) -> None:
    """Declare the options in a group of pytest's.

    With another prefix they are the same options by other names, for those who share pytest with nobody.
    """
    ours = _Prefixed(group, prefix)
    targets = f"what runs the cases: {', '.join(TARGETS)} (default: {DEFAULT_TARGET})"
    ours.addoption("--target", default=DEFAULT_TARGET, metavar="NAME", help=targets)
    ours.addoption(
        "--dialect",
        default=None,
        metavar="NAME",
        help=f"{' or '.join(DIALECTS)} (default: what the manifests to certify are in, else {DIALECTS[0]})",
    )
    ours.addoption(
        "--provider", action="append", default=[], metavar="NAME", help="a provider's name or file; repeatable"
    )
    ours.addoption("--report", default=None, metavar="DIR", help="write the reports there")
    ours.addoption(
        "--level",
        default="should",
        metavar="LEVEL",
        help="must, should or may: the lowest level whose failure fails the run (default: should)",
    )
    ours.addoption(
        "--deviations",
        default=None,
        metavar="NAME",
        help="a list of known deviations, or none (default: that of the gateway's version; embedded: none)",
    )
    add_target_options(ours)
    ours.addoption(
        "--manifests", action="append", default=[], metavar="PATH", help="certify these instead of the page's"
    )
    ours.addoption("--stdin", default=None, metavar="FILE", help=argparse.SUPPRESS)
    ours.addoption("--case", action="append", default=[], metavar="ID", help="only this case; repeatable")
    text = "only the second of four shares of the tests, say; `report merge` makes one report of theirs;"
    text += " job/4: that of this pod of an Indexed Job"
    ours.addoption("--shard", default=None, metavar="2/4", help=text)
    text = "the folder of an earlier report, by whose times shards are made equal"
    ours.addoption("--balance-by", default=None, metavar="DIR", help=text)
    ours.addoption(f"--{COMMAND}", action="store_true", default=False, help=argparse.SUPPRESS)


class _Prefixed:
    """A group whose options begin with a prefix; what is read of them has always the same names."""

    def __init__(self, group: OptionGroup, prefix: str) -> None:
        self._group = group
        self._prefix = prefix

    def addoption(self, name: str, **rest: Any) -> None:
        word = name.removeprefix("--")
        self._group.addoption(f"--{self._prefix}{word}", dest=_read_as(word), **rest)


def _read_as(word: str) -> str:
    return f"{_PREFIX}{word}".replace("-", "_")


class _Argparse:
    """A parser of argparse as a group of pytest's."""

    def __init__(self) -> None:
        self.parser = argparse.ArgumentParser(
            prog="agw-conformance run", usage="%(prog)s [-h] [OPTION ...] [ARGUMENT OF PYTEST ...]", allow_abbrev=False
        )

    def addoption(self, *names: str, **rest: Any) -> None:
        self.parser.add_argument(*names, **rest)


@cache
def _parser() -> argparse.ArgumentParser:
    group = _Argparse()
    add_options(group, prefix="")
    return group.parser


def _ours(option: argparse.Namespace) -> dict[str, Any]:
    """Our options in what argparse or pytest has read, by their names without the prefix."""
    start = _read_as("")
    return {name.removeprefix(start): value for name, value in vars(option).items() if name.startswith(start)}


def options_given(option: argparse.Namespace) -> list[str]:
    """The words of our options that say something else than their defaults."""
    usual = _ours(_parser().parse_args([]))
    return [name.replace("_", "-") for name, value in _ours(option).items() if value != usual[name] and name != COMMAND]


def for_pytest(arguments: Sequence[str]) -> tuple[list[str], str]:
    """A command line of `run` as pytest takes it, and the target that it names.

    argparse itself exits with 2 for an option without its value.
    """
    option, others = _parser().parse_known_args([*arguments, f"--{COMMAND}"])
    passed: list[str] = []
    for name, value in _ours(option).items():
        flag = f"--{_PREFIX}{name.replace('_', '-')}"
        values = value if isinstance(value, list) else [value]
        passed += [flag if one is True else f"{flag}={one}" for one in values if one not in (None, False)]
    return [*passed, *others], str(_ours(option)["target"])


def our_words() -> list[str]:
    """Our options as the command has them."""
    return [f"--{name.replace('_', '-')}" for name in _ours(_parser().parse_args([])) if name != COMMAND]


def in_pytest(text: str, option: argparse.Namespace) -> str:
    """A message with our options as the person spelled them who gave them."""
    return text if _ours(option)[COMMAND] else _words().sub(rf"--{_PREFIX}\1", text)


@cache
def _words() -> re.Pattern[str]:
    words = (name.replace("_", "-") for name in _ours(_parser().parse_args([])))
    return re.compile(rf"(?<![\w-])--({'|'.join(sorted(words, key=len, reverse=True))})(?![\w-])")


def read_options(option: argparse.Namespace) -> RunOptions:
    """The values that options have, pytest-kind's among them. Raises InputProblem for what cannot be used."""
    # Another plugin's option may be called as one of ours is without the prefix.
    given = argparse.Namespace(**{**vars(option), **_ours(option)})
    options = RunOptions(
        manifests=tuple(given.manifests),
        stdin=Path(given.stdin) if given.stdin else None,
        on=read_target_options(given.target, vars(given)),
        dialect=given.dialect,
        providers=tuple(given.provider),
        level=given.level,
        report=Path(given.report) if given.report else None,
        deviations=given.deviations,
        cases=tuple(given.case),
        shard=_shard(given.shard, given.balance_by),
    )
    check_options(options)
    if not TARGETS[given.target].many and getattr(given, "numprocesses", None):
        raise InputProblem(
            f"-n: the {given.target} target has one gateway, whose changes workers would take for their own",
            remedy="run it without -n",
        )
    return options


def read_settings(option: argparse.Namespace) -> Settings:
    """What the options of a run come to, as pytest has read them.

    Raises InputProblem for what cannot be used, SetupProblem for a missing binary.
    """
    options = read_options(option)
    _check_cases(options.cases)
    read = _read_given(options)
    given, assumed = (read.manifests, read.assumed) if read else (None, ())
    dialect = choose_dialect(given or (), options.dialect)
    settings = settings_of(options, given, dialect, _profiles(options.providers, given, dialect))
    return replace(settings, assumed=tuple(f"{one.manifest.at(*one.path)}: {one.message}" for one in assumed))


def _shard(text: str | None, balance_by: str | None) -> Shard | None:
    if text is None:
        if balance_by is not None:
            raise InputProblem("--balance-by: there are no shards", remedy="add --shard, as in --shard 1/4")
        return None
    text = _of_job(text)
    if balance_by is None:
        return shard_named(text)
    # Of all that reads options only this reads reports.
    from conformance.report.kept.shards import kept_seconds

    return replace(shard_named(text), seconds=kept_seconds(Path(balance_by)))


def _of_job(text: str) -> str:
    """`job/4` as the shard of this pod of an Indexed Job, whose pods Kubernetes numbers from 0; others as they are."""
    share, _, count = text.partition("/")
    if share != "job":
        return text
    index = os.environ.get("JOB_COMPLETION_INDEX", "")
    if not re.fullmatch(r"[0-9]{1,4}", index, re.ASCII):
        said = f"{index!r} is no number" if index else "it is not set"
        remedy = "run it in a Job with completionMode: Indexed, or give the number of this shard, as 2/4"
        raise InputProblem(f"--shard {text}: the pod's number is in JOB_COMPLETION_INDEX, and {said}", remedy=remedy)
    return f"{int(index) + 1}/{count}"


def _check_cases(cases: Sequence[str]) -> None:
    known = {one.id for one in catalogue()} if cases else set()
    for case in cases:
        if case not in known:
            near = difflib.get_close_matches(case, known, n=1)
            remedy = f"did you mean {near[0]}?" if near else "see `agw-conformance cases`"
            raise InputProblem(f"--case {case}: there is no such case", remedy=remedy)


def _read_given(options: RunOptions) -> Given | None:
    """The manifests to certify; None: the page's."""
    if not options.manifests:
        return None
    return read_input(options.manifests, stdin=options.stdin, environment=os.environ, assume=True)


def _profiles(providers: Sequence[str], given: ManifestSet | None, dialect: str) -> list[Profile]:
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
