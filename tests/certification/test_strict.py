"""What the input does not show is a warning, and an error for who is strict."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import certify
from conformance.core.problems import InputProblem
from tests.support.broken import UNUSUAL
from tests.support.checks import AGENTGATEWAY, documented
from tests.support.nimbus import command

pytestmark = pytest.mark.slow


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


ELSEWHERE = ("authority-of-trust-manager", "agw-authority-of-cert-manager", "agw-namespace-labels-elsewhere")


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("strict", [False, True])
def test_an_object_that_stands_elsewhere(name: str, *, strict: bool) -> None:
    verdict = certify(UNUSUAL / name, fix=False, strict=strict)
    assert verdict.passed is not strict
    (told,) = [one for one in verdict.findings if "assumed" in one.cause]
    assert told.severity == ("error" if strict else "warning")


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 1)])
def test_strict_counts_with_the_whole_catalogue_too(
    strict: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--full", "--case", "path/full-replaces-path", "-p", "no:randomly"]
    ended, said = command(capsys, "certify", str(UNUSUAL / ELSEWHERE[2]), *few, *strict)
    assert ended == code, said
    assert ("error: " in said) is bool(strict)
    assert "is not in the input" in said
