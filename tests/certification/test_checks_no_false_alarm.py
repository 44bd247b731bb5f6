"""Static checks are silent about what is right: documented manifests, all providers, and how else people write them."""

from __future__ import annotations

import pytest

from conformance.core.providers.shipped import list_providers, load_provider
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.render import key_variable, render
from conformance.stage.scenario.profile import documented_profile
from tests.support.checks import AGENTGATEWAY, KEYS, KGATEWAY, Edit, defects, documented, with_gateway
from tests.support.mistakes.keys import AGW_REF, NIMBUS, REF, STRING, encoded, in_header, inline, plain
from tests.support.mistakes.objects import AGW_GROUPS, AGW_LLM, AGW_PATH, KGW_PATH
from tests.support.mistakes.policies import CA, POLICY, REWRITE, SNI, SYSTEM, VALIDATION, config_map
from tests.support.mistakes.routes import APART, GRANT, OWN, PARENT, TWO, gateway_class, of_class, own_gateway
from tests.support.mistakes.routes import REF as BACKEND_REF

KGW, AGW, AGW_POLICY = documented(KGATEWAY), documented(AGENTGATEWAY), documented(AGENTGATEWAY, "deepseek")
KEY = KEYS["MISTRAL_API_KEY"]
PEM = "'-----BEGIN CERTIFICATE----- x'"
HOST = "host: api.mistral.ai\n      port: 443"
AGW_REWRITE = "    filters:\n    - type: URLRewrite\n      urlRewrite:\n        hostname: api.mistral.ai\n"
NEW_MODELS = ("mistral-medium-3", "mistral-medium-2508", "codestral-latest", "magistral-small")
HEADERS = (
    "apikey",
    "API-Key",
    "api_key",
    "X-Authorization",
    "Proxy-Authorization",
    "my-api-key",
    "x-token",
    "x-auth-token",
)
HOST_10 = "host: 10.0.0.7\n      port: 8080"
NO_POLICY = (POLICY, "")
NO_NAMESPACE = KGW.replace("      namespace: kgateway-system\n", "").replace("  namespace: kgateway-system\n", "")
BY_NAME = "{matchLabels: {kubernetes.io/metadata.name: apps}}"
AGW_TARGET, KGW_TARGET = "    group: agentgateway.dev\n  val", "    group: gateway.kgateway.dev\n  val"
BOTH = KGW_TARGET.replace("  val", "  - {group: gateway.kgateway.dev, kind: Backend, name: mistral2}\n  val")
SECOND_POLICY = POLICY.replace("mistral", "mistral2").replace("api.mistral2", "api.mistral")
HEALTH = "  policies:\n    health: {eviction: {duration: 30s}}\n"
OTHER_ROUTE = """---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: kgateway-system}
spec:
  parentRefs: [{name: agentgateway}]
  rules:
  - matches: [{path: {value: /}}]
    backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /old}}]
    filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example.com}}]
"""
STATIC = """---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: files, namespace: kgateway-system}
spec: {type: Static, static: {hosts: [{host: files.example.com, port: 443}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: files, namespace: kgateway-system}
spec:
  targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: files}]
  validation: {hostname: files.example.com, wellKnownCACertificates: System}
"""
SAME_NAME_SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: kgateway-system}
spec: {ports: [{port: 80}]}
"""
OWN_CERTIFICATE = "protocol: HTTPS, tls: {certificateRefs: [{name: chat}]}"
ISSUED = """---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: chat, namespace: kgateway-system}
spec: {secretName: chat, issuerRef: {name: own}}
"""
ISSUER = "{annotations: {cert-manager.io/cluster-issuer: own}"
MESH = OWN + OWN.removeprefix(KGW).replace("{name: agentgateway", "{name: mesh").replace(*of_class("istio"))


def hostnames(name: str) -> Edit:
    return "spec:\n  parentRefs", f"spec:\n  hostnames: [{name}]\n  parentRefs"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", list_providers())
def test_every_provider_as_rendered(name: str, dialect: str) -> None:
    provider = load_provider(name)
    text = render(provider, dialect).replace(f"${key_variable(provider)}", "q8Vz3xL0bT7k")
    assert defects(text) == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_providers_in_one_folder(dialect: str) -> None:
    texts = []
    for number, provider in enumerate(map(load_provider, list_providers())):
        texts.append(render(provider, dialect).replace(f"${key_variable(provider)}", f"q8Vz3xL0bT7k{number}"))
    assert defects("---\n".join(texts)) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["mistral", "deepseek"])
def test_the_documented_manifests(name: str, dialect: str) -> None:
    assert defects(documented(dialect, name)) == []
    assert documented_profile(name, dialect).manifests.of_kind("HTTPRoute")


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        (KGW, [(REWRITE, "")]),
        (AGW, [(AGW_REWRITE, "")]),
        (NO_NAMESPACE, [("- name: agentgateway\n", PARENT.removeprefix("    "))]),
        (KGW.replace("kgateway-system", "llm"), [(PARENT.replace("kgateway-system", "llm"), PARENT)]),
        (TWO, []),
        (KGW + "---\n" + documented(KGATEWAY, "deepseek"), []),
        (AGW, [("  policies:\n", HEALTH), (AGW_LLM, AGW_GROUPS)]),
        (KGW, [(KGW_PATH, "")]),
        (AGW, [(AGW_PATH, "      pathPrefix: /v1\n")]),
        (AGW, [(AGW_PATH, "")]),
        (KGW, [('"/v1/chat/completions"', '"/v1/chat/completions?safe=true"')]),
        (KGW, [('        model: "mistral-medium-2505"\n', "")]),
        (AGW_POLICY, [("path: /v1/chat/completions", "path: /chat/completions")]),
        *((KGW, [("mistral-medium-2505", model)]) for model in NEW_MODELS),
        (KGW, [(REF, "          kind: Passthrough\n")]),
        (AGW, [(AGW_REF, "    auth: {passthrough: {}}\n")]),
        (KGW, [(STRING, f"data:\n  Authorization: {encoded(KEY)}\n")]),
        (KGW, [(STRING, f"data:\n  Authorization: {encoded(KEY)}\nimmutable: true\n")]),
        (KGW, [(STRING, plain("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"))]),
        (KGW, [(STRING, plain("abcdEFGH12345678abcdEFGH12345678"))]),
        (AGW, [(AGW_REF, AGW_REF + "        key: mistral\n"), ("  Authorization:", "  mistral:")]),
        (
            AGW,
            [
                (AGW_REF, AGW_REF + "        key: k\n      location: {header: {name: Authorization}}\n"),
                ("  Authorization: $MISTRAL_API_KEY", f"  k: Bearer {KEY}"),
            ],
        ),
        # A provider that nobody knows, with its own header, port and path.
        (
            KGW.replace("api.mistral.ai", "llm.nimbus.example"),
            [
                ("port: 443", "port: 8443"),
                ("      path:\n", "      authHeader: {headerName: x-api-key}\n      path:\n"),
                ('"/v1/chat', '"/api/v3/chat'),
            ],
        ),
        *((NIMBUS, [in_header(name)]) for name in HEADERS),
        # The address of a provider, with the name in the policy and in Host.
        (KGW, [("host: api.mistral.ai", "host: 203.0.113.7")]),
        (KGW, [("host: api.mistral.ai", 'host: "2001:db8::7"')]),
        (AGW, [("host: api.mistral.ai", "host: 203.0.113.7")]),
        (KGW, [("host: api.mistral.ai", "host: API.mistral.ai")]),
        # Plaintext inside the cluster, without a policy.
        (KGW, [(HOST, "host: vllm.models.svc.cluster.local\n      port: 8000"), (REWRITE, ""), NO_POLICY]),
        (KGW, [(HOST, "host: ollama\n      port: 11434"), (REWRITE, ""), NO_POLICY, (REF, inline("ollama"))]),
        (AGW, [(HOST, HOST_10), (AGW_REWRITE, ""), (SNI, ""), (AGW_REF, ""), ("  policies:\n", "")]),
        (KGW, [(HOST, "host: gpu.lan\n      port: 80"), (REWRITE, ""), NO_POLICY]),
        # TLS inside the cluster, by an authority of one's own.
        (
            KGW,
            [
                (HOST, "host: vllm.models.svc\n      port: 8443"),
                (REWRITE, ""),
                (VALIDATION, "    hostname: vllm.models.svc\n" + CA + config_map(pem=PEM)),
            ],
        ),
        (NIMBUS, [(SYSTEM, CA + config_map(pem=PEM))]),
        (KGW, [(SYSTEM, SYSTEM + "    subjectAltNames: [{type: Hostname, hostname: mistral.ai}]\n")]),
        (AGW, [(SNI, "    tls: {}\n")]),
        (AGW_POLICY, [(AGW_TARGET, "    group: agentgateway.dev\n    sectionName: backend\n  val")]),
        # Two targets of one policy.
        (TWO, [(SECOND_POLICY, ""), (KGW_TARGET, BOTH)]),
        (APART, []),
        (APART, [("kind: Backend}]", "kind: Backend, name: mistral}]")]),
        (APART, [("from: [", "from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}, ")]),
        (KGW + GRANT, []),
        # Other Gateways and listeners.
        (with_gateway(KGW, "hostname: '*.example.com'"), [hostnames("ai.example.com")]),
        (with_gateway(KGW, "allowedRoutes: {namespaces: {from: Same}}"), []),
        (with_gateway(APART, f"allowedRoutes: {{namespaces: {{from: Selector, selector: {BY_NAME}}}}}"), []),
        (with_gateway(KGW, "allowedRoutes: {kinds: [{kind: HTTPRoute}]}"), []),
        (OWN + "  - {name: raw, port: 9000, protocol: TCP}\n", []),
        (own_gateway(KGW, 8443, OWN_CERTIFICATE) + ISSUED, []),
        (own_gateway(KGW, 8443, OWN_CERTIFICATE), [("metadata: {name: ", f"metadata: {ISSUER}, name: ")]),
        (OWN + gateway_class("kgateway.dev/agentgateway"), [of_class("mine")]),
        (OWN + gateway_class("kgateway.dev/agentgateway", "istio"), [of_class("istio")]),
        # Another product's Gateway, to which it is not attached.
        (MESH, []),
        (KGW, [(PARENT, PARENT + "      sectionName: http\n      port: 8080\n")]),
        (KGW, [(PARENT, PARENT + "    - name: istio\n      namespace: istio-system\n")]),
        (KGW, [(PARENT, "    - {group: gateway.networking.x-k8s.io, kind: XListenerSet, name: extra}\n")]),
        # What is beside the providers.
        (KGW + OTHER_ROUTE, []),
        (KGW + STATIC, []),
        (KGW + SAME_NAME_SERVICE, []),
        # Several ways to one Backend, and a canary.
        (KGW, [("        value: /mistral\n", "        value: /mistral\n    - path: {type: Exact, value: /m}\n")]),
        (TWO, [("value: /mistral2", "value: /mistral/large")]),
        (TWO, [("value: /mistral2", "value: /mistral\n      headers: [{name: x-team, value: a}]")]),
        (TWO, [hostnames("a.test"), ("value: /mistral2", "value: /mistral")]),
        (TWO, [(BACKEND_REF, BACKEND_REF + "      weight: 9\n" + BACKEND_REF.replace("mistral", "mistral2"))]),
        (KGW, [(BACKEND_REF, BACKEND_REF + "      weight: 1\n" + BACKEND_REF + "      weight: 0\n")]),
    ],
)  # fmt: skip
def test_another_way_to_write_it(text: str, edits: list[Edit]) -> None:
    assert [str(one) for one in defects(text, *edits)] == []


@pytest.mark.parametrize("version", ["0.10.5", "1.4.1", "2.0.0", "unknown"])
def test_a_version_that_does_as_documented(version: str) -> None:
    assert defects(KGW, version=version) == []
