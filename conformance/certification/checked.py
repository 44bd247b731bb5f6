"""Static checks as results, so that every report tells of them as it does of cases."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.certification.checks import CHECKS, Defect, Severity
from conformance.manifests.objects import ObjectId
from conformance.stage.case import CHECKS as AREA
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.verdict.results import Outcome, Result

__all__ = ["attributed", "results_of_checks", "told_of"]


def results_of_checks(defects: Sequence[Defect], profiles: Sequence[Profile], again: str) -> list[Result]:
    """For each provider a result for each check: passed, or one for each of its defects.

    A warning has the level MAY, so that it fails no run that does not ask for it.
    """
    concerned = _concerned(defects, profiles)
    return [result for profile in profiles for result in _results(concerned[profile.name], profile, again)]


def told_of(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The mistakes that checks found, by provider; warnings are none."""
    found: dict[str, list[Result]] = {}
    for one in results:
        if one.area == AREA and one.outcome is Outcome.FAIL and one.level is Level.MUST:
            found.setdefault(one.providers[0], []).append(one)
    return found


def attributed(result: Result, told: dict[str, list[Result]]) -> Result:
    """A failure as the consequence of a mistake that a check has found, which knows the remedy; else as it is.

    Of several mistakes it is the nearest in the same file, else the first. What was seen stays in the explanation.
    """
    mistakes = [one for name in result.providers for one in told.get(name, ())]
    if result.outcome is not Outcome.FAIL or not mistakes:
        return result
    nearest = mistakes[0]
    if result.where:
        at = result.where.position
        same = [one for one in mistakes if one.where and one.where.position.file == at.file]
        nearest = min(same, key=lambda one: _distance(one, at.line), default=nearest)
    return replace(result, cause=nearest.cause, remedy=nearest.remedy, where=nearest.where)


def _distance(mistake: Result, line: int) -> int:
    """How many lines a mistake is away."""
    return abs(mistake.where.position.line - line) if mistake.where else 0


@functools.cache
def _declared(check: str) -> tuple[str, str]:
    """A check as a case: its id and statement, the same for all providers."""
    return f"{AREA}/{check}", f"There is no such mistake: {CHECKS[check][0]}."


def _results(own: Sequence[Defect], profile: Profile, again: str) -> Iterator[Result]:
    for check, (_, source) in CHECKS.items():
        found = [one for one in own if one.check == check]
        case, statement = _declared(check)
        for number, defect in enumerate(found or [None]):
            yield Result(
                test=f"{AREA}/{check}[{profile.name}{f'-{number}' if number else ''}]",
                case=case,
                area=AREA,
                level=Level.MAY if defect and defect.severity is Severity.WARNING else Level.MUST,
                statement=statement,
                source=source,
                providers=(profile.name,),
                outcome=Outcome.FAIL if defect else Outcome.PASS,
                reason=defect.message if defect else "",
                cause=defect.message if defect else "",
                remedy=defect.remedy if defect else "",
                where=defect.place if defect else None,
                explanation=_told(defect) if defect else (),
                again=again,
            )


def _concerned(defects: Sequence[Defect], profiles: Sequence[Profile]) -> dict[str, list[Defect]]:
    """By provider the mistakes that are about it: those that stand in its objects; what stands in no one's is all's."""
    owners: dict[ObjectId | None, set[str]] = {}
    for profile in profiles if defects else ():
        for one in profile.manifests:
            owners.setdefault(one.id, set()).add(profile.name)
    found: dict[str, list[Defect]] = {profile.name: [] for profile in profiles}
    for defect in defects:
        for name in owners.get(defect.about, found):
            found[name].append(defect)
    return found


def _told(defect: Defect) -> tuple[str, ...]:
    return (
        f"{defect.position}: {defect.field}",
        f"  {defect.message}",
        f"  Remedy  {defect.remedy}",
        f"  Source: {defect.source}",
    )
