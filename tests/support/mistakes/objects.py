"""Mistakes that any object can have, and what a version does not do: what is edited, and what is told where."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, KGATEWAY, Mistake, documented
from tests.support.mistakes.routes import APART

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
AUTH = "    auth:\n      secretRef:\n        name: mistral-secret\n"
HOST = "      host: api.mistral.ai\n"
AGW_PATH, KGW_PATH = "      path: /v1/chat/completions\n", '      path:\n        full: "/v1/chat/completions"\n'
GROUPS = """  ai:
    priorityGroups:
    - providers: &one
      - {name: a, host: api.mistral.ai, port: 443, path: {full: /v1/chat/completions}, openai: TOKEN}
    - providers:
      - {name: b, host: api.mistral.ai, port: 443, path: {full: /v1/chat/completions}, openai: TOKEN}
""".replace("TOKEN", "{authToken: {kind: SecretRef, secretRef: {name: mistral-secret}}}").replace(" &one", "")
AGW_LLM = AGW[AGW.index("  ai:\n") : AGW.index("  policies:\n")]
AGW_GROUPS = """  ai:
    groups:
    - providers:
      - {name: a, openai: {model: mistral-medium-2505}, host: api.mistral.ai, port: 443, path: /v1/chat/completions}
    - providers:
      - {name: b, openai: {model: mistral-small-2506}, host: api.mistral.ai, port: 443, path: /v1/chat/completions}
"""
LLM = KGW[KGW.index("  ai:\n") : KGW.index("---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute")]

OBJECT_MISTAKES = [
    Mistake(KGW, [("stringData", "stringdata")], "unknown-field", "stringdata"),
    Mistake(KGW, [(HOST, HOST.replace("host:", "hosts:") + HOST)], "unknown-field", "hosts:"),
    Mistake(KGW, [(HOST, HOST + "      authToken: {kind: Passthrough}\n")], "unknown-field", "authToken:"),
    Mistake(AGW, [("      openai:\n", "      openai:\n        temperature: 1\n")], "unknown-field", "temperature"),
    Mistake(
        KGW,
        [("    hostname: api.mistral.ai\n    well", "    hostname: api.mistral.ai\n    sni: x\n    well")],
        "unknown-field",
        "sni",
    ),
    Mistake(KGW, [("  ai:\n", "  policies: {}\n  ai:\n")], "dialect-mixed", "policies"),
    Mistake(KGW, [(HOST, HOST + "      pathPrefix: /v1\n")], "dialect-mixed", "pathPrefix"),
    Mistake(AGW, [("  ai:\n", "  type: AI\n  ai:\n")], "dialect-mixed", "type: AI"),
    Mistake(
        AGW,
        [("      openai:\n", "      openai:\n        authToken: {kind: Passthrough}\n")],
        "dialect-mixed",
        "authToken",
    ),
    Mistake(
        KGW,
        [("k8s.io/v1\nkind: BackendTLSPolicy", "k8s.io/v1alpha3\nkind: BackendTLSPolicy")],
        "api-version",
        "apiVersion: gateway.networking.k8s.io/v1alpha3",
        "warning",
    ),
    Mistake(
        KGW,
        [("k8s.io/v1\nkind: BackendTLSPolicy", "k8s.io/v1alpha2\nkind: BackendTLSPolicy")],
        "api-version",
        "apiVersion: gateway.networking.k8s.io/v1alpha2",
    ),
    Mistake(
        documented(AGENTGATEWAY, "deepseek"),
        [("k8s.io/v1\nkind: BackendTLSPolicy", "k8s.io/v1alpha3\nkind: BackendTLSPolicy")],
        "api-version",
        "apiVersion: gateway.networking.k8s.io/v1alpha3",
    ),
    Mistake(
        AGW, [("agentgateway.dev/v1alpha1", "agentgateway.dev/v1")], "api-version", "apiVersion: agentgateway.dev/v1"
    ),
    Mistake(
        KGW,
        [("gateway.kgateway.dev/v1alpha1", "gateway.kgateway.io/v1alpha1")],
        "api-group",
        "apiVersion: gateway.kgateway.io",
    ),
    Mistake(
        KGW,
        [("gateway.networking.k8s.io/v1\nkind: HTTPRoute", "gateway.networking.k8s.io.dev/v1\nkind: HTTPRoute")],
        "api-group",
        "apiVersion: gateway.networking.k8s.io.dev",
    ),
    Mistake(KGW, [("name: mistral-tls", "name: mistral_tls")], "name-syntax", "name: mistral_tls"),
    Mistake(KGW, [("name: mistral-tls", "name: " + "a" * 254)], "name-syntax", "name: aaa"),
    Mistake(
        KGW, [("  name: mistral-tls", "  labels: {owner: 'The Team'}\n  name: mistral-tls")], "label-syntax", "owner:"
    ),
    Mistake(KGW, [("  name: mistral-tls", "  labels: {a b: c}\n  name: mistral-tls")], "label-syntax", "a b:"),
    Mistake(KGW, [(LLM, GROUPS)], "groups-without-health", "providers", "warning"),
    Mistake(AGW, [(AGW_LLM, AGW_GROUPS)], "groups-without-health", "providers:", "warning"),
    Mistake(
        KGW,
        [(HOST, HOST + "      authHeader: {prefix: Bearer}\n")],
        "field-ignored-by-version",
        "authHeader",
        "warning",
        version="0.10.5",
    ),
    Mistake(
        KGW,
        [("    well", "    subjectAltNames: [{type: Hostname, hostname: api.mistral.ai}]\n    well")],
        "field-ignored-by-version",
        "subjectAltNames",
        "warning",
        version="0.10.3",
    ),
    Mistake(APART, [], "field-ignored-by-version", "namespace: kgateway-system", "warning", version="0.10.5"),
    Mistake(AGW, [(AGW_PATH, "")], "default-missing-in-version", "provider:", "warning", version="1.4.1"),
    Mistake(KGW, [(KGW_PATH, "")], "default-missing-in-version", "llm:", "warning", version="0.10.5"),
    Mistake(documented(KGATEWAY, "deepseek"), [], "default-missing-in-version", "matches", "warning", version="0.10.5"),
    Mistake(
        AGW,
        [(AUTH, ""), ("      openai:\n", "      openai:\n        authToken: {kind: Passthrough}\n")],
        "dialect-mixed",
        "authToken",
    ),
]
