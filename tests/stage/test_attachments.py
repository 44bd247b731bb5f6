"""What the certificates of lookalikes are for, besides the host: names that the manifests say of the provider."""

from __future__ import annotations

import pytest

from conformance.core.expressions import is_whole
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.stage.arrangement.attachments import Names, attachments_of, names_besides
from conformance.stage.scenario.draft import isolate
from conformance.stage.scenario.paths import variation_path
from conformance.stage.scenario.profile import given_profiles
from conformance.stage.scenario.scenario import DOCUMENTED
from tests.support.nimbus import nimbus

HOST = "llm.nimbus.example"


def alternatives(*names: str) -> tuple[str, str]:
    entries = [
        f"{{type: URI, uri: '{one}'}}" if ":" in one else f"{{type: Hostname, hostname: {one}}}" for one in names
    ]
    return "    well", f"    subjectAltNames: [{', '.join(entries)}]\n    well"


def at(host: str) -> tuple[str, str]:
    return f"host: {HOST}", f"host: {host}"


@pytest.mark.parametrize(
    ("edits", "host", "names"),
    [
        ([], HOST, ()),
        ([("    hostname: llm", "    hostname: other")], HOST, ()),
        ([alternatives("b.example")], HOST, ("b.example",)),
        ([alternatives("b.example", "spiffe://a/b")], HOST, ("b.example", "spiffe://a/b")),
        ([alternatives("b..example", "10.0.0.1")], HOST, ()),
        ([at("10.2.3.4")], "10.2.3.4", (HOST,)),
        ([at("10.2.3.4"), alternatives("b.example")], "10.2.3.4", ("b.example",)),
        ([at("llm.egress.svc")], "llm.egress.svc", (HOST,)),
        ([at("llm.egress.svc"), ("    hostname: llm.nimbus.example", "    hostname: a.b.svc")], "llm.egress.svc", ()),
        # A vendor says by itself what is in its certificate; within its own domain it may be.
        ([at("api.mistral.ai"), alternatives("b.example", "spiffe://a/b")], "api.mistral.ai", ()),
        ([at("api.mistral.ai"), alternatives("mistral.ai")], "api.mistral.ai", ("mistral.ai",)),
        ([at("openrouter.ai"), alternatives("other.ai", "www.openrouter.ai")], "openrouter.ai", ("www.openrouter.ai",)),
    ],
)  # fmt: skip
def test_names_besides_the_host(edits: list[tuple[str, str]], host: str, names: tuple[str, ...]) -> None:
    assert names_besides(read_configuration(nimbus(*edits))) == {host: names}


def test_a_variation_has_the_names_of_the_host_that_it_varies() -> None:
    given = nimbus(alternatives("b.example"))
    names = names_besides(read_configuration(given))
    varied = given.copy()
    profile = given_profiles(given, "kgateway-2.1")[0]
    isolate(varied, profile.provider, "varied")
    assert certified(read_configuration(varied), names) == {"llm-varied.nimbus.example": ("b.example",)}


@pytest.mark.parametrize(
    ("expression", "taken", "left"),
    [
        ("/mis.*|/opal/.*", "/opal/x", "/mis/x"),
        ("^/mis(t/)?x", "/mist/x", "/misx"),
        ("/[^/]+/v1", "/opal/v1", "/opal-varied/v1"),
        (r"/a\|b(c|d)", "/a|bc", "/a|bd"),
    ],
)
def test_an_expression_of_a_variation_takes_nothing_of_others(expression: str, taken: str, left: str) -> None:
    varied = variation_path("RegularExpression", expression, "varied")
    assert is_whole(varied, f"/varied{taken}")
    assert is_whole(varied, f"/varied{left}")
    assert not is_whole(varied, taken)
    assert not is_whole(varied, left)


def test_who_is_only_in_a_variation_has_the_names_of_all() -> None:
    names = {HOST: ("b.example",), "x.example": ("c.example", "b.example")}
    assert certified(read_configuration(nimbus(at("new.example"))), names) == {
        "new.example": ("b.example", "c.example")
    }


def certified(configuration: Configuration, names: Names) -> dict[str, tuple[str, ...]]:
    profile = given_profiles(nimbus(), "kgateway-2.1")[0]
    return {one.host: one.names for one in attachments_of(DOCUMENTED, profile, configuration, names)}
