"""What kgateway 2.1's Backends are refused for, as data: one edit of a good object and the message that comes of it.

Messages are those of FACTS 1.11 and 7.2, without the path before them, as the field may stand in a priority group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.cases.admission_edits import REMOVED, Rule, Spec, entry, llm, openai, put, whole

__all__ = ["ODDITIES", "RULES"]


def token(**values: Any) -> Callable[[Spec], None]:
    """Fields of its `authToken`."""
    return lambda spec: put(entry(spec)["openai"]["authToken"], **values)


def providers(*names: str) -> Callable[[Spec], None]:
    """One priority group with the provider entry under these names."""

    def edit(spec: Spec) -> None:
        members = [{**entry(spec), "name": name} for name in names]
        spec["ai"] = {"priorityGroups": [{"providers": members}]}

    return edit


def host_in_group(spec: Spec) -> None:
    """A provider of a priority group with a host and no port."""
    providers("a")(spec)
    put(spec["ai"]["priorityGroups"][0]["providers"][0], host="api.example.com", port=REMOVED)


def both_shapes(spec: Spec) -> None:
    """`llm` and `priorityGroups` side by side."""
    single = {name: value for name, value in entry(spec).items() if name != "name"}
    spec["ai"] = {"llm": single, "priorityGroups": [{"providers": [{**single, "name": "a"}]}]}


TOGETHER = "both host and port must be set together"
ONE_PROVIDER = "exactly one of the fields in [openai azureopenai anthropic gemini vertexai bedrock] must be set"
ONE_SHAPE = "exactly one of the fields in [llm priorityGroups] must be set"
NOT_EMPTY = "in body should be at least 1 chars long"
OTHER = {"authToken": {"kind": "Passthrough"}}

RULES: Mapping[str, tuple[Rule, ...]] = {
    "host-and-port": (
        Rule("host-without-port", llm(host="api.example.com", port=REMOVED), TOGETHER),
        Rule("port-without-host", llm(host=REMOVED, port=443), TOGETHER),
        Rule("group-host-without-port", host_in_group, TOGETHER),
    ),
    "host-and-port-form": (
        Rule(
            "port-text", llm(host="api.example.com", port="443"), ".port: expected numeric (int or float), got string"
        ),
        Rule("host-empty", llm(host="", port=443), f".host {NOT_EMPTY}"),
    ),
    "port-range": (
        Rule("port-0", llm(host="a.example", port=0), ".port in body should be greater than or equal to 1"),
        Rule("port-65536", llm(host="a.example", port=65536), ".port in body should be less than or equal to 65535"),
    ),
    "one-provider": (
        Rule("two-providers", llm(openai=OTHER, anthropic=OTHER), ONE_PROVIDER),
        Rule("no-provider", llm(openai=REMOVED), ONE_PROVIDER),
    ),
    "type": (
        Rule("ai-without-ai", whole(ai=REMOVED), "ai backend must be specified when type is 'AI'"),
        Rule("static-with-ai", whole(type="Static"), "static backend must be specified when type is 'Static'"),
        Rule(
            "ai-and-static",
            whole(static={"hosts": [{"host": "a.example", "port": 80}]}),
            "exactly one of the fields in [ai aws static dynamicForwardProxy mcp] must be set",
        ),
        Rule("type-unknown", whole(type="OpenAI"), 'Unsupported value: "OpenAI": supported values: "AI"'),
    ),
    "llm-or-groups": (
        Rule("llm-and-groups", both_shapes, ONE_SHAPE),
        Rule("neither", whole(ai={}), ONE_SHAPE),
    ),
    "auth-token": (
        Rule("token-missing", openai(authToken=REMOVED), "authToken: Required value"),
        Rule("kind-unknown", token(kind="Secret"), 'Unsupported value: "Secret": supported values: "Inline"'),
        Rule("kind-missing", token(kind=REMOVED), "authToken.kind: Required value"),
        Rule(
            "inline-and-secret",
            token(inline="x", secretRef={"name": "x"}),
            "at most one of the fields in [inline secretRef]",
        ),
    ),
    "auth-header": (Rule("empty", llm(authHeader={}), "at least one of prefix or headerName must be set"),),
    "path": (Rule("full-empty", llm(path={"full": ""}), f".path.full {NOT_EMPTY}"),),
    "groups": (
        Rule("names-repeated", providers("a", "a"), "provider names must be unique within a group"),
        Rule("no-member", providers(), ".providers in body should have at least 1 items"),
        Rule("no-group", whole(ai={"priorityGroups": []}), ".priorityGroups in body should have at least 1 items"),
    ),
    "misplaced": (
        Rule("host-under-openai", openai(host="a.example"), ".openai.host"),
        Rule("port-under-openai", openai(port=443), ".openai.port"),
        Rule("path-under-openai", openai(path={"full": "/v1"}), ".openai.path"),
        Rule("model-under-llm", llm(model="any"), ".model"),
    ),
}
"""What is refused, by what it is about."""

ODDITIES = (
    Rule("path-without-full", llm(path={})),
    Rule("path-without-slash", llm(path={"full": "v1/chat/completions"})),
    Rule("secret-ref-missing", openai(authToken={"kind": "SecretRef"})),
    Rule("secret-ref-empty", openai(authToken={"kind": "SecretRef", "secretRef": {}})),
    Rule("kind-and-field-differ", openai(authToken={"kind": "Inline", "secretRef": {"name": "x"}})),
    Rule("model-empty", openai(model="")),
)
"""What the API takes although it can mean nothing good (FACTS 1.4, 7.2)."""
