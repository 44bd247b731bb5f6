"""The sentence with a provider's verdict: what fails the run, and what does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.report.summary import caveat, sentence, told
from conformance.stage.case import CHECKS, Level
from conformance.verdict.extent import extents_of
from conformance.verdict.results import Conclusion, Extent, Outcome, Verdict
from tests.support.report import result

PASSED = (Level.MUST, Outcome.PASS)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([PASSED], "conformant (1 pass)"),
        ([PASSED, (Level.MUST, Outcome.FAIL)], "NOT conformant (1 pass, 1 fail)"),
        ([PASSED, (Level.SHOULD, Outcome.FAIL)], "conformant, but not down to the level SHOULD (1 pass, 1 fail)"),
        ([PASSED, (Level.MAY, Outcome.FAIL)], "conformant (1 pass, 1 warning)"),
        (
            [PASSED, (Level.MUST, Outcome.FAIL), (Level.MAY, Outcome.FAIL), (Level.MAY, Outcome.NOT_APPLICABLE)],
            "NOT conformant (1 pass, 1 fail, 1 warning, 1 not applicable)",
        ),
    ],
)
def test_the_sentence(outcomes: Sequence[tuple[Level, Outcome]], said: str) -> None:
    verdict = Verdict(Level.SHOULD, [result(outcome, level) for level, outcome in outcomes])
    assert sentence(verdict, "opal") == said


def test_what_a_check_warns_of_is_no_failure() -> None:
    warned = [result(Outcome.FAIL, Level.MAY, area=CHECKS) for _ in range(2)]
    assert sentence(Verdict(Level.SHOULD, [result(), *warned]), "opal") == "conformant (1 pass, 2 warnings)"
    assert sentence(Verdict(Level.MAY, [result(), *warned]), "opal").endswith("(1 pass, 2 fail)")


@pytest.mark.parametrize(
    ("outcomes", "run", "said"),
    [
        ([PASSED], 1, "no verdict after 1 of 2 tests (1 pass)"),
        ([(Level.SHOULD, Outcome.FAIL)], 1, "no verdict after 1 of 2 tests (1 fail)"),
        ([(Level.MUST, Outcome.FAIL)], 1, "NOT conformant after 1 of 2 tests (1 fail)"),
        ([PASSED], 2, "conformant (1 pass)"),
    ],
)
def test_of_a_part_nobody_is_called_conformant(outcomes: Sequence[tuple[Level, Outcome]], run: int, said: str) -> None:
    results = [result(outcome, level) for level, outcome in outcomes]
    assert sentence(Verdict(Level.SHOULD, results, extents={"opal": Extent(run, 2)}), "opal") == said


def test_how_much_was_run() -> None:
    opal, both = ("opal",), ("opal", "ruby")
    results = [
        *(result(test=f"test_x[opal-{number}]", providers=opal) for number in "112"),
        result(test="test_y[opal+ruby]", case="isolation/y", providers=both),
        result(test="checks/z[opal]", case="checks/z", providers=opal),
    ]
    verdict = Verdict(Level.SHOULD, results)
    every = {"path/x": 2, "isolation/y": 1}
    verdict.extents = extents_of(verdict, {"opal": every, "ruby": every})
    assert verdict.extents == {"opal": Extent(3, 3), "ruby": Extent(1, 3)}
    assert verdict.conclude("opal") is Conclusion.CONFORMANT
    assert verdict.conclude("ruby") is Conclusion.NO_VERDICT


@pytest.mark.parametrize(
    ("outcome", "hosts", "named"),
    [
        (Outcome.PASS, ("a.test",), "a.test"),
        (Outcome.PASS, ("a.test", "b.test"), "a.test, b.test"),
        (Outcome.PASS, ("a.test", "b.test", "c.test", "d.test", "e.test"), "a.test, b.test, c.test and 2 more"),
        (Outcome.PASS, (), ""),
        (Outcome.FAIL, ("a.test",), ""),
        (Outcome.SETUP_ERROR, ("a.test",), ""),
    ],
)
def test_who_is_called_conformant_on_trust_is_told_so(outcome: Outcome, hosts: tuple[str, ...], named: str) -> None:
    verdict = Verdict(Level.SHOULD, [result(outcome, Level.MUST)], unknown={"opal": hosts})
    said = f"Nothing is known of {named} but what the manifests say: compare them with the vendor's documentation."
    assert caveat(verdict, "opal") == (said if named else "")
    lines = told(verdict, "opal")
    assert (lines[0], " ".join(line.strip() for line in lines[1:])) == (
        f"opal: {sentence(verdict, 'opal')}",
        caveat(verdict, "opal"),
    )
    assert all(len(line) <= 116 for line in lines)
