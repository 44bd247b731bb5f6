"""Which tests certify manifests: those of the cases that say so, in the order in which a person seeks a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case, catalogue
from conformance.stage.parameters import parameter_sets
from conformance.stage.scenario.scenario import Scenario

__all__ = ["GivenTest", "given_tests"]

_FIRST = ("admission", "status", "routing", "tls", "host", "auth", "path")
"""The areas in which most mistakes show; the others follow as they stand in the catalogue."""


@dataclass(frozen=True)
class GivenTest:
    """One test of a case: its function, the arguments beside the stage, and the scenes that it plays in.

    `together`: it takes the stages of all providers at once.
    """

    name: str
    case: Case
    function: Callable[..., Any]
    keys: tuple[SceneKey, ...]
    together: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


def given_tests(providers: Sequence[str], dialect: str) -> list[GivenTest]:
    """All tests for these providers, provider by provider."""
    cases = [one for one in catalogue() if one.certifies]
    cases.sort(key=lambda one: _FIRST.index(one.area) if one.area in _FIRST else len(_FIRST))
    found = [test for provider in providers for test in _tests(cases, (provider,), dialect)]
    return found + (list(_tests(cases, tuple(providers), dialect)) if len(providers) > 1 else [])


def _tests(cases: Sequence[Case], providers: tuple[str, ...], dialect: str) -> Iterator[GivenTest]:
    together = len(providers) > 1
    for case in cases:
        takes = case.test.__annotations__
        if ("stages" in takes) is not together:
            continue
        for label, arguments in parameter_sets(case.test, dialect):
            if isinstance(case.certifies, tuple) and label not in case.certifies:
                continue
            scenario: Scenario = arguments.get("scenario", case.scenario)
            named = "-".join(filter(None, ("+".join(providers), label)))
            yield GivenTest(
                name=f"{case.test.__name__}[{named}]",
                case=case,
                function=case.test,
                keys=tuple(SceneKey(provider, scenario) for provider in providers),
                together=together,
                arguments={name: value for name, value in arguments.items() if name in takes},
            )
