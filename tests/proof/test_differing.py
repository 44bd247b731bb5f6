"""Two gateways compared: what differs is found, reduced, explained where it is known, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core.problems import ExitCode
from conformance.proof.differing.comparing import Difference, grouped, pair_of
from conformance.proof.differing.facts import differences_of
from conformance.proof.differing.known import explained, known_differences
from conformance.proof.differing.probes import ELEMENTS, Probe, all_probes
from conformance.stage.case import catalogue
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings
from conformance.stage.target import REFERENCE_GATEWAY, Implementation
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.standalone.options import StandaloneOptions
from tests.support.standalone import REAL, needs_binary

NEW = Implementation("agentgateway", "agentgateway", "", "1.4.1")
OLD = Implementation("agentgateway", "agentgateway", "", "0.10.5")
MAIN = Implementation("agentgateway", "agentgateway", "", "0.0.0-alpha.75b4e6ce6")


def settings(on: EmbeddedOptions | StandaloneOptions) -> Settings:
    return Settings((documented_profile("mistral", "kgateway-2.1"),), on, dialect="kgateway-2.1")


async def test_a_difference_is_found_and_reduced_to_what_it_needs() -> None:
    left, right = settings(EmbeddedOptions()), settings(EmbeddedOptions("query-kept"))
    async with pair_of(left, right, "mistral") as pair:
        assert await pair.differences(Probe(("cookie",))) == []
        (found,) = await pair.differences(Probe(("query", "cookie", "answer: gzip")))
    assert found == Difference(
        "upstream.target", "/v1/chat/completions", "/v1/chat/completions?a=1&b=%20", Probe(("query",))
    )
    assert explained(found, known_differences(), *pair.implementations) is None


def test_what_follows_from_a_difference_is_not_told_besides() -> None:
    answered = {"client.status": "200", "client.ends": "in order", "client.body": "{}", "upstream.requests": "1"}
    refused = {"client.status": "503", "client.ends": "in order", "client.body": "no", "upstream.requests": "0"}
    assert [name for name, _, _ in differences_of(answered, refused)] == ["client.status", "upstream.requests"]
    bodies = {**answered, "client.body": '{"a": {"b": 1}}'}, {**answered, "client.body": '{"a": {"b": 2}}'}
    assert list(differences_of(*bodies)) == [("client.body a.b", "1", "2")]


def test_differences_that_are_alike_are_told_once_by_the_fewest_elements() -> None:
    one, two = (Difference("client.body x", "1", "20", Probe(names)) for names in (("a", "b"), ("a",)))
    assert grouped([one, two]) == [(two, 2)]
    assert len(grouped([one, Difference("client.status", "200", "503", Probe(()))])) == 2


def test_what_is_known_is_of_a_version_and_of_a_side() -> None:
    known, te = known_differences(), Difference("upstream.header x-hop", "absent", "1", Probe(()))
    assert explained(te, known, REFERENCE_GATEWAY, OLD) is not None
    assert explained(te, known, REFERENCE_GATEWAY, NEW) is None
    assert explained(te, known, OLD, REFERENCE_GATEWAY) is None
    status = Difference("client.status", "503", "400", Probe(()))
    assert explained(status, known, NEW, MAIN) is not None
    assert explained(status, known, REFERENCE_GATEWAY, NEW) is None
    cases = {one.id for one in catalogue()}
    for one in known:
        assert one.why.endswith(".")
        assert one.kind != "deviation" or "FACTS" in one.source or set(one.source.split("; ")) <= cases, one


def test_probes_are_the_same_for_a_seed() -> None:
    assert all_probes(50, 3) == all_probes(50, 3) != all_probes(50, 4)
    assert {name for one in all_probes(0, 1) for name in one.names} == set(ELEMENTS)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "differences.json"
    assert main(["diff", "--right", "embedded", "--probes", "5", "--report", str(report)]) == ExitCode.CONFORMANT
    assert "0 kinds of differences, 0 unexplained" in capsys.readouterr().out
    assert json.loads(report.read_text(encoding="utf-8"))["differences"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--right", "embeded"], "--right embeded: unknown"),
        (["--right", "embedded=x"], "only standalone takes a path"),
        (["--right", "embedded", "--probes", "-1"], "--probes -1: must be 0 or more"),
        (["--right", "embedded", "--dialect", "kgateway"], "--dialect kgateway: unknown"),
    ],
)
def test_mistakes_in_options(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *options]) == ExitCode.BAD_INPUT
    assert said in capsys.readouterr().err


@needs_binary
def test_nothing_is_unexplained_on_the_real_gateway(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["diff", "--right", f"standalone={REAL}", "--probes", "50"])
    assert code == ExitCode.CONFORMANT, capsys.readouterr().out
