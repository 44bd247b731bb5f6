"""What agentgateway 1.4's Backends are refused for, as data: one edit of a good object and the message of its CRD.

Messages are those of FACTS 4.1 and of the CRD's rules, without the path before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.cases.admission_edits import REMOVED, Rule, Spec, entry, llm, openai, put, whole

__all__ = ["ODDITIES", "RULES"]


def policies(**values: Any) -> Callable[[Spec], None]:
    """Fields of the Backend's `policies`."""
    return lambda spec: put(spec.setdefault("policies", {}), **values)


def auth(**values: Any) -> Callable[[Spec], None]:
    """An `auth` of just these fields."""
    return policies(auth=values)


def tls(**values: Any) -> Callable[[Spec], None]:
    """A `tls` of just these fields."""
    return policies(tls=values)


def groups(*names: str) -> Callable[[Spec], None]:
    """One group with the provider entry under these names."""

    def edit(spec: Spec) -> None:
        members = [{**entry(spec), "name": name} for name in names]
        spec["ai"] = {"groups": [{"providers": members}]}

    return edit


def both_shapes(spec: Spec) -> None:
    """`provider` and `groups` side by side."""
    single = {name: value for name, value in entry(spec).items() if name not in ("name", "policies")}
    spec["ai"] = {"provider": single, "groups": [{"providers": [{**single, "name": "a"}]}]}


def custom(*formats: dict[str, str], **more: Any) -> Callable[[Spec], None]:
    """A custom provider in the place of `openai`."""
    wanted = {"formats": list(formats) or [{"type": "Completions"}]}
    return llm(openai=REMOVED, custom=wanted, **more)


_PROVIDERS = "openai azureopenai azure anthropic gemini vertexai bedrock custom"
_AUTHS = "key secretRef passthrough aws azure gcp oauthTokenExchange crossAppAccess"
TOGETHER = "both host and port must be set together"
ONE_PROVIDER = f"exactly one of the fields in [{_PROVIDERS}] must be set"
ONE_SHAPE = "exactly one of the fields in [provider groups] must be set"
ONE_KIND = "exactly one of the fields in [ai static dynamicForwardProxy mcp aws a2a] must be set"
ONE_LOCATION = "exactly one of the fields in [header queryParameter cookie] must be set"
NO_CREDENTIAL = f"must specify credentials, or at most one of {_AUTHS.replace(' ', '/')}"
NO_TARGET = "custom providers must specify exactly one of backendRef or host and port"
NOT_EMPTY = "in body should be at least 1 chars long"
SECRET = {"name": "x"}

