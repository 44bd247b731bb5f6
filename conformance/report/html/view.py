"""What report.html shows, as plain views that its template prints; it counts and sorts, and judges nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from conformance.core.startup.records import dataclass
from conformance.exchange.expectations.facet import Facet
from conformance.report.html.sequence import Step, sequence
from conformance.report.matrix import Cell, matrix
from conformance.report.summary import caveat, sentence
from conformance.stage.case import AREAS, CHECKS
from conformance.verdict.causes import Cause, causes_of
from conformance.verdict.evidence import ConnectionData, ExchangeData
from conformance.verdict.results import WARNING, Conclusion, Outcome, Result, UnjudgedData, Verdict

__all__ = ["CaseView", "Fact", "ProviderView", "ReportView", "ResultView", "page", "told_tls"]

_ORDER: tuple[str, ...] = (
    *(Outcome.FAIL, Outcome.SETUP_ERROR, WARNING, Outcome.DEVIATION, Outcome.ACCEPTED),
    *(Outcome.OBSERVED, Outcome.NOT_JUDGED, Outcome.NOT_APPLICABLE, Outcome.PASS),
)
_ROWS = (
    ("host and port", "place", (Facet.ELSEWHERE, Facet.REACHED, Facet.ISOLATION, Facet.FAILOVER)),
    ("connection", "tls", (Facet.TLS, Facet.PLAINTEXT)),
    ("path", "target", (Facet.TARGET,)),
    ("Host header", "authority", (Facet.AUTHORITY,)),
    ("key", "credential", (Facet.CREDENTIAL, Facet.LEAK, Facet.PLACEHOLDER)),
    ("model", "model", (Facet.MODEL,)),
)


_AS_JUDGED = "Conformant in what was judged"


class Fact(NamedTuple):
    """One row of what the manifests demand beside what arrived."""

    name: str
    demanded: str
    arrived: str
    differs: bool


@dataclass(frozen=True)
class ResultView:
    """A result with an anchor; `main` is the exchange that tells most, `steps` its drawing."""

    anchor: str
    result: Result
    word: str
    counts: bool
    main: ExchangeData | None
    steps: Sequence[Step]
    facts: Sequence[Fact]

    @property
    def full(self) -> bool:
        """Whether all evidence is shown."""
        return self.result.outcome in (Outcome.FAIL, Outcome.SETUP_ERROR, Outcome.DEVIATION, Outcome.ACCEPTED)

    @property
    def others(self) -> list[ExchangeData]:
        """The exchanges beside the main one."""
        return [one for one in self.result.exchanges if one is not self.main]


@dataclass(frozen=True)
class CaseView:
    """A case with its results, those that went wrong first."""

    first: Result
    results: Sequence[ResultView]
    counted: Sequence[tuple[str, int]]


class ProviderView(NamedTuple):
    """A provider's verdict."""

    name: str
    conclusion: Conclusion
    fails: bool
    sentence: str
    caveat: str

    @property
    def tone(self) -> str:
        """How it is shown."""
        if self.conclusion is Conclusion.NOT_CONFORMANT:
            return "bad"
        return "good" if self.conclusion is Conclusion.CONFORMANT and not self.fails else "warn"


@dataclass(frozen=True)
class ReportView:
    """The whole report."""

    providers: Sequence[ProviderView]
    matrix: dict[str, list[Cell]]
    causes: Sequence[tuple[Cause, Sequence[ResultView]]]
    areas: dict[str, list[CaseView]]
    words: Sequence[tuple[str, int]]
    total: int
    unjudged: Sequence[UnjudgedData] = ()

    @property
    def headline(self) -> str:
        """All verdicts in a few words."""
        found = [one.conclusion for one in self.providers]
        bad, unknown = found.count(Conclusion.NOT_CONFORMANT), found.count(Conclusion.NO_VERDICT)
        if unknown == len(found):
            return "No verdict"
        if bad == len(found):
            return "Not conformant"
        if bad:
            return f"{bad} of {len(found)} providers not conformant"
        if unknown:
            return f"No verdict for {unknown} of {len(found)} providers"
        as_judged = Conclusion.AS_JUDGED in found
        return "Conformant, with failures below MUST" if self.fails else _AS_JUDGED if as_judged else "Conformant"

    @property
    def tone(self) -> str:
        """That of the worst verdict; of none at all, a bad one."""
        tones = {one.tone for one in self.providers}
        return next((one for one in ("bad", "warn", "good") if one in tones), "bad")

    @property
    def fails(self) -> bool:
        """Whether something fails the run: of the conformant, a case of lesser level than MUST."""
        return any(one.fails for one in self.providers)

    @property
    def warns_only(self) -> bool:
        """Whether all that was found are warnings."""
        return not any(view.counts for _, views in self.causes for view in views)


