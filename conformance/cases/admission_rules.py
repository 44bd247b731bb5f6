"""What the documented APIs refuse, as data: one edit of a good object and the message that must come of it.

Messages are those of FACTS 1.11 and 7.2, without the path before them, as the field may stand in a priority group.
An edit raises LookupError when the manifests have nothing that it could be made on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.dialects import kgateway_2_1

__all__ = ["ODDITIES", "RULES", "Rule"]

Spec = dict[str, Any]

KGATEWAY = (kgateway_2_1.NAME,)
EVERY = (kgateway_2_1.NAME, "agentgateway-1")
REMOVED = object()


@dataclass(frozen=True)
class Rule:
    """One edit of a `spec`; `message` is part of the refusal's, empty where the API takes the object."""

    name: str
    edit: Callable[[Spec], None]
    message: str = ""
    kind: str = kgateway_2_1.BACKEND_KIND
    dialects: tuple[str, ...] = KGATEWAY

    def __str__(self) -> str:
        return self.name


def put(mapping: dict[str, Any], **values: Any) -> None:
    """Set or (with REMOVED) remove fields."""
    for name, value in values.items():
        if value is REMOVED:
            mapping.pop(name, None)
        else:
            mapping[name] = value


def entry(spec: Spec) -> dict[str, Any]:
    """The first provider entry: `spec.ai.llm`, or that of the first priority group."""
    return kgateway_2_1.raw_llms({"spec": spec})[0]


def llm(**values: Any) -> Callable[[Spec], None]:
    """Fields of the provider entry."""
    return lambda spec: put(entry(spec), **values)


def openai(**values: Any) -> Callable[[Spec], None]:
    """Fields of its `openai`."""
    return lambda spec: put(entry(spec)["openai"], **values)


def token(**values: Any) -> Callable[[Spec], None]:
    """Fields of its `authToken`."""
    return lambda spec: put(entry(spec)["openai"]["authToken"], **values)


def providers(*names: str) -> Callable[[Spec], None]:
    """One priority group with the provider entry under these names."""

    def edit(spec: Spec) -> None:
        members = [{**entry(spec), "name": name} for name in names]
        spec["ai"] = {"priorityGroups": [{"providers": members}]}

    return edit


def both_shapes(spec: Spec) -> None:
    """`llm` and `priorityGroups` side by side."""
    single = {name: value for name, value in entry(spec).items() if name != "name"}
    spec["ai"] = {"llm": single, "priorityGroups": [{"providers": [{**single, "name": "a"}]}]}


def whole(**values: Any) -> Callable[[Spec], None]:
    """Fields of the spec itself."""
    return lambda spec: put(spec, **values)


def targets(count: int, **changes: Any) -> Callable[[Spec], None]:
    """The policy's first target so many times; `changes` in the last of them."""

    def edit(spec: Spec) -> None:
        first = {name: value for name, value in spec["targetRefs"][0].items() if name != "sectionName"}
        spec["targetRefs"] = [dict(first) for _ in range(count)]
        if changes:
            spec["targetRefs"][-1].update(changes)

    return edit


def distinct_targets(count: int) -> Callable[[Spec], None]:
    """So many different targets."""
    return lambda spec: put(
        spec, targetRefs=[{**spec["targetRefs"][0], "name": f"target-{number}"} for number in range(count)]
    )


def policy(name: str, edit: Callable[[Spec], None], message: str) -> Rule:
    """A rule of the Gateway API, which both dialects have."""
    return Rule(name, edit, message, "BackendTLSPolicy", EVERY)


def validation(**values: Any) -> Callable[[Spec], None]:
    """Fields of the policy's `validation`."""
    return lambda spec: put(spec["validation"], **values)


TOGETHER = "both host and port must be set together"
ONE_PROVIDER = "exactly one of the fields in [openai azureopenai anthropic gemini vertexai bedrock] must be set"
ONE_SHAPE = "exactly one of the fields in [llm priorityGroups] must be set"
NOT_EMPTY = "in body should be at least 1 chars long"
CONFIG_MAP = {"group": "", "kind": "ConfigMap", "name": "authorities"}
OTHER = {"authToken": {"kind": "Passthrough"}}
SAME_TARGET = "when targetRefs includes 2 or more references to the same target"

RULES: Mapping[str, tuple[Rule, ...]] = {
    "host-and-port": (
        Rule("host-without-port", llm(host="api.example.com", port=REMOVED), TOGETHER),
        Rule("port-without-host", llm(host=REMOVED, port=443), TOGETHER),
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
        policy("hostname-under-spec", whole(hostname="a.example"), ".spec.hostname"),
    ),
    "policy-authorities": (
        policy(
            "both",
            validation(caCertificateRefs=[CONFIG_MAP], wellKnownCACertificates="System"),
            "must not contain both CACertificateRefs and WellKnownCACertificates",
        ),
        policy(
            "neither",
            validation(caCertificateRefs=REMOVED, wellKnownCACertificates=REMOVED),
            "must specify either CACertificateRefs or WellKnownCACertificates",
        ),
        policy(
            "well-known-unknown",
            validation(caCertificateRefs=REMOVED, wellKnownCACertificates="Mozilla"),
            'Unsupported value: "Mozilla"',
        ),
    ),
    "policy-hostname": (
        policy("missing", validation(hostname=REMOVED), "spec.validation.hostname: Required value"),
        policy("wildcard", validation(hostname="*.example.com"), "spec.validation.hostname in body should match"),
    ),
    "policy-ip": (policy("ip", validation(hostname="192.0.2.1"), "spec.validation.hostname: Invalid value"),),
    "policy-targets": (
        policy("none", whole(targetRefs=[]), "spec.targetRefs in body should have at least 1 items"),
        policy("17", distinct_targets(17), "must have at most 16 items"),
        policy("repeated", targets(2), f"sectionName must be unique {SAME_TARGET}"),
        policy("section-once", targets(2, sectionName="a"), f"sectionName must be specified {SAME_TARGET}"),
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
