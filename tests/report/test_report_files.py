"""exchanges.har, summary.md, GitHub's annotations, and the facts of a run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.core.problems import InputProblem, Place, Position
from conformance.exchange.expectations.facet import Facet
from conformance.report.annotations import on_github, problem_command, workflow_commands
from conformance.report.facts import run_facts
from conformance.report.har import har
from conformance.report.html.sequence import facet_place, sequence
from conformance.report.kept.reading import read_place
from conformance.report.markdown import markdown
from conformance.stage.case import Level
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings
from conformance.targets.kind.options import KindOptions, StackOptions
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.options import StandaloneOptions
from conformance.verdict.results import Outcome, Verdict
from tests.support.report import FACTS, HOSTILE, REFERENCE, VERDICT, connection, exchange, result

LOG: dict[str, Any] = json.loads(har(VERDICT))["log"]


def test_har_has_what_the_format_demands() -> None:
    assert LOG["version"] == "1.2"
    pages = {one["id"] for one in LOG["pages"]}
    assert len(pages) == 3
    for entry in LOG["entries"]:
        assert entry["pageref"] in pages
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= set(
            entry["request"]
        )
        assert {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"} <= set(
            entry["response"]
        )
    assert LOG["entries"][0]["startedDateTime"] == "2026-09-21T14:13:20.500+00:00"


def test_har_tells_both_legs_and_tls() -> None:
    failed = [one for one in LOG["entries"] if one["_test"] == "test_y[opal]"]
    assert [(one["_leg"], one["request"]["method"], one["response"]["status"]) for one in failed] == [
        ("client → gateway", "POST", 404),
        ("gateway → lookalike", "POST", 404),
        ("client → gateway", "POST", 404),
        ("gateway → lookalike", "CONNECT", 0),
    ]
    upstream = failed[1]
    assert upstream["request"]["url"] == "https://api.opal.test/v1/v1/chat?a=1&b="
    assert upstream["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert upstream["_tls"]["sni"] == "api.opal.test"
    assert failed[3]["response"]["_error"] == "unknown ca"
    assert [one["_refutes"] for one in failed if "_refutes" in one] == [True, False]


def test_the_summary_for_pull_requests() -> None:
    text = markdown(VERDICT, FACTS)
    assert "- ❌ **opal**: NOT conformant" in text
    assert "| path | ❌ 2/4 | ❌ 0/1 |" in text
    assert "1. `'/v1' stands twice` (opal)\n   - id `path/x`\n   - at `opal.yaml:28:9 spec.path`\n" in text
    assert "   - remedy: `write it once`\n" in text
    assert "- fails `tls/m` (MAY, fails no run)" in text
    assert "3. warning: `" in text
    assert "<summary>1 listed deviations of this gateway</summary>\n\n- `path/x`: D1 `as` listed" in text
    assert "agw-conformance run -k 'opal and tls'" in text
    # On one line and in code, where neither mentions nor tags nor workflow commands act.
    assert f"``{' '.join(HOSTILE.split())}``" in text


def test_a_providers_name_does_nothing_in_the_summary() -> None:
    name = "a** <img src=x> [x](http://evil.test) | &lt; ~~b~~ @all\n# `c`"
    spoilt = result(Outcome.FAIL, providers=(name,), cause="x")
    text = markdown(Verdict(Level.SHOULD, [spoilt]), FACTS)
    shown = r"a\*\* \<img src=x\> \[x\](http\://evil.test) \| \&lt; \~\~b\~\~ \@all"
    assert text.count(shown) == 3
    assert text.count("a**") == text.count("\n# ") == 0
    (heading,) = [line for line in text.splitlines() if line.startswith("| area")]
    assert len(re.findall(r"(?<!\\)\|", heading)) == 3


def test_a_summary_fits_into_a_comment() -> None:
    results = [
        result(
            Outcome.FAIL, test=f"test_{one}", case=f"path/case-{one}", cause=f"{one} {'long ' * 300}", remedy="r" * 900
        )
        for one in range(400)
    ]
    text = markdown(Verdict(Level.SHOULD, results), replace(FACTS, problem="no cluster"))
    assert len(text) < 65_536
    assert "... and 370 more causes: see report.html." in text
    assert "set-up failed: `no cluster`" in text


def test_annotations_stand_on_the_manifests_lines(tmp_path: Path) -> None:
    (tmp_path / "a,b.yaml").touch()
    inside = Place(Position(f"{tmp_path}/a,b.yaml", 28, 9), "spec.path")
    outside = Place(Position("/nowhere/else.yaml", 3, 1))
    spoilt = [
        result(Outcome.FAIL, cause="100% wrong\nindeed", remedy="mend: it", where=inside),
        result(Outcome.FAIL, case="path/y", cause="100% wrong\nindeed", remedy="mend: it", where=inside),
        result(Outcome.FAIL, Level.MAY, case="path/z", cause="odd", where=outside),
        result(Outcome.SETUP_ERROR, reason="boom"),
    ]
    github = {"GITHUB_WORKSPACE": str(tmp_path)}
    assert workflow_commands(Verdict(Level.SHOULD, spoilt), github) == [
        "::error file=a%2Cb.yaml,line=28,col=9,title=opal%3A path/x and 1 more::spec.path: 100%25 wrong%0Aindeed"
        "%0ARemedy: mend: it%0AMUST path/x: It is `so`.",
        "::error title=opal%3A path/x::boom%0AMUST path/x: It is `so`.",
        "::warning title=opal%3A path/z::odd%0AMAY path/z: It is `so`.",
    ]
    problem = InputProblem("is empty", position=Position(str(tmp_path / "a,b.yaml"), 2))
    assert problem_command(problem, github).startswith("::error file=a%2Cb.yaml,line=2,title=agw-conformance%3A bad")


def test_github_shows_no_more_than_ten() -> None:
    many = [result(Outcome.FAIL, cause=str(one)) for one in range(30)]
    assert len(workflow_commands(Verdict(Level.SHOULD, many), {})) == 10
    assert (on_github({"GITHUB_ACTIONS": "true"}), on_github({})) == (True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b.yaml:3:4 spec.x", Place(Position("a b.yaml", 3, 4), "spec.x")),
        ("C:/x.yaml:3", Place(Position("C:/x.yaml", 3))),
        ("<stdin>:1:1", Place(Position("<stdin>", 1, 1))),
        ("nowhere", Place(Position("nowhere"))),
        ("", None),
    ],
)
def test_places(text: str, expected: Place | None) -> None:
    assert read_place(text) == expected
    assert str(expected or "") == text


def test_the_command_does_the_whole_run_again() -> None:
    profiles = (documented_profile("mistral", "kgateway-2.1"),)
    stack = StackOptions(chart="./chart", images=("a b.tar",), values=("x=y",))
    settings = Settings(profiles, KindOptions("pytest-kind", stack=stack), threshold=Level.MUST, cases=("path/x",))
    assert run_facts(settings, REFERENCE, None, ["-k", "a and b"]).command == (
        "agw-conformance run --target kind --chart ./chart --image-archive 'a b.tar' --helm-set x=y"
        " --provider mistral --level must --case path/x -k 'a and b'"
    )


@pytest.mark.parametrize("there", [True, False])
def test_the_gateway_is_told_by_its_digest_not_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    file = tmp_path / "agentgateway"
    if there:
        file.write_bytes(b"binary")
    monkeypatch.setattr("conformance.targets.standalone.options.find_binary", lambda path: Binary(path, "1.4.1"))
    facts = run_facts(Settings((), StandaloneOptions(str(file))), REFERENCE, None)
    assert str(tmp_path) not in facts.command
    expected = "sha256:9a3a45d01531a20e89ac6ae10b0b0beb0492acd7216a368aa062d1a5fecaf9cd"
    assert facts.gateway["binary"] == (expected if there else "cannot be read: No such file or directory")


def test_a_drawing_of_what_did_not_arrive() -> None:
    difference: Any = {"about": "plaintext", "expected": "TLS", "observed": "plaintext"}
    nothing = exchange(arrived=False, connections=[])
    assert [(one.text, one.lost, one.differs) for one in sequence(nothing, [difference])] == [
        ("POST /opal", False, False),
        ("nothing arrived", True, True),
        ("404", False, False),
    ]
    failed = exchange(arrived=False, connections=[connection(failure="unknown ca")] * 5)
    assert [one.text for one in sequence(failed, [])][1:-1] == [*["TLS handshake failed"] * 3, "and 2 more"]
    assert sequence(failed, [])[1].below == ("api.opal.test:443", "TLS, SNI api.opal.test", "unknown ca")
    unanswered: Any = {**exchange()["response"], "status": 0, "error": "reset"}
    assert sequence(exchange(response=unanswered), [])[-1].text == "no answer: reset"
    assert [facet_place(one) for one in (Facet.TLS, Facet.MODEL, Facet.STATUS, Facet.POLICY_CLAIM)] == [
        "connection", "upstream", "answer", "answer",
    ]  # fmt: skip
