"""Cases: one statement about the gateway each, with id, level and source, declared on the test that confirms it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeVar

from conformance.core.startup.records import dataclass
from conformance.manifests.fields.table import Aspect
from conformance.stage.scenario.scenario import DOCUMENTED, Scenario

__all__ = [
    "ABOUT",
    "AREAS",
    "CHECKS",
    "Case",
    "Level",
    "NotApplicable",
    "NotJudged",
    "Param",
    "Parameters",
    "case",
    "case_of",
    "catalogue",
    "param",
    "parameters_of",
    "parametrize",
    "per_dialect",
    "values_of",
]

AREAS = {
    "routing": "A",
    "auth": "B",
    "path": "C",
    "model": "D",
    "tls": "E",
    "host": "F",
    "body": "G",
    "streaming": "H",
    "errors": "I",
    "admission": "J",
    "status": "K",
    "lifecycle": "L",
    "secrets": "M",
    "isolation": "N",
    "page": "O",
}
"""Area names, as in case ids and markers, and their letters in the catalogue of cases."""

ABOUT: Mapping[str, tuple[Aspect, ...]] = {
    "routing": (Aspect.CONNECTION, Aspect.ANSWER),
    "auth": (Aspect.HEADERS,),
    "path": (Aspect.PATH,),
    "model": (Aspect.MODEL,),
    "tls": (Aspect.CONNECTION,),
    "host": (Aspect.HEADERS,),
    "body": (Aspect.BODY,),
    "streaming": (Aspect.ANSWER,),
    "errors": (Aspect.ANSWER,),
    "lifecycle": (Aspect.CONNECTION,),
    "secrets": (Aspect.CONNECTION,),
    "isolation": (Aspect.ANSWER,),
    "page": tuple(Aspect),
}
"""By area, the sides of an exchange that its statements are about, where a case does not say better; those of other
areas need no exchange.
"""

CHECKS = "checks"
"""The area of what `certify` sees in the manifests before anything is sent: no case, but told beside the cases."""


class Level(StrEnum):
    """How binding a statement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"

    @property
    def rank(self) -> int:
        """0 for MUST; the higher, the less binding."""
        return list(Level).index(self)


