"""The tests that a gateway with a defect is played to, and which of them come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.certification.selection import GivenTest
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case, Level, catalogue
from conformance.stage.parameters import parameter_sets
from conformance.stage.scenario.scenario import Scenario

__all__ = ["all_tests", "binds", "elsewhere", "is_among", "rounds"]


def binds(case: Case) -> bool:
    """Whether the case must catch a mutant: those of level MAY may."""
    return case.level.rank <= Level.SHOULD.rank


def all_tests(providers: Sequence[str], dialect: str) -> list[GivenTest]:
    """All tests that can fail: with the first provider, or with all where they play together."""
    judging = [case for case in catalogue() if case.level is not Level.INFO]
    return [one for case in judging for one in _tests(case, providers, dialect)]


def elsewhere(providers: Sequence[str], dialect: str) -> Mapping[str, Sequence[GivenTest]]:
    """By name of a test with the first provider, the same with each other one; its manifests are written otherwise."""
    first, others = all_tests(providers, dialect), [all_tests([one], dialect) for one in providers[1:]]
    return {test.name: alike for test, *alike in zip(first, *others, strict=True) if not test.together}


def _tests(case: Case, providers: Sequence[str], dialect: str) -> Iterator[GivenTest]:
    takes = case.test.__annotations__
    together = "stages" in takes
    chosen = tuple(providers) if together else (providers[0],)
    for label, arguments in parameter_sets(case.test, dialect):
        scenario: Scenario = arguments.get("scenario", case.scenario)
        name = f"{case.test.__name__}[{'-'.join(filter(None, ('+'.join(chosen), label)))}]"
        yield GivenTest(
            name=name,
            case=case,
            function=case.test,
            # As pytest has it: whoever changes its objects has them to itself.
            keys=tuple(SceneKey(provider, scenario, name if scenario.own else "") for provider in chosen),
            together=together,
            arguments={key: value for key, value in arguments.items() if key in takes},
        )


def rounds(tests: Iterable[GivenTest], first: Sequence[str], areas: Sequence[str]) -> list[list[GivenTest]]:
    """The tests in the order in which a defect is sought: those `first`, by name or case, then each group of areas.

    Each round stands on a target of its own; one that is never reached costs nothing.
    """
    places = {area: number for number, area in enumerate(areas, 1)}
    found: list[list[GivenTest]] = [[] for _ in range(len(places) + 2)]
    for one in tests:
        place = 0 if is_among(one, first) else places.get(one.case.area, len(places) + 1)
        found[place].append(one)
    found[0].sort(key=lambda one: min(number for number, name in enumerate(first) if is_among(one, (name,))))
    return [one for one in found if one]


def is_among(test: GivenTest, named: Sequence[str]) -> bool:
    """Whether a test is named, or its case is."""
    return test.name in named or test.case.id in named
