"""Which listeners of a Gateway a route attaches to, and under which host names."""

from __future__ import annotations

import pytest

from conformance.core.problems import InputProblem
from conformance.manifests.dialects.gateway_api import read_route
from conformance.manifests.gateways import attachments, labels_of_namespaces, read_gateway
from conformance.manifests.objects import read_manifests

GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: agentgateway
  listeners:
  - {name: own, port: 80, protocol: HTTP}
  - {name: open, port: 8080, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
  - {name: wild, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces: {from: All}}}
  - name: chosen
    port: 443
    protocol: HTTPS
    hostname: ai.example.com
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: ai}}}}
  - name: named
    port: 81
    protocol: HTTP
    allowedRoutes:
      namespaces:
        from: Selector
        selector:
          matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [llm]}]
  - {name: grpc, port: 82, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}}
  - {name: raw, port: 83, protocol: TCP, allowedRoutes: {namespaces: {from: All}}}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: %s}
spec:
  parentRefs: [%s]
  hostnames: [%s]
"""
AI = "ai.example.com"
NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: team, labels: {team: ai}}}"


@pytest.mark.parametrize(
    ("namespace", "parent", "hostnames", "expected"),
    [
        ("infra", "{name: edge}", "", {"own": (), "open": (), "wild": ("*.example.com",)}),
        ("infra", "{name: edge, port: 80}", "", {"own": (), "wild": ("*.example.com",)}),
        ("infra", "{name: edge, sectionName: own, port: 8080}", "", {}),
        ("infra", "{name: edge, kind: Service, group: ''}", "", {}),
        ("llm", "{name: edge}", "", {}),
        ("llm", "{name: other, namespace: infra}", "", {}),
        ("llm", "{name: edge, namespace: infra, sectionName: nobody}", "", {}),
        ("llm", "{name: edge, namespace: infra}", "", {"open": (), "wild": ("*.example.com",), "named": ()}),
        (
            "llm",
            "{name: edge, namespace: infra, sectionName: wild}",
            "a.example.com, example.com, '*.b.example.com', other.net",
            {"wild": ("a.example.com", "*.b.example.com")},
        ),
        ("llm", "{name: edge, namespace: infra, sectionName: wild}", "example.com", {}),
        ("team", "{name: edge, namespace: infra, sectionName: chosen}", "'*.example.com'", {"chosen": (AI,)}),
        ("llm", "{name: edge, namespace: infra, sectionName: chosen}", "", {}),
        ("infra", "{name: edge, sectionName: open}, {name: edge, port: 8080}", "", {"open": ()}),
    ],
)  # fmt: skip
def test_attachment(namespace: str, parent: str, hostnames: str, expected: dict[str, tuple[str, ...]]) -> None:
    (gateway,), (one,) = read_manifests(GATEWAY, "g.yaml"), read_manifests(ROUTE % (namespace, parent, hostnames), "r")
    labels = labels_of_namespaces(read_manifests(NAMESPACE, "n.yaml"))
    found = attachments(read_route(one), [read_gateway(gateway)], labels)
    assert {listener.name: names for _, listener, names in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("port: 443", "port: https", "spec.listeners[3].port"),
        ("{from: All}", "{from: [All]}", "spec.listeners[1].allowedRoutes.namespaces.from"),
        ("{matchLabels: {team: ai}}", "5", "spec.listeners[3].allowedRoutes.namespaces.selector"),
        (", operator: In", "", "spec.listeners[4].allowedRoutes.namespaces.selector.matchExpressions[0].operator"),
        ("[{kind: GRPCRoute}]", "[{}]", "spec.listeners[5].allowedRoutes.kinds[0].kind"),
        ("  listeners:", "  listeners: 5\n  other:", "spec.listeners"),
    ],
)
def test_wrong_types(old: str, new: str, field: str) -> None:
    assert old in GATEWAY
    (gateway,) = read_manifests(GATEWAY.replace(old, new, 1), "g.yaml")
    with pytest.raises(InputProblem) as raised:
        read_gateway(gateway)
    assert raised.value.field == field
