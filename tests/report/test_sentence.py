"""The sentence with a provider's verdict: what fails the run, and what does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.report.summary import sentence
from conformance.stage.case import Level
from conformance.verdict.results import Outcome, Verdict
from tests.support.report import result

PASSED = (Level.MUST, Outcome.PASS)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([PASSED], "conformant (1 pass)"),
        ([PASSED, (Level.MUST, Outcome.FAIL)], "NOT conformant (1 pass, 1 fail)"),
        ([PASSED, (Level.SHOULD, Outcome.FAIL)], "conformant, but not down to the level SHOULD (1 pass, 1 fail)"),
        ([PASSED, (Level.MAY, Outcome.FAIL)], "conformant (1 pass, 1 fail below SHOULD)"),
        (
            [PASSED, (Level.MUST, Outcome.FAIL), (Level.MAY, Outcome.FAIL), (Level.MAY, Outcome.NOT_APPLICABLE)],
            "NOT conformant (1 pass, 1 fail, 1 fail below SHOULD, 1 not applicable)",
        ),
    ],
)
def test_the_sentence(outcomes: Sequence[tuple[Level, Outcome]], said: str) -> None:
    verdict = Verdict(Level.SHOULD, [result(outcome, level) for level, outcome in outcomes])
    assert sentence(verdict, "opal") == said
