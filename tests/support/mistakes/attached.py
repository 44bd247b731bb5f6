"""Mistakes with AgentgatewayPolicies and TrafficPolicies, and with credentials beside the key."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, KGATEWAY, Mistake, documented

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
SNI = "    tls:\n      sni: api.mistral.ai\n"
SECRET = "        name: mistral-secret\n"


def policy(targets: str, said: str = "traffic: {retry: {attempts: 2}}", name: str = "p") -> str:
    metadata = f"{{name: {name}, namespace: agentgateway-system}}"
    head = "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolicy\n"
    return f"\n---\n{head}metadata: {metadata}\nspec:\n  targetRefs:\n  - {targets}\n  {said}\n"


def traffic(targets: str) -> str:
    metadata = "{name: p, namespace: kgateway-system}"
    head = "apiVersion: gateway.kgateway.dev/v1alpha1\nkind: TrafficPolicy\n"
    return f"---\n{head}metadata: {metadata}\nspec:\n  {targets}\n  timeouts: {{request: 1m}}\n"


ROUTE = "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: mistral}"
GATEWAY = "{group: gateway.networking.k8s.io, kind: Gateway, name: agentgateway-proxy}"
BACKEND = "{group: agentgateway.dev, kind: AgentgatewayBackend, name: mistral}"
SECTION = ", sectionName: chat}"

WRITTEN = """traffic:
    headerModifiers: {request: {set: [{name: X-Api-Key, value: 8fQ2vLx7Kd}]}}"""
REWRITTEN = (
    "        hostname: api.mistral.ai\n",
    "        hostname: api.mistral.ai\n        path:\n          type: ReplaceFullPath\n"
    "          replaceFullPath: /v1/completions\n",
)
VARIABLE = """    - type: RequestHeaderModifier
      requestHeaderModifier: {set: [{name: Authorization, value: Bearer $MISTRAL_API_KEY}]}
"""
ORG = """
---
apiVersion: v1
kind: Secret
metadata: {name: org, namespace: agentgateway-system}
stringData:
  org_key: 7gHk2wQz9
"""
FURTHER = "{location: {header: {name: x-org}}, secretRef: {name: org, key: org-key}}"
LEFT = WRITTEN.replace("8fQ2vLx7Kd", "<your key>")
COMPUTED = """traffic:
    transformation: {request: {add: [{name: authorization, value: '"Bearer 8fQ2vLx7Kd"'}]}}"""

KEEPS_HOST = "traffic: {hostRewrite: {mode: None}}"

SOON = "backend: {http: {requestTimeout: 2s}}"
TINY = "frontend: {http: {maxBufferSize: 16}}"
TOLD = "backend: {ai: {defaults: [{field: user, value: sk-Q2m7Zr41xTqY8vKd03}]}}"

ATTACHED_MISTAKES = [
    Mistake(AGW + policy(BACKEND, SOON), [], "timeout-too-short", "requestTimeout:", "warning"),
    Mistake(AGW + policy(GATEWAY, TINY), [], "limit-too-small", "maxBufferSize:"),
    Mistake(AGW + policy(BACKEND, TOLD), [], "key-in-body", "value:", "warning"),
    Mistake(
        AGW.replace("    filters:\n    - type: URLRewrite\n      urlRewrite:\n        hostname: api.mistral.ai\n", "")
        + policy(ROUTE, KEEPS_HOST), [], "rewrite-hostname-differs", "mode:", "warning",
    ),
    Mistake(AGW + policy(ROUTE, WRITTEN), [], "key-in-modifier", "value:", "warning"),
    Mistake(AGW, [REWRITTEN], "rewrite-outranked", "replaceFullPath", "warning"),
    Mistake(AGW, [("    filters:\n", f"    filters:\n{VARIABLE}")], "placeholder-left", "value: Bearer"),
    Mistake(AGW + policy(ROUTE, LEFT), [], "placeholder-left", "value:"),
    Mistake(AGW + policy(ROUTE, COMPUTED), [], "key-in-modifier", "value:", "warning"),
    Mistake(
        AGW + policy(ROUTE), [("HTTPRoute, name: mistral", "HTTPRoute, name: mistrall")], "policy-without-target",
        "name: mistrall", "warning",
    ),
    Mistake(
        AGW + policy(GATEWAY), [("name: p, namespace: agentgateway-system", "name: p, namespace: default")],
        "policy-without-target", "namespace: default", "warning",
    ),
    Mistake(AGW + policy(BACKEND), [("Backend, name: mistral}", "Backend, name: groq}")], "policy-without-target",
            "name: groq", "warning"),
    Mistake(AGW + policy(ROUTE), [("name: mistral}", f"name: mistral{SECTION}")], "policy-section-unknown",
            "sectionName: chat", "warning"),
    Mistake(AGW + policy(BACKEND), [("name: mistral}", f"name: mistral{SECTION}")], "policy-section-unknown",
            "sectionName: chat", "warning"),
    Mistake(
        KGW + traffic("targetSelectors: [{group: gateway.networking.k8s.io, kind: HTTPRoute, matchLabels: {a: b}}]"),
        [], "policy-not-read", "", "warning",
    ),
    Mistake(
        KGW + traffic("targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: mistral}]"), [],
        "policy-not-read", "", "warning",
    ),
    Mistake(AGW + policy(ROUTE) + policy(ROUTE, name="q"), [], "policies-rival", "retry:", "warning"),
    Mistake(AGW + policy(ROUTE, "backend: {tls: {sni: a.example}}"), [], "policy-outranked", "tls:", "warning"),
    Mistake(
        AGW + policy(ROUTE, "backend: {tcp: {connectTimeout: 1s}}") + policy(BACKEND, "backend: {tcp: {}}", "q"), [],
        "policies-rival", "tcp:", "warning",
    ),
    Mistake(
        AGW, [(SNI, f"{SNI}      mtlsCertificateRef: [{{name: our-cert}}]\n")], "client-certificate-missing",
        "name: our-cert",
    ),
    Mistake(
        f"{AGW}---\n{{apiVersion: v1, kind: Secret, metadata: {{name: our-cert, namespace: agentgateway-system}},"
        " stringData: {tls.crt: c}}\n", [(SNI, f"{SNI}      mtlsCertificateRef: [{{name: our-cert}}]\n")],
        "client-certificate-missing", "name: our-cert",
    ),
    Mistake(
        AGW, [(SECRET, f"{SECRET}      location: {{queryParameter: {{name: key}}}}\n")], "key-lost-with-query",
        "location", beside=["auth-header-unlike-vendor"],
    ),
    Mistake(
        AGW + ORG, [(SECRET, f"{SECRET}      credentials:\n      - {FURTHER}\n")], "secret-key-name", "org_key:",
    ),
    Mistake(
        AGW, [(SECRET, f"{SECRET}      location: {{cookie: {{name: key}}}}\n")], "auth-header-unlike-vendor", "location"
    ),
]  # fmt: skip
