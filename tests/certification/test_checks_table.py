"""docs/reference/checks.md tells of every static check, as the registry has it."""

from __future__ import annotations

import re

import pytest

from conformance.certification.checks import CHECKS
from conformance.certification.checks.registry import reports
from conformance.certification.checks.table import table
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "checks.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == table(), (
        "python -m conformance.certification.checks.table > docs/reference/checks.md"
    )


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_is_told_in_one_line_with_its_source(check: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", check)
    about = CHECKS[check]
    for text in about:
        assert text
        assert "\n" not in text
    assert f"| [`{check}`](#{check}) |" in table()


def test_an_id_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="host-under-openai"):
        reports(host_under_openai=("again", "nowhere"))(lambda sheet: iter(()))
