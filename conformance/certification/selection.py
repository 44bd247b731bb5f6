"""Which tests certify manifests: those of the cases that say so, in the order in which a person seeks a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.exchange.ways import ways_of
from conformance.manifests.objects import ManifestSet
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.case import CHECKS, Case, catalogue
from conformance.stage.parameters import parameter_sets
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import Scenario

__all__ = ["GivenTest", "check_cases", "further_ways", "given_tests"]

_FIRST = ("admission", "status", "routing", "tls", "host", "auth", "path")
"""The areas in which most mistakes show; the others follow as they stand in the catalogue."""


@dataclass(frozen=True)
class GivenTest:
    """One test of a case: its function, the arguments beside the stage, and the scenes that it plays in.

    `together`: it takes the stages of all providers at once. `way` is the further one that it is about, if it is.
    """

    name: str
    case: Case
    function: Callable[..., Any]
    keys: tuple[SceneKey, ...]
    together: bool = False
    way: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


def check_cases(cases: Sequence[str], checks: Iterable[str]) -> None:
    """Raise InputProblem for what is neither a case of `certify` nor one of these checks, before anything is set up."""
    played = {one.id: one.certifies for one in catalogue()} if cases else {}
    known = [case for case, certifies in played.items() if certifies]
    ours = [f"{CHECKS}/{check}" for check in checks]
    for case in cases:
        if case in known or case in ours:
            continue
        near = [] if case in played else difflib.get_close_matches(case, [*played, *ours], n=1)
        takes = f"it takes: {', '.join(sorted(known))}; {CHECKS}/ and the id of a check; or add --full"
        raise InputProblem(f"--case {case}: no case of `certify`", remedy=f"did you mean {near[0]}?" if near else takes)


def given_tests(
    providers: Sequence[str], dialect: str, ways: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> list[GivenTest]:
    """All tests for these providers, provider by provider; `ways` are the further ones to each."""
    cases = [one for one in catalogue() if one.certifies]
    cases.sort(key=lambda one: _FIRST.index(one.area) if one.area in _FIRST else len(_FIRST))
    found = [test for provider in providers for test in _tests(cases, (provider,), dialect, ways)]
    return found + (list(_tests(cases, tuple(providers), dialect, ways)) if len(providers) > 1 else [])


def further_ways(manifests: ManifestSet, profiles: Sequence[Profile], dialect: str) -> dict[str, list[str]]:
    """The ways to each provider's Backend but the first, of `manifests` as they were given."""
    surroundings = Surroundings(manifests)
    found = {one.name: ways_of(surroundings.read(one.manifests, dialect)) for one in profiles}
    return {name: [str(way) for way in ways[1:]] for name, ways in found.items()}


def _tests(
    cases: Sequence[Case], providers: tuple[str, ...], dialect: str, ways: Mapping[str, Sequence[str]]
) -> Iterator[GivenTest]:
    together = len(providers) > 1
    for case in cases:
        takes = case.test.__annotations__
        if ("stages" in takes) is not together:
            continue
        for label, arguments in parameter_sets(case.test, dialect):
            if isinstance(case.certifies, tuple) and label not in case.certifies:
                continue
            scenario: Scenario = arguments.get("scenario", case.scenario)
            for way in ways.get(providers[0], ()) if case.every_way else ("",):
                named = "-".join(filter(None, ("+".join(providers), label, way)))
                yield GivenTest(
                    name=f"{case.test.__name__}[{named}]",
                    case=case,
                    function=case.test,
                    keys=tuple(SceneKey(provider, scenario) for provider in providers),
                    together=together,
                    way=way,
                    arguments={name: value for name, value in arguments.items() if name in takes},
                )
