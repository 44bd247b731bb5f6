"""What checks know of vendors whose hosts, paths and ways to send a key are several, and of hosts that they left."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import load_provider
from conformance.manifests.render import key_variable, render
from tests.support.checks import AGENTGATEWAY, KGATEWAY, defects

AZURE = "acme-eu.openai.azure.com"


def written(name: str, dialect: str, **changes: Any) -> list[str]:
    """The ids of what is found in manifests for a vendor, as a person with another host or path has them."""
    provider: Provider = dataclasses.replace(load_provider(name), **changes)
    text = render(provider, dialect).replace(f"${key_variable(provider)}", "q8Vz3xL0bT7k")
    return [found.check for found in defects(text)]


@pytest.mark.parametrize("dialect", [KGATEWAY, AGENTGATEWAY])
@pytest.mark.parametrize(
    ("name", "host", "path"),
    [
        ("azure-openai", AZURE, "/openai/v1/chat/completions"),
        ("azure-openai", AZURE, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"),
        ("azure-openai", "acme.services.ai.azure.com", "/models/chat/completions?api-version=2024-05-01-preview"),
        ("vertex", "aiplatform.googleapis.com", "/v1/projects/p1/locations/global/endpoints/openapi/chat/completions"),
        ("cloudflare-ai-gateway", "gateway.ai.cloudflare.com", "/v1/0123456789abcdef/gw/openai/chat/completions"),
        ("bedrock", "bedrock-mantle.eu-west-1.api.aws", "/v1/chat/completions"),
        ("snowflake", "xy12345.eu-central-1.snowflakecomputing.com", "/api/v2/cortex/v1/chat/completions"),
        ("databricks", "adb-1234567890123456.7.azuredatabricks.net", "/serving-endpoints/my-own/invocations"),
        ("dashscope", "dashscope-intl.aliyuncs.com", "/compatible-mode/v1/chat/completions"),
        ("cohere", "api.cohere.com", "/compatibility/v1/chat/completions"),
    ],
)
def test_each_host_and_path_of_a_vendor_is_right(name: str, host: str, path: str, dialect: str) -> None:
    assert written(name, dialect, host=host, path=path) == []


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        ("azure-openai", {"host": AZURE, "path": "/v1/chat/completions"}, "path-unlike-vendor"),
        ("azure-openai", {"host": AZURE, "path": "/openai/deployments/a/chat/completions"}, "path-unlike-vendor"),
        ("azure-openai", {"host": AZURE, "auth_header": "x-api-key"}, "auth-header-unlike-vendor"),
        ("gemini", {"path": "/v1beta/chat/completions"}, "path-unlike-vendor"),
        ("zhipu", {"path": "/v1/chat/completions"}, "path-unlike-vendor"),
        ("github-models", {"host": "models.inference.ai.azure.com", "path": "/chat/completions"}, "host-former"),
        ("huggingface", {"host": "api-inference.huggingface.co"}, "host-former"),
        ("nvidia", {"host": "ai.api.nvidia.com"}, "host-without-api"),
    ],
)
def test_what_a_vendor_has_not_is_told_once(name: str, changes: dict[str, str], found: str) -> None:
    assert written(name, AGENTGATEWAY, **changes) == [found]


def test_a_key_that_kgateway_cannot_send_alone_is_said_as_it_can() -> None:
    text = render(load_provider("azure-openai"), KGATEWAY).replace("$AZURE_OPENAI_API_KEY", "q8Vz3xL0bT7k")
    [found] = defects(text.replace("      host:", "      authHeader: {headerName: api-key}\n      host:"))
    assert (found.check, found.remedy) == ("auth-header-unlike-vendor", "take authHeader away")


def test_what_the_remedies_name_is_a_form_where_it_varies() -> None:
    provider = dataclasses.replace(load_provider("vertex"), path="/v1/chat/completions")
    text = render(provider, AGENTGATEWAY).replace(f"${key_variable(provider)}", "q8Vz3xL0bT7k")
    [found] = defects(text)
    assert "/v1/projects/{project}/locations/{location}/endpoints/openapi/chat/completions" in found.remedy


@pytest.mark.parametrize("host", ["ai.api.nvidia.com", "console.mistral.ai"])
def test_what_else_a_vendor_has_there_may_be_meant(host: str) -> None:
    assert written("nvidia", AGENTGATEWAY, host=host, path="/v1/gr/meta/llama/chat/completions") == []


@pytest.mark.parametrize("host", ["gpu.cluster.io", "llm.cluster.example"])
def test_nobodys_host_is_near_the_example_of_a_self_hosted_server(host: str) -> None:
    assert written("mistral", AGENTGATEWAY, host=host) == []
