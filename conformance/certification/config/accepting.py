"""Lets accepted findings fail nothing: they stay in every report, with the reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.certification.checked import results_of_checks
from conformance.certification.checks import CHECKS, Defect, Severity
from conformance.core.problems import Place
from conformance.core.yaml.located import dotted
from conformance.manifests.acceptance import Acceptance
from conformance.stage.case import CHECKS as AREA
from conformance.stage.scenario.profile import Profile
from conformance.verdict.results import Outcome, Result

__all__ = ["UNUSED", "accept", "idle", "in_force", "remaining", "unused"]

_CHECK = "acceptance-unused"
UNUSED = f"{AREA}/{_CHECK}"
"""The check that tells of acceptances that nothing needs."""
Told = tuple[str, str, Place | None]
"""By what results are known to have one cause."""


def in_force(acceptances: Sequence[Acceptance], today: datetime.date | None = None) -> list[Acceptance]:
    """Those that have not expired."""
    day = today or datetime.datetime.now(datetime.UTC).date()
    return [one for one in acceptances if not one.expired(day)]


def accept(results: Sequence[Result], acceptances: Sequence[Acceptance]) -> list[Result]:
    """The results, what is accepted and what follows from it no failures any more; those in force must be given."""
    of_checks: dict[Told, Acceptance] = {}
    for one in results:
        found = _accepting(one, acceptances) if one.outcome is Outcome.FAIL and one.area == AREA else None
        if found is not None:
            of_checks.setdefault(_told(one), found)
    return [_accepted(one, acceptances, of_checks) for one in results]


def _accepted(result: Result, acceptances: Sequence[Acceptance], of_checks: dict[Told, Acceptance]) -> Result:
    if result.outcome is not Outcome.FAIL:
        return result
    if own := _accepting(result, acceptances):
        return replace(result, outcome=Outcome.ACCEPTED, reason=f"accepted: {own.told}")
    if (cause := of_checks.get(_told(result))) is not None:
        return replace(result, outcome=Outcome.ACCEPTED, reason=f"accepted: {cause.told}")
    return result


def _told(result: Result) -> Told:
    return result.cause or result.reason, result.remedy, result.where


def _accepting(result: Result, acceptances: Sequence[Acceptance]) -> Acceptance | None:
    return next((one for one in acceptances if _covers(one, result)), None)


def _covers(acceptance: Acceptance, result: Result) -> bool:
    if acceptance.check != result.case:
        return False
    if result.where is None:
        return not (acceptance.files or acceptance.line)
    position = result.where.position
    return acceptance.is_about(position.file) and acceptance.line in (0, position.line)


def idle(acceptances: Sequence[Acceptance], results: Sequence[Result]) -> list[Acceptance]:
    """Those that nothing of the results needs, as they were before any was accepted."""
    failed = [one for one in results if one.outcome is Outcome.FAIL]
    return [one for one in acceptances if not any(_covers(one, result) for result in failed)]


def unused(acceptances: Sequence[Acceptance], profiles: Sequence[Profile], again: str) -> list[Result]:
    """A warning for each of these acceptances."""
    told = results_of_checks(list(_defects(acceptances)), profiles, again)
    return [one for one in told if one.outcome is Outcome.FAIL]


def remaining(defects: Sequence[Defect], acceptances: Sequence[Acceptance]) -> list[Defect]:
    """The defects that nobody accepts."""
    return [one for one in defects if not any(_is_for(other, one) for other in acceptances)]


def _is_for(acceptance: Acceptance, defect: Defect) -> bool:
    position = defect.position
    if acceptance.check != f"{AREA}/{defect.check}" or not acceptance.is_about(position.file):
        return False
    return acceptance.line in (0, position.line)


def _defects(acceptances: Sequence[Acceptance]) -> Iterator[Defect]:
    for one in acceptances:
        yield Defect(
            check=_CHECK,
            severity=Severity.WARNING,
            position=one.origin.at(*one.path),
            field=dotted(one.path),
            message=f"nothing is found that {one.check} accepts here",
            remedy="take it away, or correct id and place",
            source=CHECKS[_CHECK].source,
        )
