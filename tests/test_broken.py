"""Configurations with one mistake each: diagnosed at their line, and mended by the fix that is proposed."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.mending import write_fix
from conformance.problems import ExitCode
from tests.broken_support import (
    BROKEN,
    UNUSUAL,
    Certified,
    Expected,
    certify_folder,
    certify_here,
    expected_of,
    folders,
)


def test_there_are_enough() -> None:
    assert len(folders(BROKEN)) >= 60


@pytest.mark.parametrize("name", folders(BROKEN))
def test_a_mistake_is_diagnosed_and_mended(name: str, tmp_path: Path) -> None:
    expected, copy = expected_of(name), tmp_path / name
    found = certify_folder(BROKEN / name, copy, expected)
    assert found.code == expected.exit, found.printed
    assert told(found, expected), [(one.cause, one.where) for one in found.causes] or found.printed
    fix = found.search.fix if found.search else None
    assert (fix is not None) == expected.mend, found.search and found.search.note
    if fix is not None:
        texts = {str(one.relative_to(copy)): one.read_bytes().decode() for one in copy.rglob("*") if one.is_file()}
        with pytest.MonkeyPatch.context() as here:
            here.chdir(copy)
            write_fix(fix, texts)
        again = certify_here(copy, expected)
        assert again.code == ExitCode.CONFORMANT, [(one.cause, one.where) for one in again.causes] or again.printed


def told(found: Certified, expected: Expected) -> bool:
    """Whether the diagnosis is among what was found, at its place."""
    wanted = expected.diagnosis
    says = wanted.get("says", "")
    if "problem" in wanted:
        return f"{wanted['at']}: " in found.printed and wanted["problem"] in found.printed and says in found.printed
    for cause in found.causes:
        text = f"{cause.cause} - {cause.remedy}"
        if "check" in wanted and f"checks/{wanted['check']}" not in cause.cases:
            continue
        if "cause" in wanted and wanted["cause"] not in text:
            continue
        if says in text and cause.where.startswith(f"{wanted['at']} "):
            return True
    return False


@pytest.mark.parametrize("name", folders(UNUSUAL))
def test_what_is_only_unusual_is_conformant(name: str, tmp_path: Path) -> None:
    found = certify_folder(UNUSUAL / name, tmp_path / name)
    assert found.code == ExitCode.CONFORMANT, [(one.cause, one.where) for one in found.causes] or found.printed


@pytest.mark.parametrize("dialect", ["kgateway-2.1", "agentgateway-1"])
def test_no_false_alarm_about_any_provider(dialect: str, tmp_path: Path) -> None:
    """Also no warning: each check passes for each provider, all of them in one folder."""
    found = certify_here(tmp_path, None, "--provider", "all", "--dialect", dialect)
    assert found.code == ExitCode.CONFORMANT, found.printed
    assert found.verdict is not None
    assert len(found.verdict.providers) >= 14
    assert found.causes == []
