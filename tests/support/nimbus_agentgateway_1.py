"""Manifests of a provider that nobody has heard of, in the dialect agentgateway-1."""

from __future__ import annotations

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.stage.scenario.scenario import Material

NAME = "agentgateway-1"
KEY = "sk-stratus-4711-geheim"
AUTH = "    auth:\n      secretRef:\n        name: stratus-key\n"
TLS = "    tls:\n      sni: llm.stratus.example\n"
PATH = "      path: /api/v3/chat/completions\n"
HOST = "      host: llm.stratus.example\n      port: 8443\n"
STRATUS = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: stratus-key, namespace: llm}}
stringData:
  Authorization: {KEY}
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {{name: stratus, namespace: llm}}
spec:
  ai:
    provider:
      openai:
        model: cumulus-2-chat
{HOST}{PATH}  policies:
{AUTH}{TLS}---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: stratus, namespace: llm}}
spec:
  parentRefs: [{{name: agentgateway-proxy, namespace: agentgateway-system}}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: /stratus}}}}]
    backendRefs: [{{name: stratus, group: agentgateway.dev, kind: AgentgatewayBackend}}]
"""
POLICY = """---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: stratus-tls, namespace: llm}
spec:
  targetRefs: [{group: agentgateway.dev, kind: AgentgatewayBackend, name: stratus}]
  validation: {hostname: policy.stratus.example, wellKnownCACertificates: System}
"""
SECTION = POLICY.replace("name: stratus}]", "name: stratus, sectionName: backend}]")
MATERIAL = Material("trusted", "other", "agentgateway-system", "agentgateway-proxy")


def edited(*changes: tuple[str, str], extra: str = "") -> ManifestSet:
    text = STRATUS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return ManifestSet(read_manifests(text + extra, "stratus.yaml"))


def configured(*changes: tuple[str, str], extra: str = "") -> Configuration:
    return read_configuration(edited(*changes, extra=extra))


def expected(*changes: tuple[str, str], path: str = "/stratus", extra: str = "") -> Expected:
    return expect(configured(*changes, extra=extra), ClientRequest("POST", path, ()))
