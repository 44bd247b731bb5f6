"""Mistakes with routes, their parents and backends, and grants: what is edited, and what is told where."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, KGATEWAY, Edit, Mistake, documented, moved, with_gateway

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
PARENT = "    - name: agentgateway\n      namespace: kgateway-system\n"
REF = "    - name: mistral\n      namespace: kgateway-system\n      group: gateway.kgateway.dev\n      kind: Backend\n"
GRANT = """---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: kgateway-system}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: apps}]
  to: [{group: gateway.kgateway.dev, kind: Backend}]
"""
APART = moved(KGW, "HTTPRoute", "apps") + GRANT
ROUTE = KGW.split("---\n")[2]
SECOND = (
    KGW.replace("mistral", "mistral2")
    .replace("api.mistral2.ai", "api.mistral.ai")
    .replace("$MISTRAL2_API_KEY", "k2Vx8sQ1")
)
TWO = KGW + "---\n" + SECOND.replace("MISTRAL2", "MISTRAL")

OWN = with_gateway(KGW, "")


MESH = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: mesh, namespace: kgateway-system}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""


def of_class(name: str) -> Edit:
    return "gatewayClassName: agentgateway", f"gatewayClassName: {name}"


def gateway_class(controller: str, name: str = "mine") -> str:
    metadata = f"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}"
    return f"---\n{metadata}\nspec: {{controllerName: {controller}}}\n"


AGW_REF = "      kind: AgentgatewayBackend\n"
FILTERS = "    filters:\n"
KEYED = """      - type: RequestHeaderModifier
        requestHeaderModifier: {set: [{name: api-key, value: 8fQ2vLx7Kd}]}
"""


def modifier(what: str) -> str:
    return f"      filters: [{{type: RequestHeaderModifier, requestHeaderModifier: {{{what}}}}}]\n"


def expression(text: str) -> Edit:
    return "type: PathPrefix\n        value: /mistral", f"type: RegularExpression\n        value: {text}"


def own_gateway(text: str, port: int, more: str) -> str:
    """With the dialect's own Gateway, one of whose listeners is of this port and has some more fields."""
    place = "{name: agentgateway, namespace: kgateway-system}"
    place = "{name: agentgateway-proxy, namespace: agentgateway-system}" if text == AGW else place
    return f"""{text}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {place}
spec:
  gatewayClassName: agentgateway
  listeners:
  - {{name: http, port: 8080, protocol: HTTP}}
  - {{name: more, port: {port}, {more}}}
"""


def mirror(ref: str) -> str:
    """A filter for copies to this backendRef."""
    return f"    - {{type: RequestMirror, requestMirror: {{backendRef: {{{ref}}}}}}}\n"


LISTENERS = own_gateway(KGW, 8080, "protocol: HTTP, hostname: '*.example.com'").replace(
    PARENT, f"{PARENT}      sectionName: http\n  hostnames:\n  - chat.example.com\n"
)
"""A nearer listener takes the host."""


