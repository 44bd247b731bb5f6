"""Mistakes with keys and Secrets: what is edited, and what is told where."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from tests.support.checks import AGENTGATEWAY, KEYS, KGATEWAY, Edit, Mistake, documented

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
KEY = KEYS["MISTRAL_API_KEY"]
STRING = "stringData:\n  Authorization: $MISTRAL_API_KEY\n"
REF = "          kind: SecretRef\n          secretRef:\n            name: mistral-secret\n"
AGW_REF = "    auth:\n      secretRef:\n        name: mistral-secret\n"
SECRET = KGW.partition("---\n")[0] + "---\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def data(text: str) -> str:
    return f"data:\n  Authorization: {text}\n"


def plain(text: str) -> str:
    return f"stringData:\n  Authorization: {text}\n"


def inline(text: str) -> str:
    return f"          kind: Inline\n          inline: {text}\n"


ORPHAN = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: kgateway-system}\nstringData: {%s: abc}\n"
NIMBUS = KGW.replace("api.mistral.ai", "llm.nimbus.example")
UNNAMED = AGW.replace("name: mistral\n", "name: chat\n")
BOTH = f"{KGW}---\n{documented(KGATEWAY, 'deepseek')}"
AGW_BOTH = f"{AGW}---\n{documented(AGENTGATEWAY, 'deepseek')}"


def in_header(name: str) -> Edit:
    return "      host: ", f"      authHeader: {{headerName: {name}}}\n      host: "


PUT_THERE = "0f9e8d7c6b5a49382716f5e4d3c2b1a0"
"""Not one of a known form, as many vendors' are."""
AT_ADDRESS = NIMBUS.rpartition("---\n")[0].replace("llm.nimbus.example", "52.14.88.10").replace("443", "8000")
OWN_SERVER = AT_ADDRESS.replace("52.14.88.10", "nimbus.models.svc.cluster.local")


AT_XAI = AGW.replace("api.mistral.ai", "api.x.ai").replace("mistral-medium-2505", "grok-4")
BY_EXTRACT = {"dataFrom": [{"extract": {"key": "llm"}}]}
BY_NAME = {"data": [{"secretKey": "Authorization", "remoteRef": {"key": "llm"}}]}
BY_TEMPLATE = {
    "data": [{"secretKey": "token", "remoteRef": {"key": "llm"}}],
    "target": {"template": {"data": {"Authorization": "Bearer {{ .token | trim }}"}}},
}
OF_VAULT = {"mount": "kv", "path": "llm"}
BY_VAULTS_TEMPLATE = {
    "destination": {"transformation": {"templates": {"Authorization": {"text": '{{- get .Secrets "token" -}}'}}}},
}


def from_store(text: str, spec: dict[str, Any] = BY_NAME) -> str:
    """With Secrets that are made from one place in a store."""
    parts: list[str] = []
    for part in text.split("---\n"):
        if "kind: Secret\n" in part:
            made = yaml.safe_load(part)["metadata"]
            head: dict[str, Any] = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"}
            store: dict[str, Any] = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"}}
            target = "target"
            if "mount" in spec:
                head = {"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": "VaultStaticSecret"}
                store, target = {"type": "kv-v2"}, "destination"
            named: dict[str, Any] = {target: {**spec.get(target, {}), "name": made.pop("name")}}
            made["name"] = f"from-store-{len(parts)}"
            part = yaml.safe_dump({**head, "metadata": made, "spec": {**store, **spec, **named}})
        parts.append(part)
    return "---\n".join(parts)


