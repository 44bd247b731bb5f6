"""Custom providers of agentgateway 1.x: their paths, and the Services that they may be."""

from __future__ import annotations

import pytest

from conformance.manifests.input.native import native_type
from conformance.manifests.objects import read_manifests
from tests.support.nimbus_agentgateway_1 import NAME, PATH, configured, expected

assert NAME == "agentgateway-1"
OPENAI = "openai:\n        model: cumulus-2-chat"


@pytest.mark.parametrize(
    ("custom", "target"),
    [
        ("formats: [{type: Completions, path: /api/chat/completions}]", "/api/chat/completions?x=1"),
        ("formats: [{type: Messages}, {type: Completions}]", "/v1/chat/completions?x=1"),
        ("formats: [{type: Completions, path: /ask}]", "/ask"),
    ],
)
def test_the_path_of_its_format(custom: str, target: str) -> None:
    found = expected((OPENAI, f"custom: {{{custom}, model: own}}"), (PATH, ""), path="/stratus/any?x=1")
    assert (found.target, found.model) == (target, "own")


def test_a_service_of_its_namespace() -> None:
    reference = "custom: {formats: [{type: Completions}], backendRef: {name: vllm, port: 8000}}"
    (backend,) = configured((OPENAI, reference)).backends
    assert (backend.providers[0].host, backend.providers[0].port) == ("vllm.llm.svc.cluster.local", 8000)


@pytest.mark.parametrize(
    ("custom", "native"),
    [
        ("formats: [{type: Messages}]", "a custom provider of Messages"),
        ("formats: [{type: Completions}], backendRef: {kind: InferencePool, name: x}",
         "a custom provider by way of an InferencePool"),
        ("formats: [{type: Messages}, {type: Completions}]", None),
    ],
)  # fmt: skip
def test_one_without_openais_chat_is_left_out(custom: str, native: str | None) -> None:
    head = "{apiVersion: agentgateway.dev/v1alpha1, kind: AgentgatewayBackend, metadata: {name: x}, "
    (one,) = read_manifests(f"{head}spec: {{ai: {{provider: {{custom: {{{custom}}}}}}}}}}}", "x.yaml")
    assert native_type(one) == native
