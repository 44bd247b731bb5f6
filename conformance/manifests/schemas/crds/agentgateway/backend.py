"""AgentgatewayBackend (agentgateway.dev/v1alpha1) of agentgateway 1.4: FACTS 4.1; limits and messages from its CRD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.crds.agentgateway.policies import (
    backend_policies,
    port_for_service,
    provider_policies,
)
from conformance.manifests.schemas.crds.common import (
    at_least_one_of,
    conditions,
    exactly_one_of,
    group,
    has,
    kind,
    label_selector,
    object_name,
    port,
    resource,
    section_name,
    unique_provider_names,
    unique_target_names,
)
from conformance.manifests.schemas.schema import Schema, anything, choice, listing, mapping, record, rule, text

__all__ = ["AGENTGATEWAY_BACKEND"]

Fields = Mapping[str, Any]

_PROVIDERS = ("openai", "azureopenai", "azure", "anthropic", "gemini", "vertexai", "bedrock", "custom")
_FORMATS = ("AnthropicTokenCount", "Completions", "Embeddings", "Messages", "Realtime", "Rerank", "Responses")
_POOL = ("inference.networking.k8s.io", "InferencePool")


@rule("both host and port must be set together")
def _host_with_port(provider: Fields, _old: object) -> bool:
    return has(provider, "host") == has(provider, "port")


@rule("custom providers must specify exactly one of backendRef or host and port")
def _custom_has_target(provider: Fields, _old: object) -> bool:
    return not has(provider, "custom") or has(provider["custom"], "backendRef") != has(provider, "host")


@rule("path and pathPrefix are mutually exclusive")
def _path_or_prefix(provider: Fields, _old: object) -> bool:
    return not (has(provider, "path") and has(provider, "pathPrefix"))


@rule("path, pathPrefix, and custom format paths are mutually exclusive")
def _no_path_beside_formats(provider: Fields, _old: object) -> bool:
    formats = (provider.get("custom") or {}).get("formats") or ()
    given = has(provider, "path") or has(provider, "pathPrefix")
    return not (given and any(has(one, "path") for one in formats))


@rule("pathPrefix requires host to be set")
def _prefix_with_host(provider: Fields, _old: object) -> bool:
    return not has(provider, "pathPrefix") or has(provider, "host")


@rule("deploymentName is required for this apiVersion")
def _deployment_named(azure: Fields, _old: object) -> bool:
    return azure.get("apiVersion") in (None, "v1") or has(azure, "deploymentName")


@rule("projectName is required when resourceType is Foundry")
def _project_named(azure: Fields, _old: object) -> bool:
    return azure["resourceType"] != "Foundry" or has(azure, "projectName")


@rule("custom provider backendRef may target only Service or InferencePool")
def _service_or_pool(custom: Fields, _old: object) -> bool:
    if not has(custom, "backendRef"):
        return True
    target = custom["backendRef"].get("group", ""), custom["backendRef"].get("kind", "Service")
    return target in (("", "Service"), _POOL)


@rule("path must start with /")
def _absolute_path(provider_format: Fields, _old: object) -> bool:
    return str(provider_format.get("path", "/")).startswith("/")


@rule("mcp target policies may not be used with backendRef")
def _no_policies_with_reference(static: Fields, _old: object) -> bool:
    return not (has(static, "backendRef") and has(static, "policies"))


@rule("must specify either unixPath or both host and port")
def _some_place(static: Fields, _old: object) -> bool:
    return has(static, "unixPath") or (has(static, "host") and has(static, "port"))


@rule("unixPath and host/port are mutually exclusive")
def _one_place(static: Fields, _old: object) -> bool:
    return not has(static, "unixPath") or not (has(static, "host") or has(static, "port"))


@rule("AI policies require AI backend")
def _ai_for_ai(spec: Fields, _old: object) -> bool:
    return not has(spec.get("policies") or {}, "ai") or has(spec, "ai")


@rule("MCP policies require MCP backend")
def _mcp_for_mcp(spec: Fields, _old: object) -> bool:
    return not has(spec.get("policies") or {}, "mcp") or has(spec, "mcp")


def _short(doc: str, most: int = 256, default: str | None = None) -> Schema:
    return text(doc, least=1, most=most, default=default)


def _model() -> Schema:
    return _short("Model to ask; that of the request when absent.")


def _custom() -> Schema:
    reference = record(
        "What serves it within the cluster.",
        {
            "group": group(default=""),
            "kind": kind(default="Service"),
            "name!": object_name(),
            "port": port(),
        },
        rules=[port_for_service],
    )
    provider_format = record(
        "One format.", {"path": _short("Its path.", 1024), "type!": choice("Which.", *_FORMATS)}, rules=[_absolute_path]
    )
    return record(
        "A provider whose formats are listed.",
        {
            "backendRef": reference,
            "formats!": listing("Formats it has.", provider_format, least=1, most=6, keys=["type"]),
            "model": _model(),
        },
        rules=[_service_or_pool],
    )


def _azures() -> dict[str, Schema]:
    return {
        "azure": record(
            "OpenAI's models at Azure, by resource.",
            {
                "apiVersion": _short("Version of Azure's API.", 64),
                "model": _model(),
                "projectName": _short("Project in Foundry."),
                "resourceName!": _short("Name of the resource."),
                "resourceType!": choice("Kind of the resource.", "Foundry", "OpenAI"),
            },
            rules=[_project_named],
        ),
        "azureopenai": record(
            "OpenAI's models at Azure.",
            {
                "apiVersion": _short("Version of Azure's API.", 64),
                "deploymentName": _short("Deployment to ask."),
                "endpoint!": _short("Host of the resource."),
            },
            rules=[_deployment_named],
        ),
    }


def _provider_fields() -> dict[str, Schema]:
    guardrail = {"identifier!": _short("Its identifier."), "version!": _short("Its version.")}
    return {
        "anthropic": record("Anthropic's API.", {"model": _model()}),
        **_azures(),
        "bedrock": record(
            "Amazon Bedrock.",
            {
                "guardrail": record("Guardrail to apply.", guardrail),
                "model": _model(),
                "region": text("AWS region.", least=1, most=63, pattern="^[a-z0-9-]+$", default="us-east-1"),
            },
        ),
        "custom": _custom(),
        "gemini": record("Google's Gemini API.", {"model": _model()}),
        "host": _short("Host to connect to, instead of the provider's own; needs port."),
        "openai": record("OpenAI, or any provider with OpenAI's API.", {"model": _model()}),
        "path": _short("The whole path, in place of the request's.", 1024),
        "pathPrefix": _short("What the usual path begins with, in place of /v1.", 1024),
        "port": port("Port to connect to; needs host."),
        "vertexai": record(
            "Google's Vertex AI.",
            {
                "model": _model(),
                "projectId!": _short("Google Cloud project.", 64),
                "region": _short("Google Cloud location.", 64, default="global"),
            },
        ),
    }


_PROVIDER_RULES = (
    _host_with_port,
    _custom_has_target,
    _path_or_prefix,
    _no_path_beside_formats,
    _prefix_with_host,
    exactly_one_of(*_PROVIDERS),
)


def _ai() -> Schema:
    named = record(
        "One provider of the group.",
        {"name!": section_name("Name within the group."), "policies": provider_policies(), **_provider_fields()},
        rules=_PROVIDER_RULES,
    )
    providers = listing("The providers.", named, least=1, most=16, rules=[unique_provider_names])
    same_priority = record("Providers of the same priority.", {"providers!": providers})
    return record(
        "An LLM provider, or several with priorities.",
        {
            "groups": listing("Groups of providers, the preferred one first.", same_priority, least=1, most=8),
            "provider": record("The one provider.", _provider_fields(), rules=_PROVIDER_RULES),
        },
        rules=[exactly_one_of("provider", "groups")],
    )


def _mcp() -> Schema:
    static = record(
        "A server at a fixed place.",
        {
            "backendRef": record("A Service.", {"name": text("Its name.", default="")}, atomic=True),
            "host": _short("Its host."),
            "path": _short("Its path.", 1024),
            "policies": mapping("How it is reached.", anything()),
            "port!": port(),
            "protocol": choice("Its transport.", "SSE", "StreamableHTTP"),
        },
        rules=[_no_policies_with_reference, exactly_one_of("host", "backendRef")],
    )
    selector = record(
        "Services to find by their labels.",
        {
            "namespaces": label_selector("Labels of the namespaces."),
            "services": label_selector("Labels of the Services."),
        },
        rules=[at_least_one_of("namespaces", "services")],
    )
    target = record(
        "One MCP server or a selection of them.",
        {"name!": section_name("Name of the target."), "selector": selector, "static": static},
        rules=[exactly_one_of("selector", "static")],
    )
    return record(
        "Servers of the Model Context Protocol.",
        {
            "failureMode": choice("What the failure of one server means.", "FailClosed", "FailOpen"),
            "prefixMode": choice("Whether names get a prefix.", "Always", "Conditional", "Never"),
            "sessionRouting": choice("Whether sessions are kept.", "Stateful", "Stateless"),
            "targets!": listing("The servers.", target, least=1, most=32, keys=["name"], rules=[unique_target_names]),
        },
    )


def _others() -> dict[str, Schema]:
    core = record("A runtime.", {"agentRuntimeArn!": text("Its ARN."), "qualifier": text("Version or alias.")})
    return {
        "a2a": record("An agent.", {"host!": _short("Its host."), "port!": port()}),
        "aws": record("An AWS service.", {"agentCore": core}, rules=[exactly_one_of("agentCore")]),
        "dynamicForwardProxy": record("Whatever host the request names.", {}),
        "mcp": _mcp(),
        "static": record(
            "A fixed place.",
            {"host": _short("Its host."), "port": port(), "unixPath": text("A socket's path.", least=1)},
            rules=[_some_place, _one_place],
        ),
    }


AGENTGATEWAY_BACKEND = resource(
    "A place outside the cluster that routes lead to, such as an LLM provider.",
    {
        "spec!": record(
            "What is wanted.",
            {"ai": _ai(), "policies": backend_policies(), **_others()},
            rules=[
                _ai_for_ai,
                _mcp_for_mcp,
                exactly_one_of("ai", "static", "dynamicForwardProxy", "mcp", "aws", "a2a"),
            ],
        ),
        "status": record("What was found.", {"conditions": conditions()}),
    },
)
