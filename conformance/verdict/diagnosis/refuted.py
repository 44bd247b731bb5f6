"""What a refuted statement is put down to: the exchange that refuted it, or what a plain request would have met."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.exchange.expectations.base import Refuted
from conformance.stage.case import NotApplicable
from conformance.verdict.diagnosis.rules import Diagnosis, Failure, diagnose, diagnose_refusal
from conformance.verdict.diagnosis.statuses import explain_status

if TYPE_CHECKING:
    from conformance.stage.stage import Stage

__all__ = ["diagnosis_of"]


def diagnosis_of(error: Refuted, stages: Sequence[Stage]) -> Diagnosis | None:
    """The probable cause, if any is known."""
    if error.exchange is None or not stages:
        return next(_refusals(error, stages), None) or explain_status(error.mismatches)
    exchange = error.exchange
    owner = next((stage for stage in stages if any(one is exchange for one in stage.exchanges)), stages[0])
    provider = owner.lookalike_of(exchange.expected)
    return diagnose(Failure(exchange, error.mismatches, owner.configuration, owner.scenario, provider))


def _refusals(error: Refuted, stages: Sequence[Stage]) -> Iterator[Diagnosis]:
    """What is expected of a plain request explains some statuses; where nobody can make one, nothing does."""
    for stage in stages:
        with contextlib.suppress(NotApplicable):
            if found := diagnose_refusal(stage.expected, error.mismatches):
                yield found
