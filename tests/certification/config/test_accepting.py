"""Accepted findings fail nothing and stay told; expired ones are errors, idle ones warnings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import InputProblem, certify
from conformance.certification.config.comments import acceptances_in
from conformance.certification.config.model import NAME
from tests.support.nimbus import KEY, NIMBUS, command, edited

MISTAKE = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")
ENTRY = "accept:\n- {check: policy-hostname-differs, reason: a proxy in between, expires: 2999-12-31"
SOME = ["checks/policy-hostname-differs", "checks/acceptance-unused", "path/full-replaces-path"]
COMMENT = "# agw-conformance: accept policy-hostname-differs a proxy in between"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    Path("k8s").mkdir()
    Path("k8s/nimbus.yaml").write_text(edited(MISTAKE))


def findings() -> tuple[bool, list[str], list[tuple[str, str]]]:
    """Whether it passed, the checks of errors and warnings but those of the version, and what is accepted."""
    verdict = certify("k8s", fix=False, cases=SOME)
    shown = [one.shown_by for one in verdict.findings]
    told = sorted({one.removeprefix("checks/") for ones in shown for one in ones if one.startswith("checks/")})
    usual = ("default-missing-in-version", "field-ignored-by-version")
    accepted = [(one.severity, one.reason) for one in verdict.accepted]
    return verdict.passed, [one for one in told if one not in usual], accepted


@pytest.mark.slow
def test_what_is_accepted_fails_nothing_and_is_told() -> None:
    Path(NAME).write_text(f"{ENTRY}}}\n")
    told = [("accepted", "accepted: a proxy in between (until 2999-12-31)")]
    assert findings() == (True, [], told)
    verdict = certify("k8s", fix=False)
    assert verdict["nimbus"].conformant
    assert "nimbus: conformant, apart from what is accepted" in verdict.text
    assert "accepted   " in verdict.text


@pytest.mark.parametrize("where", ["on the line", "above it"])
def test_a_comment_accepts_what_is_found_on_its_line(where: str) -> None:
    line = f"{MISTAKE[1]}  {COMMENT}" if where == "on the line" else f"    {COMMENT}\n    # more\n{MISTAKE[1]}"
    Path("k8s/nimbus.yaml").write_text(edited((MISTAKE[0], line)))
    assert findings() == (True, [], [("accepted", "accepted: a proxy in between")])


@pytest.mark.slow
def test_a_comment_elsewhere_accepts_nothing() -> None:
    Path("k8s/nimbus.yaml").write_text(edited(MISTAKE) + f"{COMMENT}\n")
    passed, told, accepted = findings()
    assert (passed, accepted) == (False, [])
    assert {"acceptance-unused", "policy-hostname-differs"} <= set(told)


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        (
            "# agw-conformance: accept policy-hostname-differs",
            "nimbus.yaml:1:1: a comment for agw-conformance that",
        ),
        ("# agw-conformance: ignore", "write # agw-conformance: accept CHECK-ID reason"),
        ("# x  # agw-conformance: accept policy-hostname why", "nimbus.yaml:1:6: there is no check 'policy-hostname'"),
    ],
)
def test_a_comment_that_cannot_be_used(comment: str, said: str) -> None:
    Path("k8s/nimbus.yaml").write_text(f"{comment}\n---\n{NIMBUS}")
    with pytest.raises(InputProblem) as raised:
        certify("k8s")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("before", "accepted"),
    [
        ("note: |\n  a\n  {comment}\nx: b\n", []),
        ("note: >-\n\n  {comment}\n", []),
        ("note: 'a\n  {comment}'\n", []),
        ('note: "a {comment}"\n', []),
        ('note: "{comment}" {comment}\n', [1]),
        ("note: | {comment}\n  a\n", [1]),
        ("note: |\n  a\n{comment}\nx: b\n", [4]),
        ("note: a {comment}\n", [1]),
    ],
)
def test_text_that_looks_like_a_comment_accepts_nothing(before: str, accepted: list[int]) -> None:
    text = before.replace("{comment}", COMMENT)
    assert [one.line for one in acceptances_in({"a.yaml": text})] == accepted


@pytest.mark.parametrize("check", ["acceptance-expired", "checks/acceptance-unused"])
def test_what_tells_of_acceptances_cannot_be_accepted(check: str) -> None:
    said = "acceptance-[a-z]+ tells of acceptances and cannot be accepted itself - take the "
    with pytest.raises(InputProblem, match=said):
        list(acceptances_in({"a.yaml": f"# agw-conformance: accept {check} why"}))
    Path(NAME).write_text(f"{ENTRY.replace('policy-hostname-differs', check)}}}\n")
    with pytest.raises(InputProblem, match=rf"{NAME}:2:\d+: accept\[0\].check: .*{said}"):
        certify("k8s")


@pytest.mark.slow
def test_an_expired_acceptance_is_an_error() -> None:
    Path(NAME).write_text(ENTRY.replace("2999", "2020") + "}\n")
    passed, told, accepted = findings()
    assert (passed, accepted) == (False, [])
    assert {"acceptance-expired", "policy-hostname-differs"} <= set(told)
    found = next(one for one in certify("k8s", fix=False, cases=SOME).findings if "has expired" in one.cause)
    assert (found.file, found.line, found.field, found.severity) == (NAME, 2, "accept[0].expires", "error")


@pytest.mark.slow
def test_what_accepts_nothing_is_a_warning() -> None:
    Path(NAME).write_text(f"{ENTRY}}}\n")
    Path("k8s/nimbus.yaml").write_text(NIMBUS)
    assert findings() == (True, ["acceptance-unused"], [])
    # For other files it may be needed.
    Path(NAME).write_text(f"{ENTRY}, path: other/*}}\n")
    assert findings() == (True, [], [])


@pytest.mark.slow
def test_only_in_the_files_that_are_named() -> None:
    for path, passes in (("k8s/*.yaml", True), ("k8s", True), ("k8s/other.yaml", False), ("other", False)):
        Path(NAME).write_text(f"{ENTRY}, path: {path}}}\n")
        assert findings()[0] is passes, path


@pytest.mark.slow
def test_other_mistakes_still_count_and_the_fix_mends_those() -> None:
    Path(NAME).write_text(f"{ENTRY}}}\n")
    Path("k8s/nimbus.yaml").write_text(edited(MISTAKE, ("      port: 8443", "      port: 8443\n      prot: 1")))
    verdict = certify("k8s")
    assert not verdict.passed
    assert "-      prot: 1" in verdict.text
    assert "-    hostname" not in verdict.text


@pytest.mark.slow
def test_programs_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path(NAME).write_text(f"{ENTRY}}}\n")
    code, printed = command(capsys, "certify", "--format", "json", "k8s")
    (accepted,) = json.loads(printed)["accepted"]
    assert (code, accepted["reason"]) == (0, "accepted: a proxy in between (until 2999-12-31)")
    code, printed = command(capsys, "certify", "--format", "sarif", "k8s", "--report", "report")
    (told,) = [one for one in json.loads(printed)["runs"][0]["results"] if "suppressions" in one]
    assert (code, told["suppressions"][0]["justification"]) == (0, accepted["reason"])
    assert "failures that the repository accepts" in Path("report/summary.md").read_text()
    assert 'class="badge accepted' in Path("report/report.html").read_text()
