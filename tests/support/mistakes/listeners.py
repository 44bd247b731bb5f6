"""Mistakes with what listeners need beside them: certificates, and Gateways that take sets of them."""

from __future__ import annotations

from tests.support.checks import Mistake
from tests.support.mistakes.routes import AGW, own_gateway

CERTIFICATE = """---
apiVersion: v1
kind: Secret
metadata: {name: chat, namespace: agentgateway-system}
stringData: {cert.pem: made up}
"""
LISTENER_SET = """---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: team, namespace: agentgateway-system}
spec:
  parentRef: {name: agentgateway-proxy}
  listeners: [{name: chat, port: 8444, protocol: HTTP}]
"""
AGW_PARENT = "  - name: agentgateway-proxy\n    namespace: agentgateway-system\n"
BY_SET = "  - {group: gateway.networking.k8s.io, kind: ListenerSet, name: team}\n"

LISTENER_MISTAKES = [
    Mistake(
        own_gateway(AGW, 8443, "protocol: HTTPS, tls: {certificateRefs: [{name: chat}]}") + CERTIFICATE,
        [],
        "listener-certificate",
        "name: chat}]}}",
    ),
    Mistake(
        own_gateway(AGW, 8443, "protocol: HTTPS, tls: {certificateRefs: [{name: chat}]}"),
        [],
        "listener-certificate",
        "name: chat}]}}",
        "warning",
    ),
    Mistake(
        own_gateway(AGW, 8443, "protocol: HTTP") + LISTENER_SET,
        [(AGW_PARENT, BY_SET)],
        "listener-set-refused",
        "parentRef:",
    ),
]
