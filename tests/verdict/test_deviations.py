"""Lists of deviations: reading them, and what they make of a verdict."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.core.problems import InputProblem
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.steadiness import Share
from conformance.exchange.messages import ClientRequest
from conformance.stage.case import catalogue
from conformance.verdict.deviations import Deviation, find, judge_listed, list_for, load, names, parse
from conformance.verdict.judge import Judge
from conformance.verdict.results import Outcome
from tests.support.nimbus import command

CASES = {"path/default-with-host", "host/keeps-unusual-port"}
GOOD = """\
- case: path/default-with-host
  versions: ">=0.10, <0.11"
  instead: another
    path
  why: "404"
  reference: FACTS
"""


def read(text: str) -> list[Deviation]:
    return parse(text, Path("list.yaml"), CASES)


def test_entry() -> None:
    (one,) = read(GOOD)
    assert one.told == "another path (FACTS)"
    assert one.covers("path/default-with-host", "test_x[mistral]")
    assert not one.covers("host/keeps-unusual-port", "test_x[mistral]")


def test_part_of_the_test_id() -> None:
    (one,) = read(f"{GOOD}  test: -te]\n")
    assert one.covers(one.case, "test_x[mistral-te]")
    assert not one.covers(one.case, "test_x[mistral-trailer]")


@pytest.mark.parametrize(
    ("versions", "version", "applies"),
    [
        (">=0.10, <0.11", "0.10.5", True),
        (">=0.10, <0.11", "0.11.0", False),
        ("==1.4", "1.4.1", True),
        ("==1.4", "1.5.0", False),
        ("<=1.4", "1.4.1", True),
        (">1.4.0", "1.4.1", True),
        (">1.4", "1.4.1", False),
        ("<1.4.1", "1.4.1", False),
        (">=1.4", "0.0.0-alpha.75b4e6ce6", True),
        ("==1.4", "0.0.0-alpha.75b4e6ce6", False),
        (">=1.5", "75b4e6ce6e0e1ac7959d5548ebe8dbeaede4f180-dirty", True),
        ("<0.11", "0.1.0-alpha.75b4e6ce6", True),
    ],
)
def test_version_ranges(versions: str, version: str, applies: bool) -> None:
    (one,) = read(GOOD.replace(">=0.10, <0.11", versions))
    assert one.applies(version, "standalone") is applies


def test_targets() -> None:
    (one,) = read(f"{GOOD}  targets: [kind]\n")
    assert one.applies("0.10.5", "kind")
    assert not one.applies("0.10.5", "standalone")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\n", "list.yaml: a list of deviations is expected"),
        ("- text\n", "list.yaml:1:3: an entry is a mapping"),
        (f"{GOOD}  since: 1\n", "list.yaml:7:3: since: unknown field"),
        (GOOD.replace('why: "404"', "why: ''"), "list.yaml:5:3: why: a text is expected"),
        (GOOD.replace('  why: "404"\n', ""), "list.yaml:1:3: why: a text is expected"),
        (GOOD.replace("default-with-host", "defualt"), "list.yaml:1:3: case: there is no such case"),
        (GOOD.replace(">=0.10", "since 0.10"), "list.yaml:2:3: versions: not a version range"),
        (f"{GOOD}  targets: kind\n", "list.yaml:1:3: targets is a list"),
        (f"{GOOD}  sign: moon\n", "list.yaml:7:3: sign: there is no such sign"),
        (f"{GOOD}  everywhere: true\n", "list.yaml:1:3: everywhere is true or false, and needs a sign"),
        (f"{GOOD}  sign: the client's Host\n  everywhere: 1\n", "list.yaml:1:3: everywhere is true or false"),
        (GOOD * 2, "list.yaml:7:3: case: the same entry stands twice"),
        (f"{GOOD}  why: twice\n", "list.yaml:7:3: [0].why: the key stands twice"),
    ],
)
def test_mistakes_are_located(text: str, message: str) -> None:
    with pytest.raises(InputProblem, match=f"^{re.escape(message)}"):
        read(text)


VERSIONS = [("0.10.1", "kgateway-2.1"), ("1.4.1", "agentgateway-1.4"), ("0.0.0-alpha.75b4e6ce6", "agentgateway-1.4")]


@pytest.mark.parametrize(("version", "name"), VERSIONS)
def test_list_of_a_version(version: str, name: str) -> None:
    assert list_for(version) == name
    cases = [one.id for one in catalogue()]
    assert load(name, cases, version=version, target="standalone")
    assert load(name, cases, version="7.0", target="standalone") == ()


@pytest.mark.parametrize(
    ("outcome", "documented", "judged"),
    [
        (Outcome.FAIL, True, (Outcome.DEVIATION, "another path (FACTS)")),
        (Outcome.FAIL, False, (Outcome.DEVIATION, "another path (FACTS)")),
        (Outcome.PASS, True, (Outcome.FAIL, "listed deviation no longer occurs: another path (FACTS)")),
        (Outcome.PASS, False, None),
        (Outcome.SETUP_ERROR, True, None),
        (Outcome.NOT_APPLICABLE, True, None),
    ],
)
def test_judging(outcome: Outcome, documented: bool, judged: tuple[Outcome, str] | None) -> None:
    assert judge_listed(outcome, read(GOOD)[0], documented=documented) == judged
    assert judge_listed(outcome, None, documented=documented) is None


AUTHORITY = Mismatch(Facet.AUTHORITY, "Host: api.example", "Host: localhost:8080")
ALIKE = Mismatch(Facet.INTERMITTENT, "all of 3", "2 of them not", detail=Share(2, 3, alike=True))
UNLIKE = Mismatch(Facet.INTERMITTENT, "all of 3", "2 of them not", detail=Share(2, 3, alike=False))


@pytest.mark.parametrize(
    ("mismatches", "arrived", "sent", "shown"),
    [
        ([AUTHORITY], ["localhost:8080"], [], True),
        ([AUTHORITY], ["mine.example"], [("host", "mine.example")], True),
        ([AUTHORITY], ["localhost:8080"], [("Host", "mine.example")], False),
        ([AUTHORITY, ALIKE], ["localhost:8080"], [], True),
        ([AUTHORITY, UNLIKE], ["localhost:8080"], [], False),
        ([AUTHORITY], ["api.other.example"], [], False),
        ([AUTHORITY], [], [], False),
        ([AUTHORITY, Mismatch(Facet.CREDENTIAL, "a", "b")], ["localhost:8080"], [], False),
        ([], ["localhost:8080"], [], False),
    ],
)
def test_sign_of_the_clients_host(
    mismatches: list[Mismatch], arrived: list[str], sent: list[tuple[str, str]], shown: bool
) -> None:
    """What goes wrong besides, or otherwise, is not that deviation."""
    (one,) = read(f"{GOOD}  sign: the client's Host\n")
    exchange = SimpleNamespace(
        arrivals=[SimpleNamespace(values=lambda name, host=host: [host]) for host in arrived],
        request=ClientRequest("POST", "/", tuple(sent)),
    )
    refuted = Refuted(None, mismatches)
    refuted.exchange = exchange  # type: ignore[assignment]
    assert one.shows(refuted) is shown
    assert not one.shows(Refuted(None, [AUTHORITY]))
    assert not one.shows(AssertionError())


BOTH = [Mismatch(Facet.CREDENTIAL, "a", "b"), Mismatch(Facet.LEAK, "a", "b")]


@pytest.mark.parametrize(
    ("header", "mismatches", "arrived", "shown"),
    [
        ("api-key", BOTH, {"api-key": ["k"], "authorization": ["Bearer mine"]}, True),
        ("api-key", [*BOTH, AUTHORITY], {"api-key": ["k"], "authorization": ["Bearer mine"]}, False),
        ("api-key", BOTH, {"api-key": ["k"], "authorization": ["Bearer another's"]}, False),
        ("api-key", BOTH, {"api-key": [], "authorization": ["Bearer mine"]}, False),
        ("Authorization", BOTH, {"Authorization": ["k"], "authorization": ["Bearer mine"]}, False),
    ],
)
def test_sign_of_the_clients_authorization(
    header: str, mismatches: list[Mismatch], arrived: dict[str, list[str]], shown: bool
) -> None:
    """The key must be there as configured: what replaces it, or goes in its place, is worse."""
    (one,) = read(f"{GOOD}  sign: the client's Authorization\n")
    refuted = Refuted(None, mismatches)
    refuted.exchange = SimpleNamespace(  # type: ignore[assignment]
        arrivals=[SimpleNamespace(values=lambda name: arrived[name])],
        request=ClientRequest("POST", "/", (("Authorization", "Bearer mine"),)),
        expected=SimpleNamespace(credential=(header, "k")),
    )
    assert one.shows(refuted) is shown


def listing(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Let the reference gateway have an entry for a case."""
    entry = Deviation(case=case, versions="", instead="another path", why="404", reference="somewhere.rs, there")
    monkeypatch.setattr(Judge, "deviations", (entry,))


