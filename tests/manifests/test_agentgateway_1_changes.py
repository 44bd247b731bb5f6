"""The dialect agentgateway-1: how manifests in it are varied."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from conformance.manifests.dialects import read_configuration
from conformance.stage.case import catalogue
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.scenario.scenario import Draft, draft_of
from conformance.stage.settings import DOCUMENTED_PROVIDERS
from tests.support.nimbus_agentgateway_1 import AUTH, MATERIAL, NAME, TLS, edited


def draft(*changes: tuple[str, str]) -> Draft:
    return Draft(edited(*changes), documented_profile("mistral", NAME).provider, "x", MATERIAL)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"host": None, "port": None, "path": None}, {"openai": {"model": "cumulus-2-chat"}}),
        ({"model": None}, {"openai": {}}),
        ({"path": "/p"}, {"path": "/p"}),
    ],
)
def test_changed_providers(changes: dict[str, Any], seen: dict[str, Any]) -> None:
    one = draft()
    one.change_backend(**changes)
    assert {name: one.llm[name] for name in seen} == seen
    assert not {name for name, value in changes.items() if value is None} & set(one.llm)


@pytest.mark.parametrize(
    ("header", "prefix", "location"),
    [
        ("x-api-key", None, {"header": {"name": "x-api-key"}}),
        (None, "Token", {"header": {"name": "Authorization", "prefix": "Token "}}),
        (None, "Token ", {"header": {"name": "Authorization", "prefix": "Token "}}),
        ("x-api-key", "Token", {"header": {"name": "x-api-key", "prefix": "Token "}}),
        (None, None, None),
    ],
)
def test_changed_location(header: str | None, prefix: str | None, location: dict[str, Any] | None) -> None:
    one = draft((AUTH, AUTH + "      location: {header: {name: old, prefix: old}}\n"))
    one.change_backend(header_name=header, header_prefix=prefix)
    assert one.backend["spec"]["policies"]["auth"].get("location") == location


def test_changed_auth_and_tls() -> None:
    one = draft()
    one.change_auth("inline", "tok")
    one.change_tls(hostname="b.example", alt_names=[("Hostname", "c.example")], authority=("ConfigMap", "ca"))
    policies = one.backend["spec"]["policies"]
    assert policies["auth"] == {"key": "tok"}
    assert policies["tls"] == {
        "sni": "b.example",
        "verifySubjectAltNames": ["c.example"],
        "caCertificateRefs": [{"name": "ca"}],
    }
    with pytest.raises(LookupError, match="way to name a Secret"):
        one.change_tls(authority=("Secret", "ca"))
    one.change_host("d.example")
    assert (one.llm["host"], policies["tls"]["sni"]) == ("d.example", "b.example")
    one.end_tls()
    assert "tls" not in policies
    with pytest.raises(LookupError, match="a key of its own"):
        draft((AUTH, "    auth: {passthrough: {}}\n")).change_backend(header_name="x")


def test_a_host_is_followed_where_it_is_repeated() -> None:
    one = draft((TLS, TLS + "      verifySubjectAltNames: [llm.stratus.example, other]\n"))
    one.change_host("new.example")
    assert one.backend["spec"]["policies"]["tls"] == {
        "sni": "new.example",
        "verifySubjectAltNames": ["new.example", "other"],
    }


# What these Backends have no way to say.
WITHOUT = {"empty-path"}
# About a BackendTLSPolicy, where the Backend asks for TLS itself.
BY_POLICY = {
    "ca-between-references",
    "two-targets",
    "policy-elsewhere",
    "policy-other-group",
    "policy-section",
    "section-first",
    "section-second",
    "section-beside-whole",
}
OF_OTHER_KIND = {"ca-of-other-kind"}


@pytest.mark.slow
@pytest.mark.parametrize("provider", DOCUMENTED_PROVIDERS)
def test_documented_manifests_can_be_made_into_every_scenario(provider: str) -> None:
    profile = documented_profile(provider, NAME)
    own = not profile.manifests.of_kind("BackendTLSPolicy")
    unfit = WITHOUT | (BY_POLICY | OF_OTHER_KIND if own else set())
    found = set()
    for scenario in {scenario for case in catalogue() for scenario in case.scenarios}:
        try:
            made = draft_of(scenario, profile.manifests, profile.provider, scenario.name, MATERIAL)
        except LookupError:
            found.add(scenario.name)
        else:
            read_configuration(made.manifests, NAME)
            assert yaml.safe_dump([one.data for one in made.manifests])
    assert found == unfit
