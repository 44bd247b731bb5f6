"""A certification as values for tests of one's own: providers, findings with their places, statements with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from conformance.certification.certification import Certification
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.report.summary import unjudged_lines
from conformance.stage.case import CHECKS, Level
from conformance.verdict.causes import Cause, causes_of, together
from conformance.verdict.evidence import ExchangeData
from conformance.verdict.results import Conclusion, Outcome, Result

__all__ = ["Finding", "FindingPlace", "ManifestVerdict", "ProviderVerdict", "Statement", "verdict_of"]


@dataclass(frozen=True)
class FindingPlace:
    """One of the places where a mistake is."""

    file: str | None
    line: int | None
    column: int | None
    field: str | None


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, and how to mend it. `severity` is `error` where it fails the run, else `warning`.

    `file`, `line`, `column` and `field` are None where nothing in the manifests is the cause. `shown_by` are the ids of
    the check that sees it, first, and of the cases that it fails. `reason`: why it is accepted, where it is. `places`:
    all, where it is the same mistake in several objects; the first is its own.
    """

    severity: str
    cause: str
    remedy: str
    file: str | None
    line: int | None
    column: int | None
    field: str | None
    providers: tuple[str, ...]
    shown_by: tuple[str, ...]
    reason: str = ""
    places: tuple[FindingPlace, ...] = ()

    @property
    def id(self) -> str:
        """By which `agw-conformance explain` and acceptances know it; empty for input that cannot be used."""
        return self.shown_by[0].removeprefix(f"{CHECKS}/") if self.shown_by else ""


@dataclass(frozen=True)
class Statement:
    """One statement about the providers' manifests, and how it ended; `evidence` is what was on the wire, redacted."""

    id: str
    level: Level
    text: str
    source: str
    providers: tuple[str, ...]
    outcome: Outcome
    reason: str = ""
    explanation: tuple[str, ...] = ()
    evidence: tuple[ExchangeData, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class ProviderVerdict:
    """Whether every MUST holds for a provider; `conformant` is None where a part was tried and nothing failed.

    `unknown_hosts`: of a conformant one those of which nothing is known but what the manifests say.
    `not_judged` says what could not be judged, and because of which field: `body, because of ai.prompt at FILE:LINE`.
    """

    name: str
    conformant: bool | None
    findings: tuple[Finding, ...]
    statements: tuple[Statement, ...] = field(repr=False)
    unknown_hosts: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class ManifestVerdict:
    """What `certify` found. `passed` is what exit code 0 is to the command; `text` is what it would print.

    `accepted` are findings that the repository accepts, which fail nothing; their severity is `accepted`.
    """

    passed: bool
    providers: tuple[ProviderVerdict, ...]
    findings: tuple[Finding, ...]
    text: str = field(repr=False)
    accepted: tuple[Finding, ...] = ()

    def __getitem__(self, name: str) -> ProviderVerdict:
        """A provider's verdict. Raises KeyError for one that is not among the manifests."""
        found = {one.name: one for one in self.providers}
        if name not in found:
            raise KeyError(f"{name}: the providers are {', '.join(found)}")
        return found[name]

    def assert_conformant(self) -> None:
        """Raise AssertionError, which reads like the command's output, unless it `passed`."""
        __tracebackhide__ = True
        if not self.passed:
            raise AssertionError(f"not conformant\n{self.text}")


_EVERY = 1000
_CONFORMANT = {
    Conclusion.CONFORMANT: True,
    Conclusion.AS_JUDGED: True,
    Conclusion.NOT_CONFORMANT: False,
    Conclusion.NO_VERDICT: None,
}


def verdict_of(found: Certification, text: str) -> ManifestVerdict:
    """The certification as values; no key is in any of them."""
    verdict = found.verdict
    findings = tuple(_told(same, found) for same in together(causes_of(verdict.results)))
    return ManifestVerdict(
        passed=not (found.failed or found.unresolved)
        and all(one.outcome is not Outcome.SETUP_ERROR for one in verdict.results),
        providers=tuple(
            ProviderVerdict(
                name,
                _CONFORMANT[verdict.conclude(name)],
                tuple(one for one in findings if name in one.providers),
                tuple(_statement(one) for one in verdict.of(name)),
                verdict.taken_on_trust(name),
                tuple(unjudged_lines(verdict.unjudged(name), most=_EVERY)),
            )
            for name in verdict.providers
        ),
        findings=findings,
        text=redact(text),
        accepted=tuple(
            replace(_finding(cause, found), severity="accepted", reason=redact(cause.results[0].reason))
            for cause in causes_of(verdict.results, [Outcome.ACCEPTED])
        ),
    )


def _told(same: Sequence[Cause], found: Certification) -> Finding:
    """One mistake, wherever it is."""
    each = [_finding(cause, found) for cause in same]
    if len(each) == 1:
        return each[0]
    return replace(
        each[0],
        providers=tuple(sorted({name for one in each for name in one.providers})),
        shown_by=tuple(dict.fromkeys(case for one in each for case in one.shown_by)),
        places=tuple(FindingPlace(one.file, one.line, one.column, one.field) for one in each),
    )


def _finding(cause: Cause, found: Certification) -> Finding:
    position = cause.where.position if cause.where else None
    return Finding(
        severity="error" if found.counts(cause) else "warning",
        cause=redact(cause.cause),
        remedy=redact(cause.remedy),
        file=position.file if position else None,
        line=position.line or None if position else None,
        column=position.column or None if position else None,
        field=redact(cause.where.field) or None if cause.where else None,
        providers=tuple(cause.providers),
        shown_by=tuple(cause.cases),
    )


def _statement(result: Result) -> Statement:
    return Statement(
        id=result.case,
        level=result.level,
        text=result.statement,
        source=result.source,
        providers=result.providers,
        outcome=result.outcome,
        reason=redact(result.reason),
        explanation=tuple(map(redact, result.explanation)),
        evidence=result.exchanges,
    )
