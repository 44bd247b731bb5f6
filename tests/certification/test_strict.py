"""What the input does not show is a warning, and an error for who is strict."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import certify
from conformance.core.problems import InputProblem
from tests.support.checks import AGENTGATEWAY, documented


@pytest.fixture
def unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    file = tmp_path / "mistral.yaml"
    file.write_text(documented(AGENTGATEWAY))
    return file


@pytest.mark.parametrize("strict", [False, True])
def test_a_variable_without_a_value(unset: Path, *, strict: bool) -> None:
    verdict = certify(unset, fix=False, strict=strict)
    assert verdict.passed is not strict
    (told,) = [one for one in verdict.findings if "$MISTRAL_API_KEY" in one.cause]
    assert told.severity == ("error" if strict else "warning")
    assert told.field == "stringData.Authorization"


def test_strict_is_true_or_false(unset: Path) -> None:
    with pytest.raises(InputProblem, match="strict: expected True or False"):
        certify(unset, strict="yes")  # type: ignore[arg-type]


@pytest.mark.parametrize("strict", [False, True])
def test_a_secret_that_is_made_elsewhere(tmp_path: Path, *, strict: bool) -> None:
    file = tmp_path / "mistral.yaml"
    _, _, rest = documented(AGENTGATEWAY).partition("---\n")
    file.write_text(rest)
    verdict = certify(file, fix=False, strict=strict)
    assert verdict.passed is not strict
    assert any("is not in the input" in one.cause for one in verdict.findings) is strict
