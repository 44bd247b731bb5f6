"""docs/explanation/architecture.md shows the house as it is: it is drawn from the contract, and its files are there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "explanation" / "architecture.md"
NAMED = re.compile(r"`((?:conformance|mock_providers|tests|fixtures|docs|\.ci)/[^`\s]*)`")
PLACEHOLDER = re.compile(r"[A-Z]{3,}")


def test_the_drawing_is_the_contracts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    house = runpy.run_path(str(ROOT / ".ci" / "drawing.py"))
    assert house["drawn"](page) == page, "renew it with: make table"
    assert house["drawn"](page.replace("| `core` |", "| `gore` |")) == page
    picture = (ROOT / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8")
    assert house["picture"]() == picture, "renew it with: make table"
    assert all(f">{layer}</text>" in picture for layer in ("core", "standalone", "mock_providers"))


@pytest.mark.parametrize(
    "page", [PAGE, ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"], ids=lambda page: page.name
)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = [name for name in NAMED.findall(page.read_text(encoding="utf-8")) if not PLACEHOLDER.search(name)]
    assert [name for name in named if not (ROOT / name).exists()] == []
