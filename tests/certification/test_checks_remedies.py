"""Static checks: the remedy says what to write."""

from __future__ import annotations

import pytest

from tests.support.checks import Edit, defects
from tests.support.mistakes.backends import HOST, KGW, PORT


@pytest.mark.parametrize(
    ("edits", "remedy"),
    [
        ([(HOST, "        host: api.mistral.ai\n")], "indent host one level less, beside openai"),
        ([("host: api.mistral.ai", "host: https://api.mistral.ai/v1")], "write api.mistral.ai"),
        ([("/v1/chat", "/v1/v1/v1/chat")], "write it once: /v1/chat/completions"),
        ([("/v1/chat/completions", "/v1")], "set path.full to /v1/chat/completions"),
        ([("/v1/chat/completions", "https://api.mistral.ai/v1/chat/completions")], "write /v1/chat/completions"),
        ([(PORT, "")], "add port: 443"),
    ],
)
def test_the_remedy_says_what_to_write(edits: list[Edit], remedy: str) -> None:
    assert remedy in [one.remedy for one in defects(KGW, *edits)]


def test_of_a_host_that_nobody_knows_the_port_is_mended_before_tls_is_given_up() -> None:
    (found,) = defects(KGW.replace("api.mistral.ai", "llm.example.com"), (PORT, "      port: 80\n"))
    assert (found.check, str(found.severity)) == ("policy-on-plaintext", "error")
    assert found.remedy.startswith("set port to 443;")


CUSTOM = """\
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: llm}
spec: {ports: [{port: 8000}]}
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: qwen, namespace: llm}
spec:
  ai:
    provider:
      custom:
        backendRef: {name: qwen, port: 8000}
        formats: [{type: Completions}]
"""


@pytest.mark.parametrize(
    ("edit", "check", "path", "remedy"),
    [
        ("name: qwen, port: 8080", "service-port", "port", "set port to 8000"),
        ("name: qwenn, port: 8000", "service-missing", "name", "set name to qwen"),
        ("namespace: llm, name: qwen, port: 8000", "unknown-field", "namespace", "known here: group, kind, name, port"),
    ],
)
def test_what_is_wrong_with_a_custom_providers_service_is_mended_where_it_stands(
    edit: str, check: str, path: str, remedy: str
) -> None:
    found = next(one for one in defects(CUSTOM, ("name: qwen, port: 8000", edit)) if one.check == check)
    assert (found.check, found.field, found.remedy) == (
        check,
        f"spec.ai.provider.custom.backendRef.{path}",
        remedy,
    )


MEMBER = """\
    - providers:
      - name: {0}
        openai: {{authToken: {{kind: Inline, inline: k-{0}-9x}}}}
        host: {0}.corp.example
        port: 443
        path: {{full: /v1/chat/completions}}
"""
MEMBERS = (
    (
        "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: llm, namespace: apps}\nspec:\n"
        "  type: AI\n  ai:\n    priorityGroups:\n" + MEMBER.format("east") + MEMBER.format("west")
    )
    + """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: tls, namespace: apps}
spec:
  targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: llm, sectionName: eastern}]
  validation: {hostname: west.corp.example, wellKnownCACertificates: System}
"""
)


def test_the_section_that_is_meant_is_that_of_the_host_which_the_policy_names() -> None:
    remedies = [one.remedy for one in defects(MEMBERS) if one.check == "policy-target-section"]
    assert remedies == ["set sectionName to west"]
