"""What is taken for granted about a provider that nobody knows: whether it speaks TLS."""

from __future__ import annotations

import dataclasses

import pytest

from conformance.core.addresses import is_inside
from conformance.core.problems import InputProblem
from conformance.core.providers.provider import Provider
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.manifests.render import key_variable, render
from conformance.manifests.secrets import substitute
from conformance.stage.scenario.profile import given_profiles

KGATEWAY, AGENTGATEWAY = DIALECTS
STRANGER = Provider("stranger", "Stranger", "llm.stranger.example", 443, "/v1/chat/completions", ("m",))


def speaks_tls(provider: Provider, dialect: str) -> bool:
    """What is inferred from the manifests rendered for it."""
    manifests = ManifestSet(read_manifests(render(provider, dialect), "x"))
    substitute(manifests, {key_variable(provider): "sk-stranger-key"})
    [profile] = given_profiles(manifests, dialect)
    assert profile.provider.any_model
    return profile.provider.tls


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("host", "port", "tls"),
    [
        ("llm.stranger.example", 443, True),
        ("llm.stranger.example", 8443, True),
        ("llm.stranger.example", 11434, True),
        ("llm.stranger.example", 80, False),
        ("ollama", 11434, False),
        ("ollama.models.svc", 11434, False),
        ("vllm.models.svc.cluster.local", 8000, False),
        ("host.docker.internal", 8080, False),
        ("vllm.models.svc.cluster.local", 443, True),
        ("192.0.2.7", 11434, False),
    ],
)
def test_without_anything_that_asks_for_tls(host: str, port: int, tls: bool, dialect: str) -> None:
    # So the manifests say that it is plaintext, and the question is whether that is a mistake.
    assert speaks_tls(dataclasses.replace(STRANGER, host=host, port=port, tls=False), dialect) == tls


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("host", ["llm.stranger.example", "vllm.models.svc.cluster.local"])
@pytest.mark.parametrize("port", [80, 443, 8000])
def test_who_is_asked_for_tls_has_it(host: str, port: int, dialect: str) -> None:
    assert speaks_tls(dataclasses.replace(STRANGER, host=host, port=port), dialect)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("localhost", True),
        ("ollama.models.svc", True),
        ("OLLAMA.models.svc.cluster.local.", True),
        ("::1", True),
        ("api.x.ai", False),
        ("internal.example", False),
        ("svc.example", False),
    ],
)
def test_hosts_of_private_networks(host: str, inside: bool) -> None:
    assert is_inside(host) is inside


@pytest.mark.parametrize(
    ("name", "new"),
    [("groups: [{", "spec.ai.priorityGroups"), ("multipool: [{", "spec.ai.priorityGroups")],
)
def test_providers_in_the_field_of_another_version(name: str, new: str) -> None:
    text = f"""apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {{name: chat, namespace: llm}}
spec:
  type: AI
  ai:
    {name}providers: []}}]
"""
    with pytest.raises(InputProblem, match=new) as caught:
        given_profiles(ManifestSet(read_manifests(text, "given.yaml")), "kgateway-2.1")
    assert caught.value.field == f"spec.ai.{name.partition(':')[0]}"
