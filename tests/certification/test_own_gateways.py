"""Manifests with Gateways, namespaces and grants of their own, and providers that share what they can, are certified.

In tests/corpus/reading one HTTPRoute has rules to two Backends at one host, with one Secret and one policy; the
third Backend is an IP address whose certificate is for the name that is verified.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.reading import read_input
from conformance.manifests.parts import part_of, united
from conformance.stage.arrangement.surroundings import FENCE, Surroundings
from conformance.stage.scenario.belonging import tags
from conformance.stage.scenario.draft import variation_name
from conformance.stage.scenario.profile import given_profiles
from tests.support.nightly import BY_NIGHT, share
from tests.support.nimbus import command
from tests.support.paths import CORPUS

FILES = CORPUS / "reading"


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_holds_for_the_objects_as_given(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = command(capsys, "certify", str(FILES / f"{dialect}.yaml"), "--no-fix")
    assert code == 0, printed
    for name in ("alpha", "beta", "inhouse"):
        assert f"{name}: conformant (" in printed


@pytest.mark.slow
@pytest.mark.parametrize("dialect", share(DIALECTS, 0, 2))
def test_variations_of_what_is_shared(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, part = str(FILES / f"{dialect}.yaml"), () if BY_NIGHT else ("--shard", "1/3")
    code, printed = command(
        capsys, "run", "--manifests", file, "-q", "-k", "routing_attachment or secret or tls_policies", *part
    )
    assert code == 0, printed[-4000:]
    for name in ("alpha", "beta", "inhouse"):
        # A part of the cases makes no verdict; the exit code says that none of them failed.
        assert f"{name}: no verdict after " in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "sectionName: web}]\n  hostnames: [chat.ai.example.com]",
            "sectionName: web}]\n  hostnames: [chat.example.com]",
        ),
        ("labels: {expose: ai}", "labels: {expose: nobody}"),
        ("hostname: models.internal", "hostname: models.example, subjectAltNames: [{type: Hostname, hostname: x}]"),
        ("kind: Backend, name: beta}", "kind: Backend, name: gamma}"),
        ("name: front, namespace: edge, sectionName: web", "name: front, namespace: routes, sectionName: web"),
    ],
    ids=["hostname", "selector", "names", "grant", "namespace"],
)
def test_mistakes_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    text = (FILES / f"{DIALECTS[0]}.yaml").read_text()
    assert old in text
    file = tmp_path / "given.yaml"
    file.write_text(text.replace(old, new))
    code, printed = command(capsys, "certify", str(file), "--no-fix")
    if "models.example" in new:
        # Who stands at an address has the names that are verified there, whatever they are.
        assert code == 0, printed
    else:
        assert code == 1, printed


def test_parts_of_shared_objects_come_together_again() -> None:
    given = read_input([str(FILES / "kgateway-2.1.yaml")], environment={})
    profiles = {one.name: one for one in given_profiles(given.manifests, given.dialect)}
    assert sorted(profiles) == ["alpha", "beta", "inhouse"]
    parts = [profiles[name].manifests.one("HTTPRoute") for name in ("beta", "alpha")]
    assert [len(one.spec["rules"]) for one in parts] == [1, 1]
    whole = next(one for one in given.manifests if one.id == parts[0].id)
    assert united(parts) == whole.data
    assert parts[0].at("spec", "rules", 0) == whole.at("spec", "rules", 1)
    again = part_of(part_of(whole, ("spec", "rules"), [1, 0]), ("spec", "rules"), [0])
    assert again.part == (("spec", "rules"), (1,))
    assert len({one.tag for one in profiles.values()}) == 3


def test_names_of_providers_are_unique(tmp_path: Path) -> None:
    text = (FILES / "kgateway-2.1.yaml").read_text()
    backends = [part for part in text.split("---\n") if "kind: Backend\n" in part][:2]
    known = [part.replace("llm.one.example", "api.mistral.ai") for part in backends]
    same = [known[0].replace("namespace: llm", f"namespace: {name}") for name in ("x", "z")]
    file = tmp_path / "given.yaml"
    for documents, names in ((known, ["alpha", "beta"]), (same, ["x-alpha", "z-alpha"]), (known[:1], ["mistral"])):
        file.write_text("---\n".join(documents))
        given = read_input([str(file)], environment={})
        profiles = given_profiles(given.manifests, given.dialect)
        assert [one.name for one in profiles] == names
    assert tags([profiles[0].manifests], given.configuration) == [""]


def test_long_names_are_cut_and_stay_apart() -> None:
    one, other = (variation_name(f"{'x' * 250}{end}", "rotated") for end in "ab")
    assert (len(one), len(other)) == (253, 253)
    assert one != other
    assert variation_name("x", "rotated") == "x-rotated"


def test_gateways_are_served_in_clear_beside_one_for_the_fence() -> None:
    given = read_input([str(FILES / "kgateway-2.1.yaml")], environment={})
    (line,) = given.left_out
    assert (line.what, line.position.line) == ("TLS of the listener tls of Gateway edge/front", 25)
    surroundings = Surroundings(given.manifests)
    objects = surroundings.gateway_objects(given.dialect)
    assert [(one["kind"], one["metadata"]["name"]) for one in objects] == [
        ("GatewayClass", "my-agw"),
        ("GatewayClass", "agentgateway"),
        ("Gateway", "front"),
        ("Gateway", FENCE),
    ]
    assert {one["protocol"] for one in objects[2]["spec"]["listeners"]} == {"HTTP"}
    routes = surroundings.read(given.manifests, given.dialect).routes
    assert [one.hostnames for one in routes] == [("chat.ai.example.com",), ("secure.example.com",)]
