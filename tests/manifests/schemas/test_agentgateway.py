"""Each rule and limit of AgentgatewayBackend: objects that keep it, and the words for those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, changed, refusal

PROVIDER = "spec.ai.provider"
ONE_AUTH = "key/secretRef/passthrough/aws/azure/gcp/oauthTokenExchange/crossAppAccess"


@pytest.mark.parametrize("name", ["successor", "successor-groups"])
def test_good_backends_are_admitted(name: str) -> None:
    assert refusal(GOOD[name]) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (PROVIDER, {"openai": {}}),
        (f"{PROVIDER}.path", ABSENT),
        (f"{PROVIDER}.path", "no-slash"),
        (PROVIDER, {"custom": {"formats": [{"type": "Completions"}], "backendRef": {"name": "s", "port": 80}}}),
        (PROVIDER, {"azureopenai": {"endpoint": "e"}}),
        (PROVIDER, {"vertexai": {"projectId": "p"}}),
        ("spec.policies.tls", {}),
        ("spec.policies.tls", {"insecureSkipVerify": "Hostname", "caCertificateRefs": [{"name": "ca"}]}),
        ("spec.policies.auth", {"key": ""}),
        ("spec.policies.auth", {"credentials": [{"location": {"cookie": {"name": "c"}}, "secretRef": {"name": "s"}}]}),
        ("spec.policies", ABSENT),
        ("spec", {"dynamicForwardProxy": {}}),
        ("spec", {"mcp": {"targets": [{"name": "a", "static": {"host": "h", "port": 80}}]}}),
    ],
)
def test_variations_are_admitted(path: str, value: Any) -> None:
    assert refusal(changed("successor", path, value)) == ""


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (f"{PROVIDER}.port", ABSENT, f'{PROVIDER}: Invalid value: "object": both host and port must be set together'),
        (f"{PROVIDER}.port", 0, f"{PROVIDER}.port in body should be greater than or equal to 1"),
        (f"{PROVIDER}.openai.model", "", f"{PROVIDER}.openai.model in body should be at least 1 chars long"),
        (
            f"{PROVIDER}.pathPrefix",
            "/v1",
            f'{PROVIDER}: Invalid value: "object": path and pathPrefix are mutually exclusive',
        ),
        (PROVIDER, {"openai": {}, "pathPrefix": "/v1"}, "pathPrefix requires host to be set"),
        (
            PROVIDER,
            {"azure": {"resourceName": "r", "resourceType": "Foundry"}},
            "projectName is required when resourceType is Foundry",
        ),
        (PROVIDER, {"custom": {"formats": [{"type": "Completions", "path": "x"}]}}, "path must start with /"),
        (
            "spec.policies",
            {},
            "at least one of the fields in [ai auth extAuth health http mcp tcp tls transformation tunnel]",
        ),
        (
            "spec.policies.auth",
            {},
            f"must specify credentials, or at most one of {ONE_AUTH} (credentials may be combined",
        ),
        (
            "spec.policies.auth",
            {"aws": {}, "location": {"header": {"name": "x"}}},
            "location may only be set for key, secretRef",
        ),
        (
            "spec.policies.auth.secretRef",
            {"name": "x", "group": "g"},
            "custom credential refs must set both group and kind",
        ),
        ("spec.policies.tls.sni", "*.a", "spec.policies.tls.sni in body should match"),
        (
            "spec.policies.tls.caCertificateRefs",
            [{"name": "a"}, {"name": "b"}],
            "Too many: 2: must have at most 1 item,",
        ),
        (
            "spec.policies.http",
            {"requestTimeout": "x"},
            "invalid duration value, spec.policies.http.requestTimeout: Invalid",
        ),
        ("spec.policies.tcp", {"connectTimeout": "1ms"}, "connectTimeout must be at least 100ms"),
        ("spec", ABSENT, "spec: Required value"),
        ("spec.policies.ai", {"modelAliases": {}}, ""),
        ("spec.policies.auth", {"passthrough": {"x": 1}}, 'unknown field "spec.policies.auth.passthrough.x"'),
        ("spec.policies.auth", {"azure": {"workloadIdentity": {"x": 1}}}, 'azure.workloadIdentity.x"'),
        ("spec", {"dynamicForwardProxy": {"x": 1}}, 'unknown field "spec.dynamicForwardProxy.x"'),
        (
            "spec.policies.transformation",
            {"request": {"metadata": {}}},
            "Invalid value: 0: spec.policies.transformation.request.metadata in body should have at least 1 properties",
        ),
        (
            "spec",
            {"static": {"host": "h", "port": 1}, "policies": {"ai": {"modelAliases": {}}}},
            "AI policies require AI backend",
        ),
        ("spec", {"static": {"host": "h", "unixPath": "/s"}}, "unixPath and host/port are mutually exclusive"),
    ],
)
def test_refusals(path: str, value: Any, message: str) -> None:
    found = refusal(changed("successor", path, value))
    assert message in found
    assert bool(message) == bool(found)