def page(verdict: Verdict) -> ReportView:
    """The views of a verdict."""
    ordered = sorted(
        verdict.results, key=lambda one: (_ORDER.index(verdict.word(one)), one.level.rank, one.case, one.test)
    )
    views = [_result(f"r{number}", one, verdict) for number, one in enumerate(ordered, 1)]
    by_result = {id(view.result): view for view in views}
    return ReportView(
        providers=[_provider(name, verdict) for name in verdict.providers],
        matrix=matrix(verdict),
        causes=[(cause, [by_result[id(one)] for one in cause.results]) for cause in causes_of(verdict.results)],
        areas={
            area: found
            for area in (CHECKS, *AREAS)
            if (found := _cases(one for one in views if one.result.area == area))
        },
        words=_counted(views),
        total=len(verdict.results),
        unjudged=verdict.unjudged(),
    )


def _counted(views: Sequence[ResultView]) -> list[tuple[str, int]]:
    numbers = Counter(one.word for one in views)
    return [(str(word), numbers[word]) for word in _ORDER if word in numbers]


def _provider(name: str, verdict: Verdict) -> ProviderView:
    results = verdict.of(name)
    return ProviderView(
        name, verdict.conclude(name), any(map(verdict.fails, results)), sentence(verdict, name), caveat(verdict, name)
    )


def _cases(views: Iterable[ResultView]) -> list[CaseView]:
    found: dict[str, list[ResultView]] = {}
    for view in views:
        found.setdefault(view.result.case, []).append(view)
    return [CaseView(own[0].result, own, _counted(own)) for own in found.values()]


def _result(anchor: str, result: Result, verdict: Verdict) -> ResultView:
    main = next((one for one in result.exchanges if one["refuted"]), None)
    # A set-up error or a status has no exchange that refutes; then the last one is where it ended.
    main = main or (result.exchanges[-1] if result.exchanges and not result.differences else None)
    told = main is not None and result.outcome in (Outcome.FAIL, Outcome.SETUP_ERROR, Outcome.DEVIATION)
    return ResultView(
        anchor=anchor,
        result=result,
        word=verdict.word(result),
        counts=verdict.fails(result) or result.outcome is Outcome.SETUP_ERROR,
        main=main,
        steps=sequence(main, result.differences) if main and told else [],
        facts=_facts(main, result) if main and told else [],
    )


def _facts(exchange: ExchangeData, result: Result) -> list[Fact]:
    """What the oracle demands of the request beside what arrived first; red is only what the case found to differ."""
    expected = exchange["expected"]
    if expected["answer"]:
        arrived = f"{len(exchange['arrivals'])} requests arrived; the client got {exchange['response']['status']}"
        return [Fact("answer", expected["answer"], arrived, bool(result.differences))]
    about = {Facet(one["about"]) for one in result.differences}
    arrived_values = _arrived(exchange, expected["credential"].partition(":")[0])
    rows = []
    for name, field, facets in _ROWS:
        demanded = str(dict(expected)[field]) or ("as the client sends it" if field == "model" else "")
        if demanded:
            rows.append(Fact(name, demanded, arrived_values[field], bool(about & set(facets))))
    return rows


def _arrived(exchange: ExchangeData, header: str) -> dict[str, str]:
    seen = exchange["arrivals"][0] if exchange["arrivals"] else None
    connection = seen["connection"] if seen else next(iter(exchange["connections"]), None)
    values = {name: "" if seen else "no request arrived" for _, name, _ in _ROWS}
    values |= {"place": "no connection", "tls": "no connection"}
    if connection is not None:
        values |= {"place": f"{connection['host']}:{connection['port']}", "tls": told_tls(connection)}
    if seen is not None:
        headers = [(name, value) for name, value in seen["headers"]]
        values["target"] = seen["target"]
        values["authority"] = ", ".join(value for name, value in headers if name.lower() == "host")
        wanted = (header or "authorization").lower()
        values["credential"] = ", ".join(f"{name}: {value}" for name, value in headers if name.lower() == wanted)
        values["model"] = _model(seen["body"]["text"])
    return values


def _model(body: str) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return str(found["model"]) if isinstance(found, dict) and "model" in found else ""


def told_tls(connection: ConnectionData) -> str:
    """A connection's security in a few words."""
    tls = connection["tls"]
    if tls is None:
        return connection["kind"]
    end = tls["version"] if tls["completed"] else f"handshake failed: {tls['failure'] or 'broken off'}"
    return f"TLS, SNI {tls['sni'] or 'none'}, {end}"
