"""Mistakes in the documented manifests, and a search with an engine that knows what the oracle knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from conformance.certification.mending import Around, Score, Search, find_fix, troubles
from conformance.certification.mending.view import look
from conformance.core.fixtures import fixtures
from conformance.core.problems import Position
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.gateways import read_gateway

FILE = "m.yaml"
PAGE = "kgateway-2.1"
NEXT = "agentgateway-1"


def around(dialect: str, *lines: int) -> Around:
    gateways = [read_gateway(one) for one in gateway_manifests(dialect) if one.kind == "Gateway"]
    return Around(dialect, gateways, [Position(FILE, line, 1) for line in lines])


def documented(dialect: str) -> str:
    return fixtures("manifests", dialect, "mistral.yaml").read_text()


def search(texts: Mapping[str, str], dialect: str, *lines: int, most: int = 60) -> Search:
    """With an engine that knows what admission and the oracle know."""
    surroundings = around(dialect, *lines)

    async def evaluate(changed: Mapping[str, str]) -> Score:
        return Score(failed=len(troubles(look(changed, surroundings))))

    return asyncio.run(find_fix(texts, evaluate, surroundings, seconds=60, most=most))


MISPLACED = (
    '      host: api.mistral.ai\n      port: 443\n      path:\n        full: "/v1/chat/completions"\n',
    '        host: api.mistral.ai\n        port: 443\n        path:\n          full: "/v1/chat/completions"\n',
)
POLICIES = (
    "  policies:\n    auth:\n      secretRef:\n        name: mistral-secret\n    tls:\n      sni: api.mistral.ai\n"
)
# What stands in the page's manifests, and what a person wrote instead: the fix restores every character.
MISTAKES = {
    "host-nested-under-openai": (PAGE, *MISPLACED),
    "host-misspelt": (PAGE, "      host: api.mistral.ai", "      host: api.mistrall.ai"),
    "host-with-scheme": (PAGE, "      host: api.mistral.ai", "      host: https://api.mistral.ai"),
    "host-with-path": (PAGE, "      host: api.mistral.ai", "      host: api.mistral.ai/v1"),
    "host-with-port": (PAGE, "      host: api.mistral.ai", "      host: api.mistral.ai:443"),
    "host-field-misspelt": (PAGE, "      host: api", "      hostname: api"),
    "port-missing": (PAGE, "      port: 443\n", ""),
    "port-wrong": (PAGE, "port: 443", "port: 8443"),
    "port-80": (PAGE, "port: 443", "port: 80"),
    "port-quoted": (PAGE, "port: 443", 'port: "443"'),
    "path-doubled": (PAGE, "/v1/chat/completions", "/v1/v1/chat/completions"),
    "path-without-v1": (PAGE, "/v1/chat/completions", "/chat/completions"),
    "path-of-another": (PAGE, "/v1/chat/completions", "/openai/v1/chat/completions"),
    "path-too-short": (PAGE, "/v1/chat/completions", "/v1"),
    "path-without-slash": (PAGE, "/v1/chat/completions", "v1/chat/completions"),
    "model-unknown": (PAGE, "mistral-medium-2505", "gpt-4o"),
    "type-in-lower-case": (PAGE, "type: AI", "type: ai"),
    "type-of-another": (PAGE, "type: AI", "type: Static"),
    "provider-type": (PAGE, "      openai:", "      mistral:"),
    "token-kind": (PAGE, "kind: SecretRef", "kind: Passthrough"),
    "token-kind-misspelt": (PAGE, "kind: SecretRef", "kind: Secret"),
    "secret-reference": (PAGE, "            name: mistral-secret", "            name: mistral"),
    "secret-key": (PAGE, "  Authorization:", "  api-key:"),
    "secret-key-in-lower-case": (PAGE, "  Authorization:", "  authorization:"),
    "secret-field": (PAGE, "stringData:", "stringdata:"),
    "policy-hostname": (PAGE, "    hostname: api.mistral.ai\n    well", "    hostname: mistral.ai\n    well"),
    "policy-target-name": (PAGE, "  - name: mistral\n    kind", "  - name: mistral-backend\n    kind"),
    "policy-target-kind": (PAGE, "    kind: Backend\n    group", "    kind: Service\n    group"),
    "policy-target-group": (PAGE, "    group: gateway.kgateway.dev\n  val", '    group: ""\n  val'),
    "policy-target-section": (PAGE, "  - name: mistral\n    kind", "  - name: mistral\n    sectionName: a\n    kind"),
    "policy-namespace": (PAGE, "-tls\n  namespace: kgateway-system", "-tls\n  namespace: default"),
    "policy-version": (PAGE, "v1\nkind: BackendTLSPolicy", "v1alpha2\nkind: BackendTLSPolicy"),
    "policy-without-authorities": (PAGE, "    wellKnownCACertificates: System\n", ""),
    "policy-authorities-misspelt": (PAGE, ": System", ": system"),
    "parent-name": (PAGE, "    - name: agentgateway", "    - name: gateway"),
    "parent-namespace": (
        PAGE,
        "agentgateway\n      namespace: kgateway-system",
        "agentgateway\n      namespace: default",
    ),
    "parent-section": (PAGE, "    - name: agentgateway\n", "    - name: agentgateway\n      sectionName: https\n"),
    "parent-misspelt": (PAGE, "  parentRefs:", "  parentRef:"),
    "backend-name": (PAGE, "    - name: mistral\n      name", "    - name: mistral-ai\n      name"),
    "backend-kind": (PAGE, "      kind: Backend\n---", "      kind: AgentgatewayBackend\n---"),
    "backend-namespace": (
        PAGE,
        "    - name: mistral\n      namespace: kgateway-system",
        "    - name: mistral\n      namespace: x",
    ),
    "match-without-slash": (PAGE, "value: /mistral", "value: mistral"),
    "rewrite-hostname": (PAGE, "          hostname: api.mistral.ai", "          hostname: mistral.ai"),
    "filter-misspelt": (PAGE, "urlRewrite:", "urlrewrite:"),
    "next-host-nested": (
        NEXT,
        "      host: api.mistral.ai\n      port: 443\n      path: /v1/chat/completions\n",
        "        host: api.mistral.ai\n        port: 443\n        path: /v1/chat/completions\n",
    ),
    "next-port-missing": (NEXT, "      port: 443\n", ""),
    "next-path-as-on-the-page": (NEXT, "path: /v1/chat/completions", "path:\n        full: /v1/chat/completions"),
    "next-path-doubled": (NEXT, "/v1/chat/completions", "/v1/v1/chat/completions"),
    "next-sni": (NEXT, "sni: api.mistral.ai", "sni: mistral.ai"),
    "next-no-tls": (NEXT, "    tls:\n      sni: api.mistral.ai\n", ""),
    "next-secret-reference": (NEXT, "        name: mistral-secret", "        name: mistral-key"),
    "next-secret-key": (NEXT, "  Authorization:", "  token:"),
    "next-policies-nested": (
        NEXT,
        POLICIES,
        "".join(f"  {line}\n" for line in POLICIES.splitlines()),
    ),
    "next-kind-of-the-page": (NEXT, "      kind: AgentgatewayBackend", "      kind: Backend"),
    "next-group-of-the-page": (NEXT, "      group: agentgateway.dev", "      group: gateway.kgateway.dev"),
    "next-parent": (NEXT, "  - name: agentgateway-proxy", "  - name: agentgateway"),
}
# What a person may have meant as it stands, and by which rule what would undo it is refused.
REFUSED = {
    "provider-type": (PAGE, "      openai:", "      anthropic:", "provider-type"),
    "provider-type-misspelt": (PAGE, "      openai:", "      antropic:", "provider-type"),
    "host-left-out": (PAGE, "      host: api.mistral.ai\n      port: 443\n", "      host: llm.example.com\n", "host"),
    "host-of-another-vendor": (PAGE, "      host: api.mistral.ai", "      host: api.deepseek.com", "host"),
    "secret-namespace": (
        PAGE,
        "name: mistral-secret\n  namespace: kgateway-system",
        "name: mistral-secret\n  namespace: x",
        "secret-place",
    ),
    "weight": (PAGE, "      kind: Backend\n---", "      kind: Backend\n      weight: 0\n---", "weight"),
    "match-of-a-tenant": (
        PAGE,
        "    - path:\n",
        "    - headers:\n      - name: x-tenant\n        value: a\n      path:\n",
        "match",
    ),
    "match-type": (PAGE, "type: PathPrefix", "type: Exact", "match"),
    "parent-of-somebody": (PAGE, "    - name: agentgateway", "    - name: internal", "parent"),
    "next-location": (
        NEXT,
        "        name: mistral-secret\n",
        "        name: mistral-secret\n      location:\n        header:\n          name: api-key\n",
        "credential",
    ),
}

WITHOUT_POLICY = documented(PAGE).rpartition("---\n")[0]
