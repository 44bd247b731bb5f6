"""A certification as text: each stage, then causes with place and remedy, then the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.certification.certification import Certification, counted
from conformance.core.problems import InputProblem
from conformance.core.terminal import one_line
from conformance.report.summary import label, network, told, unjudged_lines
from conformance.stage.case import CHECKS
from conformance.verdict.causes import Cause, causes_of, together
from conformance.verdict.results import Outcome

if TYPE_CHECKING:
    from conformance.certification.mending import Search

__all__ = ["lines_of", "lines_of_input"]

_INDENT = 11
_WIDTH = 116
_MOST = 20


def lines_of(found: Certification, search: Search | None = None, *, quiet: bool = False, verbose: int = 0) -> list[str]:
    """The lines for standard output, not yet redacted; `quiet`: of what went well only the verdict."""
    lines = [] if quiet else [*_read(found), *_checks(found), *_objects(found), *_exchanges(found, verbose)]
    lines += [*_accepted(found), *_causes(found), *(_fix(search) if search is not None else _no_fix(found))]
    if found.problem is None:
        lines += ["", *(line for name in found.verdict.providers for line in told(found.verdict, name))]
        tested = label(found.settings, found.implementation)
        lines += [] if quiet else ["", f"Tested: {tested}."]
        lines += [] if quiet else filter(None, [network(found.settings)])
    lines += [] if quiet else _explained(found)
    if found.settings.report is not None:
        lines.append(f"Report: {found.settings.report / 'report.html'}, {found.settings.report / 'report.yaml'}")
    return lines


def lines_of_input(problem: InputProblem, search: Search) -> list[str]:
    """The lines for input that cannot be used as it is, and the change that mends it."""
    return [*_stage("read", str(problem)), *_fix(search)]


def _stage(name: str, text: str) -> list[str]:
    return _wrapped(text, name.ljust(_INDENT))


def _wrapped(text: str, first: str = " " * _INDENT) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _read(found: Certification) -> Iterator[str]:
    given = found.given
    names = ", ".join(profile.name for profile in found.settings.profiles)
    yield from _stage("read", f"{len(given.manifests)} objects, dialect {given.dialect}, providers: {names}")
    for one in (*given.made_up, *given.recognised, *given.left_out[:_MOST]):
        yield from _wrapped(str(one))
    if (more := len(given.left_out) - _MOST) > 0:
        yield from _wrapped(f"and {more} more are left out")


def _checks(found: Certification) -> Iterator[str]:
    yield from _stage("checks", counted(found.defects))


def _objects(found: Certification) -> Iterator[str]:
    standing = found.standing
    if standing is None:
        return
    yield from _stage("admission", f"{standing.accepted} objects accepted, {len(standing.refused)} refused")
    for said in standing.refused:
        yield from _wrapped(f"{said.position}: {said.about}: {said.text}")
    good = standing.reporting - len({said.about for said in standing.troubles})
    yield from _stage("status", f"{good} of {standing.reporting} objects report that all is well")
    for said in standing.troubles:
        yield from _wrapped(f"{said.position}: {said.about}: {said.text}")


def _exchanges(found: Certification, verbose: int) -> Iterator[str]:
    played = [one for one in found.verdict.results if one.area != CHECKS]
    if not played:
        return
    good = sum(one.outcome in (Outcome.PASS, Outcome.OBSERVED, Outcome.DEVIATION) for one in played)
    unfit = sum(one.outcome is Outcome.NOT_APPLICABLE for one in played)
    open_ = sum(one.outcome is Outcome.NOT_JUDGED for one in played)
    more = f", {open_} not judged" if open_ else ""
    more += f", {accepted} accepted" if (accepted := sum(one.outcome is Outcome.ACCEPTED for one in played)) else ""
    yield from _stage(
        "exchanges", f"{good} of {len(played) - unfit - open_ - accepted} statements hold, {unfit} not applicable{more}"
    )
    for line in unjudged_lines(found.verdict.unjudged(), most=_MOST):
        yield from _wrapped(f"not judged: {line}")
    for one in played if verbose else ():
        yield from _wrapped(f"{one.outcome}  {one.test}{f': {one.reason}' if one.reason else ''}")


def _accepted(found: Certification) -> Iterator[str]:
    """What the repository accepts, so that nobody forgets it."""
    for cause in causes_of(found.verdict.results, [Outcome.ACCEPTED])[:_MOST]:
        yield from _stage("accepted", f"{cause.cause}; {cause.results[0].reason.removeprefix('accepted: ')}")
        if cause.where:
            yield f"{'  at'.ljust(_INDENT)}{cause.where}"


def _causes(found: Certification) -> Iterator[str]:
    causes = together(causes_of(found.verdict.results))
    for number, same in enumerate(causes[:_MOST], 1):
        yield ""
        yield from _cause(number, same, found)
    if (more := len(causes) - _MOST) > 0:
        yield f"... and {more} more causes, which --report shows"


def _explained(found: Certification) -> Iterator[str]:
    """How to learn more of a finding, with the id of the first."""
    if causes := causes_of(found.verdict.results):
        yield f"Why it matters, and an example: agw-conformance explain {causes[0].id}"


def _cause(number: int, same: Sequence[Cause], found: Certification) -> Iterator[str]:
    """One mistake, with all places where it is."""
    cause = same[0]
    yield from _stage(f"{number}. {'error' if found.counts(cause) else 'warning'}", cause.cause)
    yield f"{'  id'.ljust(_INDENT)}{cause.id}"
    if cause.where:
        yield f"{'  at'.ljust(_INDENT)}{cause.where}"
    if cause.remedy:
        yield from _stage("  remedy", cause.remedy)
    # What the id says is not said again.
    cases = list(dict.fromkeys(case for one in same for case in one.cases if case != cause.cases[0]))
    if cases:
        yield from _stage("  shown by", _shown(cases))
    if len(same) > 1:
        yield f"{'  also at'.ljust(_INDENT)}{len(same) - 1} more place{'s' if len(same) > 2 else ''}, the same there:"
        yield from (f"{'':{_INDENT}}{one.where or ', '.join(one.providers)}" for one in same[1:_MOST])
        yield from _wrapped(f"and {len(same) - _MOST} more") if len(same) > _MOST else ()


def _shown(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - 4} more" if len(cases) > 5 else ""
    return ", ".join(cases[: 4 if more else 5]) + more


def _no_fix(found: Certification) -> Iterator[str]:
    if found.failed and found.given.rendered:
        yield ""
        yield from _stage(
            "fix", "none is sought in what kustomize or Helm makes: the remedies say what must come of it"
        )


def _fix(search: Search) -> Iterator[str]:
    """What came of the search for a change that mends everything."""
    yield ""
    if (fix := search.fix) is None:
        yield from _stage("fix", search.note)
        return
    yield from _stage("fix", f"{fix.title} ({search.note})")
    yield from _wrapped(fix.warning) if fix.warning else ()
    yield from ("", *_split(fix.diff), "", *_split(fix.patch))
    if fix.remaining:
        yield from ("", "what remains after it:")
        yield from (line for told in fix.remaining[:_MOST] for line in _wrapped(told))


def _split(text: str) -> list[str]:
    """The lines of a diff, as `patch` counts them: a line break of Unicode is a character like any other."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
