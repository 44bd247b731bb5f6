"""Which tests of `make test` go to one worker together."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT
from tests.support.scheduling import scope_of


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("conformance/cases/test_path.py::test_full_replaces_path[mistral]", "conformance/cases/"),
        ("tests/core/test_redaction.py::test_every_form_of_a_key_is_struck[a::b]", "tests/core/test_redaction.py"),
        ("tests/certification/test_broken.py::test_one[a::b[c]]", "tests/certification/test_broken.py::test_one"),
    ],
    ids=["a case", "a quick module", "a module that takes long"],
)
def test_scope(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope


def test_make_asks_for_it() -> None:
    assert re.search(r"^PYTEST := .* -n auto --dist loadscope ", (ROOT / "Makefile").read_text(), re.MULTILINE)
