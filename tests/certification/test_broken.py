"""Configurations with one mistake each: told once, at its line, and mended by the fix that is proposed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.certification.checks import CHECKS
from conformance.certification.mending import Fix, write_fix
from conformance.core.problems import ExitCode
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.manifests.dialects import DIALECTS
from conformance.verdict.causes import Cause
from tests.support.broken import (
    BROKEN,
    README,
    UNUSUAL,
    Certified,
    Diagnosis,
    Expected,
    certify_folder,
    certify_here,
    disclosures,
    expected_of,
    folders,
    kinds_of,
    put_sentinels,
    table,
)
from tests.support.git import git
from tests.support.nightly import each_kind, share

KINDS = each_kind(folders(BROKEN), kinds_of)
TRIED = share(KINDS, 0, 2)
AGAIN, REPORTED, SENT = share(TRIED, 0, 12), share(TRIED, 1, 12), share(folders(UNUSUAL), 0, 6)
STATIC = tuple(part for check in CHECKS for part in ("--case", f"checks/{check}"))
"""By night all are tried in every way. By day one of each second kind is tried, as tests of each check have mistakes of
its kind, too: a twelfth of these is certified again when it is mended, another twelfth has its report read, and the
others are put before static checks alone, where one of them tells the mistake."""


def test_what_is_expected_is_complete() -> None:
    for name in folders(BROKEN):
        assert_complete(expected_of(name))


def test_there_are_enough_of_either_dialect() -> None:
    dialects = [expected_of(name).dialect for name in folders(BROKEN)]
    assert len(dialects) >= 60
    assert min(dialects.count(one) for one in DIALECTS) >= 25
    assert set().union(*map(kinds_of, KINDS)) == set().union(*map(kinds_of, folders(BROKEN)))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRIED)
def test_a_mistake_is_told_once_and_mended_and_no_key_with_it(name: str, tmp_path: Path) -> None:
    expected, copy, report = expected_of(name), tmp_path / name, tmp_path / "report"
    shutil.copytree(BROKEN / name, copy, ignore=shutil.ignore_patterns("expected.yaml"))
    put_sentinels(copy)
    told_statically = expected.diagnosis.kind == "check" and name not in (*AGAIN, *REPORTED)
    reported = ("--report", str(report)) if name in REPORTED else ()
    found = certify_here(copy, expected, *reported, *(STATIC if told_statically else ()))
    assert disclosures(found, report) == []
    assert found.code == expected.exit, found.printed
    if expected.diagnosis.kind == "problem":
        assert_problem_told(found, expected.diagnosis)
    else:
        assert_told_once(found, expected)
    fix = found.search.fix if found.search else None
    assert (fix is not None) == expected.mend, found.search and found.search.note
    if fix is not None:
        assert fix.title.startswith(expected.fix), fix.title
        assert fix.weakens_tls == expected.weakens
        assert_mends(fix, expected, copy)


def assert_complete(expected: Expected) -> None:
    """Who reads expected.yaml, or the table, learns all of it."""
    assert expected.mistake
    assert expected.seen
    assert expected.dialect in DIALECTS
    assert (expected.diagnosis.kind == "problem") == (expected.exit == ExitCode.BAD_INPUT)
    for one in (expected.diagnosis, *expected.also):
        assert one.kind != "check" or one.by in CHECKS
        assert one.by
        assert one.at
    assert all(one.reason for one in expected.also)
    assert bool(expected.fix) == expected.mend
    assert bool(expected.why_not) != expected.mend
    assert expected.mend or not expected.weakens


def assert_problem_told(found: Certified, wanted: Diagnosis) -> None:
    """Input that cannot be used is told of in one line, at its place."""
    (told,) = [line for line in found.printed.splitlines() if line.startswith("agw-conformance: ")]
    assert told.startswith(f"agw-conformance: {wanted.at}: ")
    assert wanted.by in told
    assert wanted.says in told


def assert_told_once(found: Certified, expected: Expected) -> None:
    """What fails the run is the mistake and what is expected also: no consequence is told as a cause of its own."""
    causes, wanted = found.failing, [expected.diagnosis, *expected.also]
    told = [(one.cause, one.remedy, str(one.where)) for one in causes]
    for cause in causes:
        assert any(is_told(one, cause) for one in wanted), told
    for one in wanted:
        assert any(is_told(one, cause) for cause in causes), told
    assert len(causes) == len(wanted), told


def is_told(wanted: Diagnosis, cause: Cause) -> bool:
    """Whether a cause is what is wanted, at its place."""
    text = f"{cause.cause} - {cause.remedy}"
    by = f"checks/{wanted.by}" in cause.cases if wanted.kind == "check" else wanted.by in text
    return by and wanted.says in text and str(cause.where).startswith(f"{wanted.at} ")


def assert_mends(fix: Fix, expected: Expected, copy: Path) -> None:
    """The files become those that were tried; the diff, unless keys are hidden in it, makes the same of them.

    That what was tried is conformant, a certification anew says of every twelfth folder, and by night of all.
    """
    patched = copy.with_name("patched") / copy.name
    shutil.copytree(copy, patched)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(copy)
        write_fix(fix, texts_in(copy))
    assert texts_in(copy).items() >= fix.texts.items()
    if copy.name in AGAIN:
        again = certify_here(copy, expected, "--no-fix")
        assert again.code == ExitCode.CONFORMANT, [(one.cause, str(one.where)) for one in again.causes] or again.printed
    if not fix.hidden:
        diff = copy.with_name("fix.diff")
        diff.write_bytes(fix.diff.encode())
        git(patched, "apply", str(diff))
        assert texts_in(patched) == texts_in(copy)


def texts_in(folder: Path) -> dict[str, str]:
    """The files of a folder, by their names in it."""
    return {str(one.relative_to(folder)): one.read_bytes().decode() for one in folder.rglob("*") if one.is_file()}


def test_the_table_is_current() -> None:
    assert README.read_text(encoding="utf-8") == table(), "stale: python -m tests.support.broken"


@pytest.mark.slow
@pytest.mark.parametrize("name", folders(UNUSUAL))
def test_what_is_only_unusual_is_conformant(name: str, tmp_path: Path) -> None:
    """Static checks look at all of them; by day, each sixth is put behind a gateway, too."""
    found = certify_folder(UNUSUAL / name, tmp_path / name, None, *(() if name in SENT else STATIC))
    assert found.code == ExitCode.CONFORMANT, [(one.cause, str(one.where)) for one in found.causes] or found.printed


@pytest.mark.slow
@pytest.mark.parametrize("dialect", share(DIALECTS, 1, 2))
def test_no_false_alarm_about_any_provider(dialect: str, tmp_path: Path) -> None:
    """Also no warning. Of providers that are reached alike one stands for all; static checks look at each elsewhere."""
    known = [load_provider(name) for name in list_providers()]
    alike = {
        (
            one.auths,
            one.auth_required,
            one.tls,
            one.any_model,
            one.host_form == one.host,
            one.path_form == one.path,
        ): one
        for one in known
    }
    named = [word for one in alike.values() for word in ("--provider", one.name)]
    found = certify_here(tmp_path, None, *named, "--dialect", dialect)
    assert found.code == ExitCode.CONFORMANT, found.printed
    assert found.verdict is not None
    assert set(found.verdict.providers) == {one.name for one in alike.values()} >= {"azure-openai", "vertex"}
    assert found.causes == []
