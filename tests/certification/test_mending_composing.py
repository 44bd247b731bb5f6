"""Several mistakes at once: one diff that is proven as a whole, what remains, and the same mistake told once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import certify
from conformance.certification.mending.composing import State
from conformance.core.problems import Position
from conformance.verdict.causes import alike
from tests.support.nimbus import KEY, command, edited

pytestmark = pytest.mark.slow

HOSTNAME = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")
SECRET = ("            name: nimbus-key", "            name: nimbus-kay")
EMPTY = ("  Authorization: $NIMBUS_API_KEY", '  Authorization: ""')


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def diff_in(text: str) -> list[str]:
    """The lines of the diff in an output."""
    return text.partition("\n--- a/")[2].partition("\n\n")[0].splitlines()


def test_two_mistakes_are_mended_by_one_diff() -> None:
    Path("a.yaml").write_text(edited(HOSTNAME, SECRET))
    text = certify("a.yaml").text
    assert "fix        2 changes: 1. " in text
    assert "tried together: with all of them everything passes" in " ".join(text.split())
    changed = {line for line in diff_in(text) if line[:1] in "+-" and line[:3] not in ("+++", "---")}
    assert changed == {
        "-            name: nimbus-kay",
        "+            name: nimbus-key",
        "-    hostname: lm.nimbus.example",
        "+    hostname: llm.nimbus.example",
    }


def three() -> None:
    for name in ("nimbus", "cirrus", "stratus"):
        text = edited(HOSTNAME).replace("nimbus", name)
        Path(f"{name}.yaml").write_text(text.replace("$NIMBUS_API_KEY", f"sk-{name}-0123456789abcdef"))


def test_the_same_mistake_in_three_backends_is_one_finding_and_one_diff(capsys: pytest.CaptureFixture[str]) -> None:
    three()
    code, printed = command(capsys, "certify", "--format", "json", ".")
    data = json.loads(printed)
    (error,) = [one for one in data["findings"] if one["severity"] == "error"]
    assert (code, error["file"], error["field"]) == (1, "cirrus.yaml", "spec.validation.hostname")
    assert [one["file"] for one in error["places"]] == ["cirrus.yaml", "nimbus.yaml", "stratus.yaml"]
    assert error["providers"] == ["cirrus", "nimbus", "stratus"]
    assert data["fix"]["title"].endswith(", and likewise in 2 more places")
    for name in ("nimbus", "cirrus", "stratus"):
        assert f"+    hostname: llm.{name}.example\n" in data["fix"]["diff"]


def test_what_remains_is_said() -> None:
    # Which key is meant, nobody can tell.
    Path("a.yaml").write_text(edited(HOSTNAME, EMPTY))
    text = certify("a.yaml").text
    assert "fix        Set spec.validation.hostname of BackendTLSPolicy nimbus-tls to llm.nimbus.example" in text
    assert "it mends a part of what is found" in " ".join(text.split())
    assert "a.yaml:8:3: " in text.partition("what remains after it:")[2].partition("nimbus: NOT")[0]


def test_progress_is_further_or_less_of_the_same() -> None:
    at = (Position("a.yaml", 3),)
    read, later = State(0, frozenset("a"), at), State(0, frozenset("b"), (Position("a.yaml", 9),))
    two, one, other = State(1, frozenset("ab")), State(1, frozenset("a")), State(1, frozenset("ac"))
    assert (later.better_than(read), read.better_than(later), read.better_than(read)) == (True, False, False)
    assert (one.better_than(two), other.better_than(two), two.better_than(two)) == (True, False, False)
    failing = State(2, frozenset("ab"))
    assert (State(2, frozenset("a"), held=frozenset("b")).better_than(failing), State(3).better_than(failing)) == (
        True,
        False,  # what failed is not applicable any more
    )
    assert (State(2, frozenset("xyz")).better_than(one), one.better_than(State(3)), State(3).well) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("set name to acme for acme", "set name to beta for beta", True),
        ("set name to acme for acme", "set name to beta for gamma", False),
        ("set name to acme for beta", "set name to beta for beta", False),
        ("set a", "set a b", False),
        ("a b c d e f g h i", "1 2 3 4 5 6 7 8 9", False),
    ],
)
def test_alike_but_for_names(one: str, other: str, *, same: bool) -> None:
    assert alike(one, other) is same
