"""Verdicts: what a run concludes, per case and provider, in one form that all reports read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

from conformance.core.problems import Place, Position
from conformance.core.startup.records import dataclass
from conformance.stage.case import Level

if TYPE_CHECKING:
    from conformance.verdict.evidence import ExchangeData

__all__ = ["WARNING", "Conclusion", "Extent", "Fix", "MismatchData", "Outcome", "Result", "UnjudgedData", "Verdict"]


class Outcome(StrEnum):
    """How a case ended."""

    PASS = "pass"
    FAIL = "fail"
    DEVIATION = "deviation"
    ACCEPTED = "accepted"
    NOT_APPLICABLE = "not applicable"
    NOT_JUDGED = "not judged"
    OBSERVED = "observed"
    SETUP_ERROR = "setup error"


WARNING = "warning"
"""What reports call a failure that does not fail the run."""


_WORDS = tuple(word for one in Outcome for word in ([one.value, WARNING] if one is Outcome.FAIL else [one.value]))


class Conclusion(StrEnum):
    """What results say of a provider, in the words of reports."""

    CONFORMANT = "conformant"
    AS_JUDGED = "conformant in what was judged"
    NOT_CONFORMANT = "not conformant"
    NO_VERDICT = "no verdict"


_GOOD = (Conclusion.CONFORMANT, Conclusion.AS_JUDGED)


class MismatchData(TypedDict):
    """One thing that was not as expected, as text; `about` is the facet that diagnosis goes by."""

    about: str
    expected: str
    observed: str


class UnjudgedData(TypedDict):
    """A side of an exchange that could not be judged, and the field because of which; `where` is file and line."""

    aspect: str
    field: str
    where: str
    why: str


_TUPLES = ("providers", "explanation", "observations", "differences", "exchanges", "unjudged")


@dataclass(frozen=True)
class Result:
    """One case with one provider and one set of parameters. `explanation` is what a failure says, line by line.

    `cause_area` is the area of the catalogue that the cause belongs to.
    `differences` are what was expected and observed, `where` is the field of the manifests, `again` the
    command that runs it again. `exchanges` are gathered for reports only; `omitted` counts those left out. `unjudged`
    is why it was not judged.
    """

    test: str
    case: str
    area: str
    level: Level
    statement: str
    source: str
    providers: tuple[str, ...]
    outcome: Outcome
    reason: str = ""
    cause: str = ""
    cause_area: str = ""
    explanation: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()
    seconds: float = 0.0
    remedy: str = ""
    where: Place | None = None
    again: str = ""
    differences: tuple[MismatchData, ...] = ()
    exchanges: tuple[ExchangeData, ...] = ()
    omitted: int = 0
    unjudged: tuple[UnjudgedData, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Plain data, for crossing process borders, where enumerations are not welcome."""
        return {**asdict(self), "level": self.level.value, "outcome": self.outcome.value}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Result:
        """The inverse of `as_data`."""
        tuples = {name: tuple(data[name]) for name in _TUPLES}
        enums = {"level": Level(data["level"]), "outcome": Outcome(data["outcome"])}
        return cls(**{**data, **tuples, **enums, "where": _place(data["where"])})


def _place(data: dict[str, Any] | None) -> Place | None:
    return Place(Position(**data["position"]), data["field"]) if data else None


class Extent(NamedTuple):
    """How many tests of a provider were run, `of` how many that together make a verdict."""

    run: int
    of: int


class Fix(Protocol):
    """What reports tell of a change: a sentence, a unified diff, shell commands, and what is to be known before."""

    @property
    def title(self) -> str: ...
    @property
    def diff(self) -> str: ...
    @property
    def patch(self) -> str: ...
    @property
    def warning(self) -> str: ...


@dataclass
class Verdict:
    """All results of a run."""

    threshold: Level = Level.SHOULD
    results: list[Result] = field(default_factory=list)
    fix: Fix | None = None
    """A change of the manifests with which nothing would fail, where one was sought and found."""
    extents: Mapping[str, Extent] = field(default_factory=dict)
    """By provider; where nothing is said, all was run."""
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By provider, the hosts of which nothing is known but what the manifests say."""
    _seen: list[Result] = field(default_factory=list, repr=False, compare=False)
    _by_provider: dict[str, list[Result]] = field(default_factory=dict, repr=False, compare=False)

    def fails(self, result: Result) -> bool:
        """Whether a result makes the run fail: a failure at or above the threshold; INFO never does."""
        return (
            result.outcome is Outcome.FAIL
            and result.level is not Level.INFO
            and result.level.rank <= self.threshold.rank
        )

    def word(self, result: Result) -> str:
        """How a result ended, as reports say it: a failure that does not fail the run is a warning."""
        warns = result.outcome is Outcome.FAIL and not self.fails(result)
        return WARNING if warns else result.outcome.value

    def warns(self, results: Iterable[Result]) -> bool:
        """Whether these are warnings, all of them."""
        return all(self.word(one) == WARNING for one in results)

    def counted(self, results: Iterable[Result]) -> dict[str, int]:
        """How many results ended how, by the word for it, those that did not occur left out."""
        found = Counter(map(self.word, results))
        return {word: found[word] for word in _WORDS if word in found}

    @property
    def providers(self) -> list[str]:
        """The providers that the results are about."""
        return sorted(self._grouped())

    def of(self, provider: str) -> list[Result]:
        """The results that concern a provider."""
        return self._grouped().get(provider, [])

    def _grouped(self) -> dict[str, list[Result]]:
        """The results by provider: of hundreds of providers each asks for its own, again and again."""
        if self._seen != self.results:
            self._seen = [*self.results]
            self._by_provider = {}
            for result in self.results:
                for name in dict.fromkeys(result.providers):
                    self._by_provider.setdefault(name, []).append(result)
        return self._by_provider

    def partial(self, provider: str) -> Extent | None:
        """How much of a provider was run, unless it was all."""
        found = self.extents.get(provider)
        return found if found is not None and found.run < found.of else None

    def conclude(self, provider: str) -> Conclusion:
        """A provider is conformant when every MUST passes or is a listed deviation; for this, every one must be run.

        An error of our own set-up says nothing about it, for better or worse. Where some could not be judged it is so
        in what was judged.
        """
        results = self.of(provider)
        musts = [result for result in results if result.level is Level.MUST]
        if any(one.outcome is Outcome.FAIL for one in musts):
            return Conclusion.NOT_CONFORMANT
        broken = any(one.outcome is Outcome.SETUP_ERROR for one in musts)
        if not musts or broken or self.partial(provider) is not None:
            return Conclusion.NO_VERDICT
        open_ = any(one.outcome is Outcome.NOT_JUDGED for one in results)
        return Conclusion.AS_JUDGED if open_ else Conclusion.CONFORMANT

    def unjudged(self, provider: str | None = None) -> list[UnjudgedData]:
        """What could not be judged, of a provider or of all: each side of an exchange and field once."""
        found: dict[tuple[str, str], UnjudgedData] = {}
        for result in self.results if provider is None else self.of(provider):
            for one in result.unjudged:
                found.setdefault((one["where"], one["aspect"]), one)
        return list(found.values())

    def taken_on_trust(self, provider: str) -> tuple[str, ...]:
        """The hosts of a conformant provider of which nothing is known: right is what agrees with itself."""
        return self.unknown.get(provider, ()) if self.conclude(provider) in _GOOD else ()
