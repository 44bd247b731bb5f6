"""The fix finder takes nothing for granted of what stands in a manifest."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from conformance.certification.mending import troubles
from conformance.certification.mending.candidates import candidates
from conformance.certification.mending.text.writing import scalar
from conformance.certification.mending.view import look
from conformance.core.yaml.located import FieldPath, read_documents
from tests.support.mending import FILE, NEXT, PAGE, around, documented
from tests.support.nightly import share

pytestmark = pytest.mark.hostile

RICH = {
    PAGE: """\
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: chat}
spec:
  type: AI
  ai:
    priorityGroups:
    - providers:
      - {name: a, host: api.mistral.ai, anthropic: {authToken: {kind: Inline, inline: Bearer x}}, authHeader: {}}
      - {name: a, host: api.groq.com, port: 443, openai: {authToken: {kind: SecretRef, secretRef: {name: b}}, host: c}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: chat}
spec:
  targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: chat, sectionName: b}]
  validation:
    hostname: api.mistral.ai
    caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
    subjectAltNames: [{type: Hostname, hostname: x.example}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca}
data: {ca-bundle.crt: "-----BEGIN CERTIFICATE-----"}
---
apiVersion: v1
kind: Secret
metadata: {name: b}
data: {Authorization: QmVhcmVyIHgxMjM0NTY3OA==, token: plain}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: own}
spec:
  gatewayClassName: agentgateway
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: a.example, allowedRoutes: {namespaces: {from: Same}}}]
""",
    NEXT: """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: chat}
spec:
  ai:
    provider: {openai: {model: x, authToken: {secretRef: {name: b}}}, host: api.mistral.ai, pathPrefix: /v1/v1}
  policies:
    auth: {secretRef: {name: b, key: k}, key: Bearer x, location: {header: {name: x, prefix: Bearer}}}
    tls: {sni: x, verifySubjectAltNames: [x], insecureSkipVerify: All, caCertificateRefs: [{name: ca}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: w}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: z}]
  to: [{group: agentgateway.dev, kind: AgentgatewayBackend, name: other}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: x}
spec:
  hostnames: [a.example]
  parentRefs: [{group: x, kind: Service, name: w, sectionName: z, port: 1}]
  rules:
  - matches: [{path: {type: Exact, value: chat/}, method: GET, headers: [{name: a, value: b}], queryParams: []}]
    timeouts: {request: 2 minutes}
    filters: [{urlRewrite: {hostname: x, path: {type: ReplaceFullPath}}}, {type: RequestHeaderModifier}]
    backendRefs: [{name: chat, port: 80, weight: 0}, {name: chat, namespace: default}]
  - matches: [{path: {value: /chat}}, {path: {value: /chat/more}}]
""",
}
ODD: tuple[Any, ...] = (None, [], "x y", 1, {"name": []})


def paths(data: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(value, (*path, key))


@pytest.mark.parametrize("dialect", [PAGE, NEXT])
@pytest.mark.parametrize("odd", ODD, ids=[f"{number}-{type(one).__name__}" for number, one in enumerate(ODD)])
def test_nothing_that_stands_in_a_field_upsets_the_search(dialect: str, odd: Any) -> None:
    """Each field is replaced by something odd, by day by one of the five; a traceback is the failure."""
    documents = [one.data for text in (documented(dialect), RICH[dialect]) for one in read_documents(text, FILE)]
    found = 0
    every = [(number, *path) for number, document in enumerate(documents) for path in paths(document)]
    for path in share(every, ODD.index(odd), len(ODD)):
        changed = copy.deepcopy(documents)
        place: Any = changed
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = odd
        view = look({FILE: yaml.dump_all(changed, Dumper=yaml.CSafeDumper)}, around(dialect))
        found += len(list(candidates(view)))
        assert isinstance(troubles(view), list)
    assert found > len(documents)


@pytest.mark.parametrize("in_flow", [True, False])
def test_a_text_of_brackets_is_written_in_quotes(in_flow: bool) -> None:
    text = "[" * 5000
    assert scalar(text, in_flow=in_flow) == f'"{text}"'