@dataclass(frozen=True)
class Case:
    """What `@case` declares; `lines` are the catalogue's numbers that it covers.

    `scenario` is the one for a test without parameters of that name; `scenarios` are all that the test plays in.
    `certifies` are the labels of those of its parameters with which `certify` plays `test`; True: with all of them.
    `every_way`: it does so once for each way to the Backend but the first, by which all others are played.
    `about` is what of an exchange the statement is about, where that is not what its area is.
    """

    id: str
    level: Level
    statement: str
    source: str
    lines: tuple[int, ...]
    scenario: Scenario
    scenarios: tuple[Scenario, ...]
    test: Callable[..., Any] = field(repr=False, compare=False)
    needs: tuple[str, ...] = ()
    certifies: bool | tuple[str, ...] = False
    every_way: bool = False
    about: tuple[Aspect, ...] = ()

    @property
    def area(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def aspects(self) -> frozenset[Aspect]:
        """What must be known of an exchange for the statement to be judged: who may call, and what it is about."""
        about = self.about or ABOUT.get(self.area, ())
        return frozenset({Aspect.CALLERS, *about}) if about else frozenset()


class NotApplicable(Exception):
    """A case says nothing about these manifests, or cannot be played on this target; the message says why."""


class NotJudged(NotApplicable):
    """The manifests have a field that changes what a case is about, in a way that nobody here knows."""


_declared: dict[str, Case] = {}

F = TypeVar("F", bound=Callable[..., Any])


def case(
    id: str,  # noqa: A002 - it is the case's id, and every declaration reads better for it
    level: Level,
    statement: str,
    *,
    source: str,
    lines: tuple[int, ...] | list[int],
    scenario: Scenario = DOCUMENTED,
    needs: tuple[str, ...] = (),
    certifies: bool | tuple[str, ...] = False,
    every_way: bool = False,
    about: tuple[Aspect, ...] = (),
) -> Callable[[F], F]:
    """Declare the decorated test as a case.

    `scenario` is what it plays in, unless the test is parametrised over `scenario`. A test that takes `stage` runs
    once per provider; one that takes `stages` runs once with all of them. A test that `certifies` holds exactly the
    objects that were given to account, no variation of them; of a test with parameters, those with these labels do,
    while the others tell of the gateway. `every_way`: one that goes through `stage.further_ways`, one by one.
    What of an exchange it is `about` its area says, if nothing else does.
    """
    area = id.partition("/")[0]
    if area not in AREAS:
        raise ValueError(f"{id}: unknown area {area}")

    def declare(function: F) -> F:
        scenarios = tuple(_scenarios(function)) or (scenario,)
        declared = Case(
            id,
            level,
            statement,
            source,
            tuple(lines),
            scenario,
            scenarios,
            function,
            needs,
            certifies,
            every_way,
            about,
        )
        known = _declared.setdefault(id, declared)
        if known != declared:
            raise ValueError(f"the case id {id} is declared twice")
        function.__case__ = declared  # type: ignore[attr-defined]
        return function

    return declare


def _scenarios(function: Callable[..., Any]) -> Iterator[Scenario]:
    """The scenarios that a test below the declaration is parametrised over."""
    for one in parameters_of(function):
        if one.names == ("scenario",):
            yield from (each.values[0] for each in one.sets if isinstance(each.values[0], Scenario))


class Param(NamedTuple):
    """A value for each of some names, and what the set is called, where it is called anything."""

    values: tuple[object, ...]
    id: str | None = None


@dataclass(frozen=True)
class Parameters:
    """The sets of values that a test runs with; `ids` are their labels, or make one of a value."""

    names: tuple[str, ...]
    sets: tuple[Param, ...]
    ids: Sequence[str] | Callable[[Any], str] | None = None


def param(*values: object, id: str | None = None) -> Param:  # noqa: A002 - as in pytest
    """A set of values with a label."""
    return Param(values, id)


def parametrize(
    names: str | Sequence[str], values: Iterable[Any], ids: Sequence[str] | Callable[[Any], str] | None = None
) -> Callable[[F], F]:
    """Let a test run once for each of the values, as pytest's mark does.

    No mark of pytest's: `certify` plays the cases, and does not wait for pytest.
    """
    named = tuple(one.strip() for one in names.split(",")) if isinstance(names, str) else tuple(names)
    sets = tuple(one if isinstance(one, Param) else Param((one,) if len(named) == 1 else tuple(one)) for one in values)

    def declare(function: F) -> F:
        own = Parameters(named, sets, ids)
        function.__parameters__ = (*parameters_of(function), own)  # type: ignore[attr-defined]
        return function

    return declare


def parameters_of(function: object) -> tuple[Parameters, ...]:
    """What a test is parametrised over, from the declaration next to it upwards."""
    found: tuple[Parameters, ...] = getattr(function, "__parameters__", ())
    return found


def per_dialect(name: str, table: Mapping[str, Sequence[object]]) -> Callable[[F], F]:
    """Let a test run for each of the values that the run's dialect has in the table; with None where it has none."""

    def declare(function: F) -> F:
        function.__per_dialect__ = name, table  # type: ignore[attr-defined]
        return function

    return declare


def values_of(function: object, dialect: str) -> tuple[str, Sequence[object]] | None:
    """The argument and the values by which a test varies with the dialect, if it does."""
    found: tuple[str, Mapping[str, Sequence[object]]] | None = getattr(function, "__per_dialect__", None)
    return (found[0], found[1][dialect] or (None,)) if found is not None else None


def case_of(function: object) -> Case | None:
    """The case that a test function declares, if it does."""
    found = getattr(function, "__case__", None)
    return found if isinstance(found, Case) else None


def catalogue() -> list[Case]:
    """All cases, by area and id."""
    package = import_module("conformance.cases")
    for module in iter_modules(package.__path__):
        import_module(f"conformance.cases.{module.name}")
    order = list(AREAS)
    return sorted(_declared.values(), key=lambda one: (order.index(one.area), one.id))