RULES: Mapping[str, tuple[Rule, ...]] = {
    "host-and-port": (
        Rule("host-without-port", llm(host="api.example.com", port=REMOVED), TOGETHER),
        Rule("port-without-host", llm(host=REMOVED, port=443, pathPrefix=REMOVED), TOGETHER),
    ),
    "host-and-port-form": (
        Rule("port-text", llm(host="a.example", port="443"), ".port: expected numeric (int or float), got string"),
        Rule("host-empty", llm(host="", port=443), f".host {NOT_EMPTY}"),
    ),
    "port-range": (
        Rule("port-0", llm(host="a.example", port=0), ".port in body should be greater than or equal to 1"),
        Rule("port-65536", llm(host="a.example", port=65536), ".port in body should be less than or equal to 65535"),
    ),
    "one-provider": (
        Rule("two-providers", llm(openai={}, anthropic={}), ONE_PROVIDER),
        Rule("no-provider", llm(openai=REMOVED), ONE_PROVIDER),
    ),
    "type": (
        Rule("nothing", whole(ai=REMOVED), ONE_KIND),
        Rule("ai-and-static", whole(static={"host": "a.example", "port": 80}), ONE_KIND),
        Rule(
            "ai-policies-for-static",
            whole(ai=REMOVED, static={"host": "a.example", "port": 80}, policies={"ai": {"modelAliases": {}}}),
            "AI policies require AI backend",
        ),
        Rule("type", whole(type="AI"), ".spec.type: field not declared in schema"),
    ),
    "llm-or-groups": (
        Rule("llm-and-groups", both_shapes, ONE_SHAPE),
        Rule("neither", whole(ai={}), ONE_SHAPE),
    ),
    "auth-token": (
        Rule("empty", auth(), NO_CREDENTIAL),
        Rule("inline-and-secret", auth(key="x", secretRef=SECRET), f"at most one of the fields in [{_AUTHS}]"),
        Rule("kind-unknown", auth(token="x"), ".auth.token"),
        Rule("secret-nameless", auth(secretRef={"key": "x"}), "secretRef.name: Required value"),
        Rule("secret-of-other-kind", auth(secretRef={**SECRET, "kind": "Vault"}), "must set both group and kind"),
        Rule("policies-empty", whole(policies={}), "at least one of the fields in [ai auth extAuth health http mcp"),
    ),
    "auth-header": (
        Rule("empty", auth(key="x", location={}), ONE_LOCATION),
        Rule("two", auth(key="x", location={"header": SECRET, "cookie": SECRET}), ONE_LOCATION),
        Rule("header-nameless", auth(key="x", location={"header": {"prefix": "x"}}), "header.name: Required value"),
        Rule(
            "without-key",
            auth(aws={}, location={"header": SECRET}),
            "location may only be set for key, secretRef, or passthrough auth",
        ),
    ),
    "path": (
        Rule("path-empty", llm(path="", pathPrefix=REMOVED), f".path {NOT_EMPTY}"),
        Rule("prefix-empty", llm(path=REMOVED, pathPrefix=""), f".pathPrefix {NOT_EMPTY}"),
    ),
    "groups": (
        Rule("names-repeated", groups("a", "a"), "provider names must be unique within a group"),
        Rule("no-member", groups(), ".providers in body should have at least 1 items"),
        Rule("no-group", whole(ai={"groups": []}), ".groups in body should have at least 1 items"),
        Rule(
            "policies-empty",
            whole(ai={"groups": [{"providers": [{"name": "a", "openai": {}, "policies": {}}]}]}),
            "at least one of the fields in [ai auth health http tcp tls transformation tunnel] must be set",
        ),
    ),
    "misplaced": (
        Rule("host-under-openai", openai(host="a.example"), ".openai.host"),
        Rule("port-under-openai", openai(port=443), ".openai.port"),
        Rule("path-under-openai", openai(path="/v1"), ".openai.path"),
        Rule("model-under-provider", llm(model="any"), ".model"),
        Rule("sni-under-policies", policies(sni="a.example"), ".policies.sni"),
        Rule("auth-token-under-openai", openai(authToken={"kind": "Passthrough"}), ".openai.authToken"),
    ),
    "path-or-prefix": (
        Rule(
            "path-and-prefix",
            llm(host="a.example", port=443, path="/v1/chat/completions", pathPrefix="/v1"),
            "path and pathPrefix are mutually exclusive",
        ),
        Rule(
            "prefix-without-host",
            llm(host=REMOVED, port=REMOVED, path=REMOVED, pathPrefix="/v1"),
            "pathPrefix requires host to be set",
        ),
        Rule(
            "path-and-format-path",
            custom({"type": "Completions", "path": "/v1"}, host="a.example", port=443, path="/v1", pathPrefix=REMOVED),
            "path, pathPrefix, and custom format paths are mutually exclusive",
        ),
    ),
    "custom": (
        Rule("no-target", custom(host=REMOVED, port=REMOVED, pathPrefix=REMOVED), NO_TARGET),
        Rule("no-format", llm(openai=REMOVED, custom={}), "custom.formats: Required value"),
        Rule("relative-path", custom({"type": "Completions", "path": "v1"}), "path must start with /"),
    ),
    "tls": (
        Rule(
            "all-and-authorities",
            tls(insecureSkipVerify="All", caCertificateRefs=[SECRET]),
            "insecureSkipVerify All and caCertificateRefs may not be set together",
        ),
        Rule(
            "unverified-and-names",
            tls(insecureSkipVerify="Hostname", verifySubjectAltNames=["a.example"]),
            "insecureSkipVerify and verifySubjectAltNames may not be set together",
        ),
        Rule("mode-unknown", tls(insecureSkipVerify="Some"), 'Unsupported value: "Some": supported values: "All"'),
        Rule("wildcard", tls(sni="*.example.com"), "tls.sni in body should match"),
        Rule("two-authorities", tls(caCertificateRefs=[SECRET, {"name": "y"}]), "must have at most 1 item"),
        Rule("no-name", tls(verifySubjectAltNames=[]), "verifySubjectAltNames in body should have at least 1 items"),
    ),
}
"""What is refused, by what it is about."""

ODDITIES = (
    Rule("path-without-slash", llm(path="v1/chat/completions", pathPrefix=REMOVED)),
    Rule("prefix-without-slash", llm(path=REMOVED, pathPrefix="v1")),
    Rule("key-empty", auth(key="")),
    Rule("authority-nameless", tls(caCertificateRefs=[{}])),
    Rule("sni-address", tls(sni="192.0.2.1")),
    Rule("model-empty", openai(model="")),
)
"""What the API takes although it can mean nothing good, or might."""