CASE = "path/full-replaces-path"


@pytest.mark.slow
def test_a_listed_deviation_that_no_longer_occurs_fails_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(monkeypatch, CASE)
    code, printed = command(capsys, "run", "--case", CASE, "--provider", "mistral")
    assert code == 1
    assert "listed deviation no longer occurs: another path (somewhere.rs, there)" in printed
    assert "remedy: take the entry out of the list, or narrow its versions" in printed


@pytest.mark.slow
def test_a_listed_deviation_is_a_skip_with_its_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(monkeypatch, CASE)
    arguments = ("--case", CASE, "--provider", "mistral", "--mutant", "path-not-replaced", "--report", str(tmp_path))
    code, printed = command(capsys, "run", *arguments)
    assert code == 0, printed
    junit = (tmp_path / "junit.xml").read_text()
    assert '<skipped message="deviation: another path (somewhere.rs, there)" />' in junit
    assert "<failure" not in junit


def test_entries_for_an_outcome() -> None:
    own, another, signed = read(
        f"{GOOD}  test: one\n"
        + GOOD.replace("path/default-with-host", "host/keeps-unusual-port")
        + f"{GOOD}  sign: the client's Host\n  everywhere: true\n"
    )
    listed = (own, another, signed)
    bare = AssertionError()
    assert find(listed, own.case, "one", Outcome.FAIL, bare) is own
    assert find(listed, own.case, "two", Outcome.FAIL, bare) is None
    assert find(listed, "x/y", "one", Outcome.FAIL, bare) is None
    assert find(listed, own.case, "two", Outcome.PASS, None) is signed
    assert find(listed, "x/y", "two", Outcome.PASS, None) is None


def test_unknown_list() -> None:
    with pytest.raises(InputProblem, match=r"--deviations nowhere: unknown - one of: agentgateway-1.4, .*, none"):
        load("nowhere", [], version="1", target="standalone")
    assert load("none", [], version="1", target="standalone") == ()
    assert names() == ["agentgateway-1.4", "kgateway-2.1"]
