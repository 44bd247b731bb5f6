"""`explain`: of each check why it matters, with an example out of the tests' mistakes; and what an id was meant for."""

from __future__ import annotations

import pytest
import yaml

from conformance.certification.checks import CHECKS
from conformance.certification.checks.explanations import explanations
from conformance.core.fixtures import fixtures
from tests.certification.test_checks_mistakes import MISTAKES
from tests.support.examples import examples
from tests.support.nimbus import command

Capture = pytest.CaptureFixture[str]


def test_every_check_says_why_it_matters() -> None:
    told = explanations()
    assert set(told) == set(CHECKS)
    assert all(one.why.endswith(".") and "\n" not in one.why for one in told.values())


def test_examples_are_mistakes_that_are_told() -> None:
    """What `test_a_mistake_is_told_once_at_its_field` holds the checks to."""
    data = yaml.safe_load(fixtures("checks.yaml").read_text(encoding="utf-8"))
    shown = {name: {part: text for part, text in one.items() if part != "why"} for name, one in data.items()}
    made = examples(MISTAKES)
    assert {name: one for name, one in shown.items() if one} == made, "python -m tests.support.examples renews them"


def test_a_check_is_explained(capsys: Capture) -> None:
    code, printed = command(capsys, "explain", "policy-hostname-differs")
    lines = printed.splitlines()
    assert (code, lines[0]) == (0, "checks/policy-hostname-differs")
    assert [line.split()[0] for line in lines if line[:1].isalpha()][1:4] == ["what", "why", "source"]
    assert "wrong:" in lines
    assert "right:" in lines
    assert command(capsys, "explain", "checks/policy-hostname-differs") == (code, printed)


def test_a_case_is_explained(capsys: Capture) -> None:
    code, printed = command(capsys, "explain", "full-replaces-path")
    assert (code, printed.splitlines()[0]) == (0, "path/full-replaces-path")
    assert "MUST; certify plays it for given manifests" in printed


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("secret-emty", "there is no check and no case 'secret-emty' - did you mean secret-empty?"),
        ("path/full-replace-path", "did you mean path/full-replaces-path?"),
        ("\x1b[31m", "there is no check and no case '\\\\x1b[31m'"),
    ],
)
def test_what_was_meant(written: str, said: str, capsys: Capture) -> None:
    code, printed = command(capsys, "explain", written)
    assert (code, said in printed) == (2, True), printed


def test_all_ids_are_listed(capsys: Capture) -> None:
    code, printed = command(capsys, "explain")
    assert code == 0
    assert {*CHECKS, "path/full-replaces-path"} <= set(printed.splitlines())
