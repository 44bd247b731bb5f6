"""Mistakes with TLS, its policies and the names in them: what is edited, and what is told where."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, KGATEWAY, Mistake, documented

KGW, AGW, AGW_POLICY = documented(KGATEWAY), documented(AGENTGATEWAY), documented(AGENTGATEWAY, "deepseek")
POLICY = "---\n" + KGW.rpartition("---\n")[2]
SNI = "    tls:\n      sni: api.mistral.ai\n"
TARGET = "  - name: mistral\n    kind: Backend\n    group: gateway.kgateway.dev\n"
NAMED = "name: mistral-tls\n  namespace: kgateway-system"
VALIDATION = "    hostname: api.mistral.ai\n    wellKnownCACertificates: System\n"
SYSTEM = "    wellKnownCACertificates: System\n"
CA = "    caCertificateRefs: [{group: '', kind: ConfigMap, name: our-ca}]\n"
CONFIG_MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\ndata: {%s: %s}\n"
REWRITE = "    filters:\n      - type: URLRewrite\n        urlRewrite:\n          hostname: api.mistral.ai\n"


def config_map(name: str = "our-ca", namespace: str = "kgateway-system", key: str = "ca.crt", pem: str = "x") -> str:
    return CONFIG_MAP % (name, namespace, key, pem)


PLAIN = [("host: api.mistral.ai\n      port: 443", "host: ollama.llm.svc\n      port: 11434"), (REWRITE, "")]

PEM = "'-----BEGIN CERTIFICATE-----'"

POLICY_MISTAKES = [
    Mistake(KGW + config_map(pem=PEM), [(SYSTEM, CA)], "ca-of-ones-own", "caCertificateRefs:", "warning"),
    Mistake(
        AGW + "\n" + config_map(namespace="agentgateway-system", pem=PEM),
        [(SNI, f"{SNI}      caCertificateRefs: [{{name: our-ca}}]\n")],
        "ca-of-ones-own",
        "caCertificateRefs:",
        "warning",
    ),
    Mistake(KGW, [(POLICY, "")], "no-policy-for-tls-port", "host: api.mistral.ai"),
    Mistake(AGW, [(SNI, "")], "no-policy-for-tls-port", "host: api.mistral.ai"),
    Mistake(KGW, [(TARGET, TARGET.replace("mistral", "mistrall"))], "policy-target-name", "name: mistrall"),
    Mistake(KGW, [(TARGET, TARGET.replace("mistral", "llm"))], "policy-target-name", "name: llm"),
    Mistake(KGW, [(TARGET, TARGET.replace("kind: Backend", "kind: Service"))], "policy-target-kind", "kind: Service"),
    Mistake(
        AGW_POLICY,
        [
            (
                "kind: AgentgatewayBackend\n    group: agentgateway.dev\n  val",
                "kind: Backend\n    group: gateway.kgateway.dev\n  val",
            )
        ],
        "policy-target-kind",
        "kind: Backend",
    ),
    Mistake(KGW, [(TARGET, TARGET.replace("gateway.kgateway.dev", "''"))], "policy-target-group", "group: ''"),
    Mistake(
        AGW_POLICY,
        [("    group: agentgateway.dev\n  val", "    group: gateway.kgateway.dev\n  val")],
        "policy-target-group",
        "group: gateway",
    ),
    Mistake(KGW, [(NAMED, NAMED.replace("kgateway-system", "default"))], "policy-target-namespace", "namespace: def"),
    Mistake(
        KGW,
        [("\n  namespace: kgateway-system\nspec:\n  targetRefs", "\nspec:\n  targetRefs")],
        "policy-target-namespace",
        "metadata:",
    ),
    Mistake(
        KGW,
        [(TARGET, TARGET + "    sectionName: backend\n")],
        "policy-target-section",
        "sectionName:",
    ),
    Mistake(
        AGW_POLICY,
        [("    group: agentgateway.dev\n  val", "    group: agentgateway.dev\n    sectionName: https\n  val")],
        "policy-target-section",
        "sectionName:",
    ),
    Mistake(
        KGW,
        [(POLICY, POLICY + POLICY.replace("mistral-tls", "mistral-tls-2"))],
        "policy-conflict",
        "name: mistral",
        "warning",
    ),
    Mistake(
        KGW,
        [(VALIDATION, VALIDATION.replace("mistral.ai", "mistral.io"))],
        "policy-hostname-differs",
        "hostname: api.mistral.io",
    ),
    Mistake(
        KGW,
        [(VALIDATION, VALIDATION.replace("api.mistral.ai", "mistral.ai"))],
        "policy-hostname-differs",
        "hostname: mistral.ai",
    ),
    Mistake(AGW, [(SNI, SNI.replace("api.", "api2."))], "policy-hostname-differs", "sni: api2"),
    Mistake(
        KGW,
        [("host: api.mistral.ai", "host: egress.proxy.svc"), (REWRITE, "")],
        "policy-hostname-differs",
        "hostname:",
        "warning",
    ),
    Mistake(AGW, [(SNI, SNI + "      insecureSkipVerify: All\n")], "tls-unverified", "insecureSkipVerify"),
    Mistake(
        AGW,
        [
            ("host: api.mistral.ai\n      port: 443", "host: llm.corp.internal\n      port: 8443"),
            (SNI, "    tls: {insecureSkipVerify: All}\n"),
            (
                REWRITE.replace("      - ", "    - ")
                .replace("        url", "      url")
                .replace("          host", "        host"),
                "",
            ),
        ],
        "tls-unverified",
        "insecureSkipVerify",
        "warning",
    ),
    Mistake(
        KGW,
        [("          hostname: api.mistral.ai", "          hostname: api.mistral.com")],
        "rewrite-hostname-differs",
        "hostname: api.mistral.com",
    ),
    Mistake(
        KGW.replace("api.mistral.ai", "llm.nimbus.example"),
        [("hostname: llm.nimbus.example", "hostname: api.openai.com")],
        "rewrite-hostname-differs",
        "hostname: api.openai.com",
    ),
    Mistake(
        KGW,
        [
            ("host: api.mistral.ai\n      port: 443", "host: llm.example.com\n      port: 80"),
            ("          hostname: api.mistral.ai", "          hostname: llm.example.com"),
            (VALIDATION, VALIDATION.replace("api.mistral.ai", "llm.example.com")),
        ],
        "policy-on-plaintext",
        "port: 80",
    ),
    Mistake(
        KGW,
        [*PLAIN, (VALIDATION, VALIDATION.replace("api.mistral.ai", "ollama.llm.svc"))],
        "policy-on-plaintext",
        "targetRefs:",
        "warning",
    ),
    Mistake(
        AGW,
        [
            ("host: api.mistral.ai\n      port: 443", "host: ollama.ollama.svc.cluster.local\n      port: 11434"),
            (
                REWRITE.replace("      - ", "    - ")
                .replace("        url", "      url")
                .replace("          host", "        host"),
                "",
            ),
            (SNI, "    tls: {}\n"),
        ],
        "policy-on-plaintext",
        "tls: {}",
    ),
    Mistake(KGW, [(SYSTEM, CA)], "ca-missing", "name: our-ca", "warning", beside=("ca-of-ones-own",)),
    Mistake(KGW, [(SYSTEM, CA + config_map(namespace="default"))], "ca-missing", "name: our-ca"),
    Mistake(KGW, [(SYSTEM, CA + config_map("our-cas"))], "ca-missing", "name: our-ca"),
    Mistake(
        KGW, [(SYSTEM, CA + config_map("our-ca-759f54bcbf"))], "ca-missing", "name: our-ca"
    ),  # as Kustomize names it
    Mistake(KGW, [(SYSTEM, CA + config_map(key="tls.crt"))], "ca-unusable", "data:"),
    Mistake(KGW, [(SYSTEM, CA + config_map())], "ca-unusable", "ca.crt: x"),
    Mistake(KGW, [(SYSTEM, CA.replace("ConfigMap", "Secret"))], "ca-unusable", "kind: Secret"),
]