ROUTE_MISTAKES = [
    Mistake(own_gateway(KGW, 8080, "protocol: HTTP"), [], "gateway-refused", "listeners:"),
    Mistake(
        own_gateway(AGW, 8081, "protocol: HTTP, tls: {certificateRefs: [{name: c}]}"),
        [],
        "gateway-refused",
        "listeners:",
    ),
    Mistake(
        own_gateway(KGW, 8080, "protocol: HTTPS, tls: {certificateRefs: [{name: c}]}"),
        [],
        "listener-conflict",
        "protocol: HTTPS",
        beside=["listener-certificate"],
    ),
    Mistake(own_gateway(KGW, 8443, "protocol: HTTPS"), [], "listener-without-tls", "{name: more"),
    Mistake(own_gateway(AGW, 15021, "protocol: HTTP"), [], "listener-port-reserved", "port: 15021"),
    Mistake(KGW, [("value: /mistral\n", "value: /mistral\n      method: GET\n")], "method-not-post", "method: GET"),
    Mistake(AGW, [("value: /mistral\n", "value: /mistral\n      method: PUT\n")], "method-not-post", "method: PUT"),
    Mistake(KGW, [expression("/mistral/(?!admin).*")], "expression-broken", "value: /mistral/(?!admin).*"),
    Mistake(AGW, [expression(r"(/m)(.)\2")], "expression-broken", r"value: (/m)(.)\2"),
    Mistake(AGW, [expression(r"/mistral\Z")], "expression-broken", r"value: /mistral\Z"),
    Mistake(KGW, [("value: /mistral\n", "value: /mistral/*\n")], "path-wildcard", "value: /mistral/*"),
    Mistake(AGW, [("value: /mistral\n", "value: /mistral/.+\n")], "path-wildcard", "value: /mistral/.+"),
    Mistake(KGW, [(FILTERS, f"    timeouts: {{request: 20ms}}\n{FILTERS}")], "timeout-too-short", "request: 20ms"),
    Mistake(
        AGW,
        [(FILTERS, f"    timeouts: {{request: 1m, backendRequest: 2s}}\n{FILTERS}")],
        "timeout-too-short",
        "backendRequest: 2s",
        "warning",
    ),
    Mistake(
        AGW,
        [(AGW_REF, AGW_REF + modifier("set: [{name: Authorization, value: x}]"))],
        "filter-takes-key",
        "name: Authorization",
    ),
    Mistake(
        KGW,
        [(FILTERS, FILTERS + KEYED)],
        "key-in-modifier",
        "value:",
        "warning",
    ),
    Mistake(AGW, [(AGW_REF, AGW_REF + modifier("remove: [authorization]"))], "filter-takes-key", "authorization"),
    Mistake(KGW, [(REF, REF + modifier("remove: [Authorization]"))], "filter-takes-key", "Authorization", "warning"),
    Mistake(
        AGW,
        [(AGW_REF, f"{AGW_REF}      filters: [{{type: URLRewrite, urlRewrite: {{hostname: api.mistral.ai}}}}]\n")],
        "filter-below-backend",
        "{type: URLRewrite",
    ),
    Mistake(AGW, [(FILTERS, FILTERS + mirror("name: audit, port: 80"))], "mirror-elsewhere", "name: audit", "warning"),
    Mistake(
        AGW,
        [(FILTERS, FILTERS + mirror("name: mistral, group: agentgateway.dev, kind: AgentgatewayBackend"))],
        "mirror-to-provider",
        "kind: AgentgatewayBackend",
        "warning",
    ),
    Mistake(KGW, [(FILTERS, f"    retry: {{attempts: 2}}\n{FILTERS}")], "experimental-field", "retry:", "warning"),
    Mistake(
        KGW,
        [(FILTERS, f"{FILTERS}      - {{type: CORS, cors: {{allowOrigins: ['https://a.example']}}}}\n")],
        "experimental-field",
        "cors:",
        "warning",
    ),
    Mistake(KGW, [(REF, REF + modifier("remove: [content-type]"))], "content-type-removed", "content-type", "warning"),
    Mistake(
        AGW,
        [(AGW_REF, AGW_REF + modifier("set: [{name: Content-Type, value: text/plain}]"))],
        "content-type-removed",
        "name: Content-Type",
        "warning",
    ),
    Mistake(KGW, [(PARENT, PARENT.replace("agentgateway", "agentgatewya"))], "parent-missing", "name: agentgatewya"),
    Mistake(KGW, [(PARENT, PARENT.replace("kgateway-system", "default"))], "parent-missing", "namespace: default"),
    Mistake(KGW, [("parentRefs:\n" + PARENT, "parentRefs: []\n")], "parent-missing", "parentRefs:"),
    Mistake(KGW, [(PARENT, PARENT + "      kind: GatewayClass\n")], "parent-missing", "kind: GatewayClass"),
    Mistake(KGW, [(PARENT, PARENT + "      group: gateway.kgateway.dev\n")], "parent-missing", "group: gateway.kg"),
    Mistake(
        AGW,
        [
            (
                "  - name: agentgateway-proxy\n    namespace: agentgateway-system",
                "  - name: agentgateway\n    namespace: kgateway-system",
            )
        ],
        "parent-missing",
        "name: agentgateway",
    ),
    *(
        Mistake(OWN, [of_class(name)], "gateway-class-wrong", f"gatewayClassName: {name}")
        for name in ("agentgatway", "agent-gateway", "AgentGateway", "agentgateway-proxy")
    ),
    Mistake(
        OWN + gateway_class("agentgateway.dev/agentgateway"),
        [of_class("mine")],
        "gateway-class-wrong",
        "controllerName: agentgateway.dev",
    ),
    *(
        Mistake(OWN, [of_class(name)], "gateway-class-other", f"gatewayClassName: {name}")
        for name in ("kgateway", "istio", "gke-l7-rilb")
    ),
    Mistake(
        OWN + gateway_class("istio.io/gateway-controller"),
        [of_class("mine")],
        "gateway-class-other",
        "gatewayClassName: mine",
    ),
    Mistake(
        OWN.partition("  listeners:")[0] + "  listeners: []\n",
        [],
        "listener-not-allowed",
        "name: agentgateway",
        beside=["gateway-refused"],
    ),
    Mistake(OWN + MESH, [(PARENT, f"{PARENT}    - name: mesh\n")], "gateway-class-other", "name: mesh", "warning"),
    # Two routes, one mistake.
    Mistake(with_gateway(TWO, ""), [of_class("istio")], "gateway-class-other", "gatewayClassName: istio"),
    *(
        Mistake(OWN, [of_class(name)], "gateway-class-unknown", f"gatewayClassName: {name}", "warning")
        for name in ("platform", "agentgateway-internal", "agentgateway2")
    ),
    Mistake(KGW, [(PARENT, PARENT + "      sectionName: https\n")], "listener-missing", "sectionName: https"),
    Mistake(KGW, [(PARENT, PARENT + "      port: 80\n")], "listener-missing", "port: 80"),
    Mistake(
        with_gateway(moved(KGW, "HTTPRoute", "apps") + GRANT, "allowedRoutes: {namespaces: {from: Same}}"),
        [],
        "listener-not-allowed",
        "name: agentgateway",
    ),
    *(
        Mistake(OWN, [("protocol: HTTP", f"protocol: {one}")], "listener-protocol", f"protocol: {one}")
        for one in ("TCP", "UDP", "TLS", "http")
    ),
    *(
        Mistake(
            with_gateway(KGW, "") + "  - {name: raw, port: 9000, protocol: TCP}\n",
            [(PARENT, PARENT + f"      {field}\n")],
            "listener-protocol",
            field,
        )
        for field in ("sectionName: raw", "port: 9000")
    ),
    Mistake(
        with_gateway(KGW, "allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}"),
        [],
        "listener-not-allowed",
        "name: agentgateway",
    ),
    Mistake(
        with_gateway(KGW, "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}"),
        [],
        "listener-not-allowed",
        "name: agentgateway",
        "warning",
    ),
    Mistake(
        with_gateway(KGW, "hostname: '*.example.com'"),
        [("spec:\n  parentRefs", "spec:\n  hostnames: [ai.test]\n  parentRefs")],
        "hostname-not-intersecting",
        "ai.test",
    ),
    Mistake(KGW, [(REF, REF.replace("mistral", "mistrall"))], "backend-ref-name", "name: mistrall"),
    Mistake(KGW, [(REF, REF.replace("mistral", "backend"))], "backend-ref-name", "name: backend"),
    Mistake(KGW, [(REF, "    - name: mistral\n")], "backend-ref-kind", "name: mistral"),
    Mistake(
        KGW,
        [(REF, REF.replace("kind: Backend", "kind: Service").replace("gateway.kgateway.dev", "''"))],
        "backend-ref-kind",
        "kind: Service",
    ),
    Mistake(
        AGW,
        [
            (
                "      group: agentgateway.dev\n      kind: AgentgatewayBackend\n",
                "      group: gateway.kgateway.dev\n      kind: Backend\n",
            )
        ],
        "backend-ref-kind",
        "kind: Backend",
    ),
    Mistake(KGW, [(REF, REF.replace("      group: gateway.kgateway.dev\n", ""))], "backend-ref-group", "name: mistral"),
    Mistake(KGW, [(REF, REF.replace("kgateway.dev", "networking.k8s.io"))], "backend-ref-group", "group: gateway.netw"),
    Mistake(KGW, [(REF, REF.replace("kgateway-system", "default"))], "backend-ref-namespace", "namespace: default"),
    Mistake(
        moved(KGW, "HTTPRoute", "apps") + GRANT,
        [(REF, REF.replace("      namespace: kgateway-system\n", ""))],
        "backend-ref-namespace",
        "name: mistral",
    ),
    Mistake(moved(KGW, "HTTPRoute", "apps"), [], "grant-missing", "namespace: kgateway-system"),
    Mistake(APART, [("namespace: apps}]", "namespace: app}]")], "grant-wrong", "namespace: app"),
    Mistake(APART, [("kind: HTTPRoute, name", "kind: Gateway, name")], "grant-wrong", "kind: Gateway"),
    Mistake(APART, [("to: [{group: gateway.kgateway.dev", "to: [{group: ''")], "grant-wrong", "group: ''"),
    Mistake(APART, [("kind: Backend}]", "kind: Backend, name: deepseek}]")], "grant-wrong", "name: deepseek"),
    Mistake(
        APART,
        [("{name: routes, namespace: kgateway-system}", "{name: routes, namespace: apps}")],
        "grant-wrong",
        "namespace: apps",
    ),
]
