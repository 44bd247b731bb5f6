"""Good objects for the admission tests, and a way to change one field of them."""

from __future__ import annotations

import copy
import re
from typing import Any

import yaml

from conformance.core.fixtures import fixtures
from conformance.manifests.schemas import AdmissionError, SchemaAdmission
from conformance.manifests.schemas.kinds import Kind, kind_for

__all__ = ["ABSENT", "ADMISSION", "GOOD", "admitted", "changed", "kind_of", "page_objects", "refusal"]

ADMISSION = SchemaAdmission()
ABSENT = object()

_GOOD = """
successor:
  apiVersion: agentgateway.dev/v1alpha1
  kind: AgentgatewayBackend
  metadata: {name: mistral, namespace: agentgateway-system}
  spec:
    ai:
      provider:
        openai: {model: mistral-medium-2505}
        host: api.mistral.ai
        port: 443
        path: /v1/chat/completions
    policies:
      auth: {secretRef: {name: mistral-secret}}
      tls: {sni: api.mistral.ai}
successor-groups:
  apiVersion: agentgateway.dev/v1alpha1
  kind: AgentgatewayBackend
  metadata: {name: groups, namespace: agentgateway-system}
  spec:
    ai:
      groups:
      - providers:
        - {name: a, openai: {}, policies: {auth: {key: x}, tls: {}}}
        - {name: b, anthropic: {model: any}}
backend:
  apiVersion: gateway.kgateway.dev/v1alpha1
  kind: Backend
  metadata: {name: mistral, namespace: kgateway-system}
  spec:
    type: AI
    ai:
      llm:
        openai: {authToken: {kind: SecretRef, secretRef: {name: mistral-secret}}, model: mistral-medium-2505}
        host: api.mistral.ai
        port: 443
        path: {full: /v1/chat/completions}
groups:
  apiVersion: gateway.kgateway.dev/v1alpha1
  kind: Backend
  metadata: {name: groups, namespace: kgateway-system}
  spec:
    type: AI
    ai:
      priorityGroups:
      - providers:
        - {name: a, openai: {authToken: {kind: Inline, inline: x}}}
        - {name: b, anthropic: {authToken: {kind: Passthrough}}}
aws:
  apiVersion: gateway.kgateway.dev/v1alpha1
  kind: Backend
  metadata: {name: aws, namespace: kgateway-system}
  spec:
    type: AWS
    aws:
      accountId: "123456789012"
      auth: {type: Secret, secretRef: {name: aws}}
      lambda: {functionName: hello}
mcp:
  apiVersion: gateway.kgateway.dev/v1alpha1
  kind: Backend
  metadata: {name: mcp, namespace: kgateway-system}
  spec:
    type: MCP
    mcp:
      targets:
      - {name: a, static: {host: mcp.example.com, port: 443, protocol: SSE}}
      - {name: b, selector: {service: {matchLabels: {app: mcp}}}}
static:
  apiVersion: gateway.kgateway.dev/v1alpha1
  kind: Backend
  metadata: {name: static, namespace: kgateway-system}
  spec: {type: Static, static: {hosts: [{host: example.com, port: 80}], appProtocol: http2}}
route:
  apiVersion: gateway.networking.k8s.io/v1
  kind: HTTPRoute
  metadata: {name: mistral, namespace: kgateway-system}
  spec:
    parentRefs: [{name: agentgateway, namespace: kgateway-system}]
    hostnames: ["*.example.com"]
    rules:
    - matches: [{path: {type: PathPrefix, value: /mistral}, headers: [{name: x, value: y}]}]
      filters: [{type: URLRewrite, urlRewrite: {hostname: api.mistral.ai}}]
      backendRefs: [{name: mistral, group: gateway.kgateway.dev, kind: Backend}]
      timeouts: {request: 10s, backendRequest: 1500ms}
gateway:
  apiVersion: gateway.networking.k8s.io/v1
  kind: Gateway
  metadata: {name: agentgateway, namespace: kgateway-system}
  spec:
    gatewayClassName: agentgateway
    listeners:
    - {name: http, protocol: HTTP, port: 8080, allowedRoutes: {namespaces: {from: All}}}
    - {name: https, protocol: HTTPS, port: 8443, tls: {certificateRefs: [{name: certificate}]}}
    addresses: [{value: 10.0.0.1}, {type: Hostname, value: gw.example.com}]
    infrastructure: {annotations: {example.com/a: b}, labels: {c: d}}
class:
  apiVersion: gateway.networking.k8s.io/v1
  kind: GatewayClass
  metadata: {name: agentgateway}
  spec: {controllerName: kgateway.dev/agentgateway}
policy:
  apiVersion: gateway.networking.k8s.io/v1
  kind: BackendTLSPolicy
  metadata: {name: mistral-tls, namespace: kgateway-system}
  spec:
    targetRefs: [{name: mistral, kind: Backend, group: gateway.kgateway.dev}]
    validation: {hostname: api.mistral.ai, wellKnownCACertificates: System}
grant:
  apiVersion: gateway.networking.k8s.io/v1beta1
  kind: ReferenceGrant
  metadata: {name: grant, namespace: other}
  spec:
    from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: kgateway-system}]
    to: [{group: gateway.kgateway.dev, kind: Backend}]
secret:
  apiVersion: v1
  kind: Secret
  metadata: {name: mistral-secret, namespace: kgateway-system}
  type: Opaque
  stringData: {Authorization: sk-test}
config:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: authorities, namespace: kgateway-system}
  data: {ca.crt: PEM}
service:
  apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: kgateway-system}
  spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
namespace:
  apiVersion: v1
  kind: Namespace
  metadata: {name: kgateway-system}
event:
  apiVersion: v1
  kind: Event
  metadata: {name: mistral.1, namespace: kgateway-system}
  involvedObject: {kind: Backend, name: mistral}
  reason: Accepted
  type: Normal
  count: 1
"""
GOOD: dict[str, dict[str, Any]] = yaml.safe_load(_GOOD)


def kind_of(obj: dict[str, Any]) -> Kind:
    """The kind of an object that the API serves."""
    kind = kind_for(obj["apiVersion"], obj["kind"])
    assert kind is not None
    return kind


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """The good object of this name with another value at a path such as `spec.rules[0].name`, or without it."""
    obj = copy.deepcopy(GOOD[name])
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
    place: Any = obj
    for step in steps[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is ABSENT:
        del place[steps[-1]]
    elif isinstance(place, list) and steps[-1] == len(place):
        place.append(value)
    else:
        place[steps[-1]] = value
    return obj


def admitted(obj: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    """The object as it is stored."""
    return ADMISSION.admit(kind_of(obj), obj, old, unknown_fields="Strict").object


def refusal(obj: dict[str, Any], old: dict[str, Any] | None = None) -> str:
    """The message of the refusal; of an invalid object without the words before its causes. Empty when admitted."""
    try:
        admitted(obj, old)
    except AdmissionError as error:
        return error.message.partition(" is invalid: ")[2] or error.message
    return ""


def page_objects() -> list[dict[str, Any]]:
    """The documented manifests of all providers, as the page has them."""
    folder = fixtures("manifests", "kgateway-2.1")
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]
