"""Backend (gateway.kgateway.dev/v1alpha1): FACTS section 1; limits from kgateway's api/v1alpha1 types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.crds.common import (
    at_most_one_of,
    conditions,
    exactly_one_of,
    has,
    label_selector,
    port,
    resource,
    section_name,
    unique_provider_names,
    unique_target_names,
)
from conformance.manifests.schemas.schema import Rule, Schema, choice, flag, listing, record, rule, text

__all__ = ["BACKEND"]

Fields = Mapping[str, Any]
_TYPES = {
    "AI": "ai",
    "AWS": "aws",
    "Static": "static",
    "DynamicForwardProxy": "dynamicForwardProxy",
    "MCP": "mcp",
}
_PROVIDERS = ("openai", "azureopenai", "anthropic", "gemini", "vertexai", "bedrock")


def _type_needs_its_field(type_: str, name: str) -> Rule:
    @rule(f"{name} backend must be specified when type is '{type_}'")
    def type_needs_its_field(spec: Fields, _old: object) -> bool:
        return spec["type"] != type_ or has(spec, name)

    return type_needs_its_field


@rule("both host and port must be set together")
def _host_with_port(provider: Fields, _old: object) -> bool:
    return has(provider, "host") == has(provider, "port")


@rule("at least one of prefix or headerName must be set")
def _prefix_or_header_name(header: Fields, _old: object) -> bool:
    return has(header, "prefix") or has(header, "headerName")


@rule("at least one of namespace or service must be set")
def _namespace_or_service(selector: Fields, _old: object) -> bool:
    return has(selector, "namespace") or has(selector, "service")


@rule("secretRef must be nil if the type is not 'Secret'")
def _no_secret_ref_unless_secret(auth: Fields, _old: object) -> bool:
    return auth["type"] == "Secret" or not has(auth, "secretRef")


@rule("secretRef must be specified when type is 'Secret'")
def _secret_ref_if_secret(auth: Fields, _old: object) -> bool:
    return auth["type"] != "Secret" or has(auth, "secretRef")


def _secret_ref() -> Schema:
    return record("Secret in the Backend's namespace.", {"name": text("Name of the Secret.", default="")}, atomic=True)


def _auth_token() -> Schema:
    return record(
        "Where the provider's API key comes from.",
        {
            "kind!": choice("Source of the key.", "Inline", "SecretRef", "Passthrough"),
            "inline": text("The key itself."),
            "secretRef": _secret_ref(),
        },
        rules=[at_most_one_of("inline", "secretRef")],
    )


def _aws_auth() -> Schema:
    return record(
        "AWS credentials; those of the surroundings when absent.",
        {"type!": choice("Source of the credentials.", "Secret"), "secretRef": _secret_ref()},
        rules=[_no_secret_ref_unless_secret, _secret_ref_if_secret],
    )


def _region() -> Schema:
    return text("AWS region.", least=1, most=63, pattern="^[a-z0-9-]+$", default="us-east-1")


def _named(doc: str) -> Schema:
    return text(doc, least=1)


def _provider_fields() -> dict[str, Schema]:
    return {
        "openai": record(
            "OpenAI, or any provider with OpenAI's API.",
            {"authToken!": _auth_token(), "model": text("Model to ask; that of the request when absent.")},
        ),
        "azureopenai": record(
            "OpenAI's models at Azure.",
            {
                "authToken!": _auth_token(),
                "endpoint!": _named("Host of the resource."),
                "deploymentName!": _named("Deployment to ask."),
                "apiVersion!": _named("Version of Azure's API."),
            },
        ),
        "anthropic": record(
            "Anthropic's API.",
            {
                "authToken!": _auth_token(),
                "apiVersion": text("Version of the API."),
                "model": text("Model to ask; that of the request when absent."),
            },
        ),
        "gemini": record(
            "Google's Gemini API.",
            {
                "authToken!": _auth_token(),
                "model!": text("Model to ask."),
                "apiVersion!": text("Version of the API."),
            },
        ),
        "vertexai": record(
            "Google's Vertex AI.",
            {
                "authToken!": _auth_token(),
                "model!": _named("Model to ask."),
                "apiVersion!": _named("Version of the API."),
                "projectId!": _named("Google Cloud project."),
                "location!": _named("Google Cloud location."),
                "publisher!": choice("Publisher of the model.", "GOOGLE"),
                "modelPath": text("Path of the model, instead of the usual one."),
            },
        ),
        "bedrock": record(
            "Amazon Bedrock.",
            {
                "auth": _aws_auth(),
                "model": _named("Model to ask; that of the request when absent."),
                "region": _region(),
                "guardrail": record(
                    "Guardrail to apply.",
                    {"identifier!": _named("Its identifier."), "version!": _named("Its version.")},
                ),
            },
        ),
        "host": _named("Host to connect to, instead of the provider's own; needs port."),
        # The released CRD has no range here; the documented type, a port number, has (FACTS 7.1 no. 3).
        "port": port("Port to connect to; needs host."),
        "path": record("Path to ask.", {"full": _named("The whole path, in place of the request's.")}),
        "authHeader": record(
            "Header that carries the key, when not `Authorization: Bearer KEY`.",
            {"prefix": _named("Word in front of the key."), "headerName": _named("Name of the header.")},
            rules=[_prefix_or_header_name],
        ),
    }


_PROVIDER_RULES = (_host_with_port, exactly_one_of(*_PROVIDERS))
_NAMED_PROVIDER = record(
    "One provider of the group.",
    {"name!": section_name("Name within the group."), **_provider_fields()},
    rules=_PROVIDER_RULES,
)
_AI = record(
    "An LLM provider, or several with priorities.",
    {
        "llm": record("The one provider.", _provider_fields(), rules=_PROVIDER_RULES),
        "priorityGroups": listing(
            "Groups of providers, the preferred one first.",
            record(
                "Providers of the same priority.",
                {
                    "providers": listing(
                        "The providers.", _NAMED_PROVIDER, least=1, most=32, rules=[unique_provider_names]
                    )
                },
            ),
            least=1,
            most=32,
        ),
    },
    rules=[exactly_one_of("llm", "priorityGroups")],
)
_LAMBDA = record(
    "The Lambda function.",
    {
        "functionName!": text("Its name.", pattern="^[A-Za-z0-9-_]{1,140}$"),
        "endpointURL": text("URL of the service.", most=2048, pattern="^https?://[-a-zA-Z0-9@:%.+~#?&/=]+$"),
        "invocationMode": choice("Whether to wait for the answer.", "Sync", "Async", default="Sync"),
        "payloadTransformMode": choice("How the payload is changed.", "None", "Envoy", default="Envoy"),
        "qualifier": text(
            "Version or alias.",
            pattern=r"^(\$LATEST|[0-9]+|[A-Za-z0-9-_]{1,128})$",
            default="$LATEST",
        ),
    },
)
_AWS = record(
    "An AWS Lambda function.",
    {
        "accountId!": text("AWS account.", least=1, most=12, pattern="^[0-9]{12}$"),
        "auth": _aws_auth(),
        "lambda!": _LAMBDA,
        "region": _region(),
    },
)
_STATIC = record(
    "A fixed list of hosts.",
    {
        "hosts!": listing(
            "The hosts.", record("One host.", {"host!": _named("Name or address."), "port!": port()}), least=1
        ),
        "appProtocol": choice(
            "Protocol to speak.", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"
        ),
    },
)
_TARGET = record(
    "One MCP server or a selection of them.",
    {
        "name!": section_name("Name of the target."),
        "selector": record(
            "Services to find by their labels.",
            {
                "namespace": label_selector("Labels of the namespaces."),
                "service": label_selector("Labels of the Services."),
            },
            rules=[_namespace_or_service],
        ),
        "static": record(
            "A server at a fixed place.",
            {
                "host!": _named("Its host."),
                "port!": port(),
                "path": text("Its path."),
                "protocol": choice("Its transport.", "StreamableHTTP", "SSE"),
            },
        ),
    },
    rules=[exactly_one_of("selector", "static")],
)
_MCP = record(
    "Servers of the Model Context Protocol.",
    {"targets!": listing("The servers.", _TARGET, keys=["name"], least=1, most=32, rules=[unique_target_names])},
)

BACKEND = resource(
    "A place outside the cluster that routes lead to, such as an LLM provider.",
    {
        "spec": record(
            "What is wanted.",
            {
                "type!": choice("Which of the fields below describes the backend.", *_TYPES),
                "ai": _AI,
                "aws": _AWS,
                "static": _STATIC,
                "dynamicForwardProxy": record(
                    "Whatever host the request names.", {"enableTls": flag("Whether to speak TLS.")}
                ),
                "mcp": _MCP,
            },
            rules=[
                *(_type_needs_its_field(type_, name) for type_, name in _TYPES.items()),
                exactly_one_of(*_TYPES.values()),
            ],
        ),
        "status": record("What was found.", {"conditions": conditions()}),
    },
)