KEY_MISTAKES = [
    Mistake(
        KGW,
        [("name: mistral-secret\n        model", f"name: {PUT_THERE}\n        model")],
        "secret-missing",
        f"name: {PUT_THERE}",
    ),
    Mistake(KGW, [("Authorization: $MISTRAL_API_KEY", f"{PUT_THERE}: Authorization")], "secret-key-name", PUT_THERE),
    Mistake(AGW, [("$MISTRAL_API_KEY", "Authorization")], "token-is-a-name", "Authorization:"),
    Mistake(AGW, [("chat/completions", f"chat/completions?key={PUT_THERE}")], "key-in-path", "path:", "warning"),
    *(
        Mistake(from_store(AGW_BOTH, spec), [], "key-at-two-vendors", "secretRef:")
        for spec in (BY_NAME, BY_EXTRACT, BY_TEMPLATE, OF_VAULT, {**OF_VAULT, **BY_VAULTS_TEMPLATE})
    ),
    Mistake(AT_ADDRESS, [], "key-in-clear", "port: 8000"),
    Mistake(AT_ADDRESS, [("52.14.88.10", '"2600:1f18::10"')], "key-in-clear", "port: 8000"),
    Mistake(KGW, [(SECRET, "")], "secret-missing", "name: mistral-secret", "warning"),
    Mistake(KGW, [("  name: mistral-secret\n", "  name: mistral-secrets\n")], "secret-missing", "name: mistral-secret"),
    Mistake(KGW, [("  name: mistral-secret\n", "  name: llm\n")], "secret-missing", "name: mistral-secret"),
    Mistake(AGW, [("  name: mistral-secret\n", "  name: mistral-key\n")], "secret-missing", "name: mistral-secret"),
    Mistake(KGW, [("kgateway-system\ntype", "default\ntype")], "secret-other-namespace", "namespace: default"),
    Mistake(KGW, [("  Authorization:", "  authorization:")], "secret-key-name", "authorization:"),
    Mistake(KGW, [("  Authorization:", "  api-key:")], "secret-key-name", "api-key:"),
    Mistake(KGW, [(STRING, "")], "secret-key-name", "apiVersion: v1"),
    Mistake(AGW, [(AGW_REF, AGW_REF + "        key: api-key\n")], "secret-key-name", "Authorization:"),
    Mistake(KGW, [(STRING, plain('""'))], "secret-empty", "Authorization:"),
    Mistake(KGW, [(STRING, plain("Bearer"))], "secret-empty", "Authorization:"),
    Mistake(KGW, [(STRING, plain("<insert your API key>"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("YOUR_API_KEY"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("sk-..."))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("sk-proj-xxxxxxxxxxxx"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("sk-3f9a...84f05"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("https://console.mistral.ai/api-keys"))], "placeholder-left", "Authorization:"),
    Mistake(AGW, [(STRING, plain("/var/run/secrets/mistral.key"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("changeme"))], "placeholder-left", "Authorization:"),
    Mistake(OWN_SERVER, [(STRING, plain("placeholder"))], "placeholder-left", "Authorization:", "warning"),
    Mistake(OWN_SERVER, [(STRING, plain("<your API key>"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("MISTRAL_API_KEY"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, plain("'{{ .Values.apiKey }}'"))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(STRING, data(encoded("$MISTRAL_API_KEY")))], "placeholder-left", "Authorization:"),
    Mistake(KGW, [(REF, inline("$MISTRAL_API_KEY"))], "placeholder-left", "inline:"),
    Mistake(AGW, [(AGW_REF, "    auth: {key: <your key>}\n")], "placeholder-left", "key: <your"),
    Mistake(KGW, [('model: "mistral-medium-2505"', "model: $MODEL")], "placeholder-left", "model: $MODEL"),
    Mistake(KGW, [(STRING, data(KEY))], "secret-not-base64", "Authorization:"),
    Mistake(KGW, [(STRING, data("sk-not-base64"))], "secret-not-base64", "Authorization:"),
    Mistake(KGW, [(STRING, plain(encoded("sk-3f9ab2c1d7e84f05")))], "secret-double-encoded", "Authorization:"),
    Mistake(AGW, [(STRING, data(encoded(encoded("sk-3f9ab2c1d7e84f05"))))], "secret-double-encoded", "Authorization:"),
    Mistake(KGW, [(STRING, data(encoded(KEY + "\n")))], "token-newline", "Authorization:", "warning"),
    Mistake(KGW, [(STRING, plain('"sk-one\\nsk-two"'))], "token-characters", "Authorization:"),
    Mistake(KGW, [(STRING, plain("'\"sk-3f9ab2c1\"'"))], "token-characters", "Authorization:"),
    Mistake(KGW, [(STRING, plain("sk-3f9ab2c1\u201d"))], "token-characters", "Authorization:"),
    Mistake(KGW, [(STRING, plain("MISTRAL_API_KEY=sk-3f9ab2c1"))], "token-characters", "Authorization:"),
    Mistake(KGW, [(STRING, plain("export API_KEY=sk-3f9ab2c1"))], "token-characters", "Authorization:"),
    Mistake(AGW, [(STRING, plain("'x-api-key: sk-3f9ab2c1'"))], "token-characters", "Authorization:"),
    Mistake(NIMBUS, [(STRING, plain("'x-api-key: sk-3f9ab2c1'"))], "token-characters", "Authorization:", "warning"),
    Mistake(KGW, [(STRING, plain("sk-3f9ab2c1,sk-3f9ab2c2"))], "token-characters", "Authorization:"),
    Mistake(NIMBUS, [(STRING, plain("sk-3f9ab2c1;"))], "token-characters", "Authorization:", "warning"),
    Mistake(KGW, [(REF, inline('"sk-3f9ab2c1d7e84f05\\n"'))], "token-characters", "inline:", beside=["inline-token"]),
    Mistake(KGW, [(STRING, plain(f"Bearer {KEY}"))], "bearer-in-token", "Authorization:", "warning"),
    Mistake(AGW, [(STRING, plain(f"bearer {KEY}"))], "bearer-in-token", "Authorization:"),
    Mistake(KGW, [(REF, inline(f"Bearer {KEY}"))], "bearer-in-token", "inline:", beside=["inline-token"]),
    Mistake(
        AGW,
        [(AGW_REF, AGW_REF + "        key: api\n"), ("  Authorization: $MISTRAL_API_KEY", f"  api: Bearer {KEY}")],
        "bearer-in-token",
        "api: Bearer",
    ),
    Mistake(KGW, [(REF, inline(KEY))], "inline-token", "inline:", "warning"),
    Mistake(AGW, [(AGW_REF, f"    auth: {{key: {KEY}}}\n")], "inline-token", "key:", "warning"),
    Mistake(KGW, [("kind: SecretRef", "kind: Inline")], "token-kind-wrong", "kind: Inline"),
    Mistake(KGW, [(REF, f"          kind: SecretRef\n          inline: {KEY}\n")], "token-kind-wrong", "kind: Sec"),
    Mistake(KGW, [(REF, "          kind: SecretRef\n")], "token-kind-wrong", "kind: SecretRef"),
    Mistake(KGW, [("kind: SecretRef", "kind: Passthrough")], "token-kind-wrong", "kind: Pass", "warning"),
    Mistake(AGW, [(AGW_REF, "")], "auth-missing", "provider:", "warning"),
    Mistake(
        KGW,
        [("      host: api", "      authHeader: {headerName: x-api-key}\n      host: api")],
        "auth-header-unlike-vendor",
        "authHeader:",
    ),
    Mistake(
        KGW,
        [("      host: api", "      authHeader: {prefix: Token}\n      host: api")],
        "auth-header-unlike-vendor",
        "authHeader:",
    ),
    Mistake(
        AGW,
        [("    auth:\n", "    auth:\n      location: {header: {name: Authorization}}\n")],
        "auth-header-unlike-vendor",
        "location:",
    ),
    *(
        Mistake(NIMBUS, [in_header(name)], "auth-header-misspelt", f"headerName: {name}", "warning")
        for name in ("Authorizaton", "autorization", "x-api-kye", "apikeys")
    ),
    Mistake(
        AGW.replace("api.mistral.ai", "llm.nimbus.example"),
        [("    auth:\n", "    auth:\n      location: {header: {name: Autorization, prefix: 'Bearer '}}\n")],
        "auth-header-misspelt",
        "name: Autorization",
        "warning",
    ),
    Mistake(BOTH, [("$DEEPSEEK_API_KEY", "$MISTRAL_API_KEY")], "key-at-two-vendors", "authToken:"),
    Mistake(
        AGW_BOTH,
        [("$DEEPSEEK_API_KEY", "Bearer $MISTRAL_API_KEY")],
        "key-at-two-vendors",
        "secretRef:",
        beside=["bearer-in-token"],
    ),
    Mistake(KGW, [(STRING, plain("gsk_Q7zM4xT1"))], "key-of-another-vendor", "host: api.mistral.ai", "warning"),
    Mistake(AT_XAI, [(STRING, plain("gsk_Q7zM4xT1"))], "key-of-another-vendor", "host: api.x.ai"),
    Mistake(AGW.replace("mistral.ai", "mistal.ai"), [], "host-near-vendor", "host: api.mistal.ai"),
    Mistake(KGW.replace("mistral.ai", "mistral.com"), [], "host-near-vendor", "host: api.mistral.com"),
    Mistake(UNNAMED.replace("mistral.ai", "mistal.ai"), [], "host-near-vendor", "host: api.mistal.ai", "warning"),
    Mistake(UNNAMED.replace("api.mistral", "api-mistral"), [], "host-near-vendor", "host: api-mistral.ai", "warning"),
    Mistake(AGW.replace("api.mistral.ai", "api.mistral.ai.tansy.example"), [], "host-near-vendor", "host:", "warning"),
    Mistake(
        AGW.replace("api.mistral.ai", "sk-q8Vz3xL0bT7kq8"),
        [],
        "host-not-a-name",
        "host:",
        beside=["public-authority-in-cluster"],
    ),
    Mistake(
        UNNAMED.replace("api.mistral.ai", "openrouter.io"),
        [("$MISTRAL_API_KEY", "sk-or-v1-q8Vz3xL0bT7kq8Vz3xL0bT7k")],
        "host-near-vendor",
        "host: openrouter.io",
    ),
    *(
        Mistake(text.replace("api.mistral.ai", "api.lambdalabs.com"), [], "host-former", "host: api.lambda", "warning")
        for text in (KGW, AGW)
    ),
    Mistake(AGW.replace("api.mistral.ai", "console.mistral.ai"), [], "host-without-api", "host: console.mistral.ai"),
    Mistake(AGW.replace("api.mistral.ai", "mistral.ai"), [], "host-without-api", "host: mistral.ai"),
    Mistake(KGW.replace("api.mistral.ai", "www.mistral.ai"), [], "host-without-api", "host: www.mistral.ai"),
    Mistake(KGW.replace("api.mistral.ai", "ai.api.nvidia.com"), [], "host-without-api", "host: ai.api.nvidia.com"),
    Mistake(NIMBUS.rpartition("---\n")[0], [("port: 443", "port: 8080")], "key-in-clear", "port: 8080"),
    Mistake(
        AGW.replace("api.mistral.ai", "llm.nimbus.example"),
        [("    tls:\n      sni: llm.nimbus.example\n", ""), ("port: 443", "port: 80")],
        "key-in-clear",
        "port: 80",
    ),
    # Nobody's header, and the vendor's is known: one finding is enough.
    Mistake(KGW, [in_header("Autorization")], "auth-header-unlike-vendor", "authHeader:"),
    Mistake(KGW, [("$MISTRAL_API_KEY", "$NO_SUCH_KEY")], "variable-unset", "Authorization:", "warning"),
]
