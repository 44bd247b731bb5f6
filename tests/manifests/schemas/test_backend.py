"""Each rule and limit of Backend: an object that keeps it, one that breaks it, and the exact words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, admitted, changed, refusal

UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation"
)
TOKEN = {"kind": "Passthrough"}
ONE_PROVIDER = "exactly one of the fields in [openai azureopenai anthropic gemini vertexai bedrock] must be set"
ONE_TYPE = "exactly one of the fields in [ai aws static dynamicForwardProxy mcp] must be set"
LLM = "spec.ai.llm"
GROUP = "spec.ai.priorityGroups[0]"


@pytest.mark.parametrize("name", ["backend", "groups", "aws", "mcp", "static"])
def test_good_backends_are_admitted(name: str) -> None:
    assert refusal(GOOD[name]) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{LLM}.port", 1),
        (f"{LLM}.port", 65535),
        (f"{LLM}.port", 443.0),
        (f"{LLM}.path", {}),
        (f"{LLM}.path", ABSENT),
        (f"{LLM}.path.full", "no-slash"),
        (f"{LLM}.authHeader", {"headerName": "x-api-key"}),
        (f"{LLM}.authHeader", {"prefix": "Token"}),
        (f"{LLM}.openai.model", ABSENT),
        (f"{LLM}.openai.model", ""),
        (f"{LLM}.openai.model", None),
        # CASES 111: nothing ties the kind to the field that it is about.
        (f"{LLM}.openai.authToken", {"kind": "SecretRef"}),
        (f"{LLM}.openai.authToken", {"kind": "SecretRef", "secretRef": {}}),
        (f"{LLM}.openai.authToken", {"kind": "Inline", "secretRef": {"name": "x"}}),
        (LLM, {"openai": {"authToken": TOKEN}}),
        (LLM, {"azureopenai": {"authToken": TOKEN, "endpoint": "e", "deploymentName": "d", "apiVersion": "v"}}),
        (LLM, {"anthropic": {"authToken": TOKEN}}),
        (LLM, {"gemini": {"authToken": TOKEN, "model": "m", "apiVersion": "v1beta"}}),
        (LLM, {"bedrock": {}}),
        (LLM, {"bedrock": {"guardrail": {"identifier": "i", "version": "1"}}}),
        (
            LLM,
            {
                "vertexai": {
                    "authToken": TOKEN,
                    "model": "m",
                    "apiVersion": "v1",
                    "projectId": "p",
                    "location": "l",
                    "publisher": "GOOGLE",
                }
            },
        ),
        ("spec", {"type": "DynamicForwardProxy", "dynamicForwardProxy": {"enableTls": True}}),
    ],
)
def test_variations_are_admitted(path: str, value: Any) -> None:
    assert refusal(changed("backend", path, value)) == ""


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # CASES 100
        (f"{LLM}.port", ABSENT, f'{LLM}: Invalid value: "object": both host and port must be set together'),
        (f"{LLM}.host", ABSENT, f'{LLM}: Invalid value: "object": both host and port must be set together'),
        # CASES 101
        (f"{LLM}.port", 0, f"{LLM}.port: Invalid value: 0: {LLM}.port in body should be greater than or equal to 1"),
        (
            f"{LLM}.port",
            65536,
            f"{LLM}.port: Invalid value: 65536: {LLM}.port in body should be less than or equal to 65535",
        ),
        (
            f"{LLM}.port",
            "443",
            f'[{LLM}.port: Invalid value: "string": {LLM}.port in body must be of type integer: "string", {UNCHECKED}]',
        ),
        (
            f"{LLM}.port",
            443.5,
            f'[{LLM}.port: Invalid value: "number": {LLM}.port in body must be of type integer: "number", {UNCHECKED}]',
        ),
        (
            f"{LLM}.port",
            True,
            f'[{LLM}.port: Invalid value: "boolean": {LLM}.port in body must be of type integer: "boolean",'
            f" {UNCHECKED}]",
        ),
        (f"{LLM}.host", "", f'{LLM}.host: Invalid value: "": {LLM}.host in body should be at least 1 chars long'),
        # CASES 102
        (f"{LLM}.anthropic", {"authToken": TOKEN}, f'{LLM}: Invalid value: "object": {ONE_PROVIDER}'),
        (f"{LLM}.openai", ABSENT, f'{LLM}: Invalid value: "object": {ONE_PROVIDER}'),
        # CASES 103
        (
            "spec.ai",
            ABSENT,
            "[spec: Invalid value: \"object\": ai backend must be specified when type is 'AI',"
            f' spec: Invalid value: "object": {ONE_TYPE}]',
        ),
        (
            "spec.type",
            "Static",
            "spec: Invalid value: \"object\": static backend must be specified when type is 'Static'",
        ),
        ("spec.static", {"hosts": [{"host": "h", "port": 1}]}, f'spec: Invalid value: "object": {ONE_TYPE}'),
        (
            "spec.type",
            "Envoy",
            '[spec.type: Unsupported value: "Envoy": supported values: "AI", "AWS", "Static", "DynamicForwardProxy",'
            f' "MCP", {UNCHECKED}]',
        ),
        ("spec.type", ABSENT, f"[spec.type: Required value, {UNCHECKED}]"),
        # CASES 104
        (
            "spec.ai.priorityGroups",
            [{"providers": [{"name": "a", "openai": {"authToken": TOKEN}}]}],
            'spec.ai: Invalid value: "object": exactly one of the fields in [llm priorityGroups] must be set',
        ),
        (
            "spec.ai",
            {},
            'spec.ai: Invalid value: "object": exactly one of the fields in [llm priorityGroups] must be set',
        ),
        # CASES 105
        (f"{LLM}.openai.authToken", ABSENT, f"[{LLM}.openai.authToken: Required value, {UNCHECKED}]"),
        (f"{LLM}.openai.authToken", None, f"[{LLM}.openai.authToken: Required value, {UNCHECKED}]"),
        (
            f"{LLM}.openai.authToken.kind",
            "secretRef",
            f'[{LLM}.openai.authToken.kind: Unsupported value: "secretRef": supported values: "Inline", "SecretRef",'
            f' "Passthrough", {UNCHECKED}]',
        ),
        (
            f"{LLM}.openai.authToken.inline",
            "x",
            f'{LLM}.openai.authToken: Invalid value: "object":'
            " at most one of the fields in [inline secretRef] may be set",
        ),
        # CASES 106
        (
            f"{LLM}.authHeader",
            {},
            f'{LLM}.authHeader: Invalid value: "object": at least one of prefix or headerName must be set',
        ),
        # CASES 107
        (
            f"{LLM}.path.full",
            "",
            f'{LLM}.path.full: Invalid value: "": {LLM}.path.full in body should be at least 1 chars long',
        ),
        (
            LLM,
            {"bedrock": {"region": "EU"}},
            f"{LLM}.bedrock.region: Invalid value: \"EU\": {LLM}.bedrock.region in body should match '^[a-z0-9-]+$'",
        ),
        (
            "spec",
            "text",
            f'[spec: Invalid value: "string": spec in body must be of type object: "string", {UNCHECKED}]',
        ),
    ],
)
def test_refusals_of_a_single_provider(path: str, value: Any, message: str) -> None:
    assert refusal(changed("backend", path, value)) == message


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # CASES 108
        (
            f"{GROUP}.providers[1].name",
            "a",
            f'{GROUP}.providers: Invalid value: "array": provider names must be unique within a group',
        ),
        (
            f"{GROUP}.providers",
            [],
            f"{GROUP}.providers: Invalid value: 0: {GROUP}.providers in body should have at least 1 items",
        ),
        (
            "spec.ai.priorityGroups",
            [],
            "spec.ai.priorityGroups: Invalid value: 0: spec.ai.priorityGroups in body should have at least 1 items",
        ),
        (
            "spec.ai.priorityGroups",
            [{"providers": [{"name": f"p{each}", "bedrock": {}} for each in range(33)]}],
            f"[{GROUP}.providers: Too many: 33: must have at most 32 items, {UNCHECKED}]",
        ),
        (f"{GROUP}.providers[0].name", ABSENT, f"[{GROUP}.providers[0].name: Required value, {UNCHECKED}]"),
        (
            f"{GROUP}.providers[0].host",
            "example.com",
            f'{GROUP}.providers[0]: Invalid value: "object": both host and port must be set together',
        ),
        (
            f"{GROUP}.providers[0].name",
            "x" * 254,
            f"[{GROUP}.providers[0].name: Too long: may not be more than 253 bytes, {UNCHECKED}]",
        ),
        (
            f"{GROUP}.providers[1]",
            None,
            f'[{GROUP}.providers[1]: Invalid value: "null": {GROUP}.providers[1] in body must be of type object:'
            f' "null", {UNCHECKED}]',
        ),
    ],
)
def test_refusals_of_priority_groups(path: str, value: Any, message: str) -> None:
    assert refusal(changed("groups", path, value)) == message


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        (
            "aws",
            "spec.aws.auth.secretRef",
            ABSENT,
            "spec.aws.auth: Invalid value: \"object\": secretRef must be specified when type is 'Secret'",
        ),
        (
            "aws",
            "spec.aws.accountId",
            "12",
            "spec.aws.accountId: Invalid value: \"12\": spec.aws.accountId in body should match '^[0-9]{12}$'",
        ),
        (
            "aws",
            "spec.aws.accountId",
            "123456789012\n",
            # Only what is wrong with a text first is told: the newline makes it too long, and no longer fit, too.
            f"[spec.aws.accountId: Too long: may not be more than 12 bytes, {UNCHECKED}]",
        ),
        (
            "mcp",
            "spec.mcp.targets[1].name",
            "a",
            '[spec.mcp.targets[1]: Duplicate value: {"name":"a"},'
            ' spec.mcp.targets: Invalid value: "array": target names must be unique]',
        ),
        (
            "mcp",
            "spec.mcp.targets[1].selector",
            {},
            'spec.mcp.targets[1].selector: Invalid value: "object": at least one of namespace or service must be set',
        ),
        (
            "mcp",
            "spec.mcp.targets[1].static",
            {"host": "h", "port": 1},
            'spec.mcp.targets[1]: Invalid value: "object": exactly one of the fields in [selector static] must be set',
        ),
        (
            "static",
            "spec.static.hosts[0].port",
            0,
            "spec.static.hosts[0].port: Invalid value: 0:"
            " spec.static.hosts[0].port in body should be greater than or equal to 1",
        ),
    ],
)
def test_refusals_of_other_backends(name: str, path: str, value: Any, message: str) -> None:
    assert refusal(changed(name, path, value)) == message


@pytest.mark.parametrize(
    ("type_", "field"), [("AWS", "aws"), ("DynamicForwardProxy", "dynamicForwardProxy"), ("MCP", "mcp")]
)
def test_a_type_needs_its_field(type_: str, field: str) -> None:
    assert refusal(changed("backend", "spec.type", type_)) == (
        f"spec: Invalid value: \"object\": {field} backend must be specified when type is '{type_}'"
    )


def test_defaults() -> None:
    aws = admitted(GOOD["aws"])["spec"]["aws"]
    assert aws["region"] == "us-east-1"
    assert aws["lambda"] == {
        "functionName": "hello",
        "invocationMode": "Sync",
        "payloadTransformMode": "Envoy",
        "qualifier": "$LATEST",
    }


def test_a_null_counts_as_absent() -> None:
    assert "path" not in admitted(changed("backend", f"{LLM}.path", None))["spec"]["ai"]["llm"]
