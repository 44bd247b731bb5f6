"""Mistakes with hosts, ports, paths and models: what is edited, and what is told where."""

from __future__ import annotations

import re

from conformance.core.providers.shipped import load_provider
from tests.support.checks import AGENTGATEWAY, KGATEWAY, Mistake, documented

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
HOST, PORT = "      host: api.mistral.ai\n", "      port: 443\n"
KGW_PATH, AGW_PATH = '      path:\n        full: "/v1/chat/completions"\n', "      path: /v1/chat/completions\n"
MISPLACED = "        path:\n          full: /v1/chat/completions\n"
FACTS = (load_provider("mistral"),)
UNDER = '        model: "mistral-medium-2505"\n'
SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: vllm, namespace: models}
spec: {selector: {app: vllm}, ports: [{port: 80, targetPort: 8000}]}
"""
HEADLESS = SERVICE.replace("{selector", "{clusterIP: None, selector")
HOSTED = AGW.replace("api.mistral.ai", "vllm.models.svc").replace("    tls:\n      sni: vllm.models.svc\n", "")
VLLM = HOSTED.replace("443", "80") + SERVICE
IN_MODELS = re.sub(r"\n((?:  |      )namespace): agentgateway-system", r"\n\1: models", VLLM)
OWN_TLS = AGW.replace("api.mistral.ai", "vllm.models.svc.cluster.local")
NIMBUS = KGW.replace("api.mistral.ai", "llm.nimbus.example")

GROQ = AGW.replace("api.mistral.ai", "api.groq.com").replace("path: /v1", "path: /openai/v1")

BACKEND_MISTAKES = [
    Mistake(
        KGW, [(HOST, "        host: api.mistral.ai\n"), (PORT, "        port: 443\n")], "host-under-openai", "host"
    ),
    Mistake(
        AGW, [(HOST, "        host: api.mistral.ai\n"), (PORT, "        port: 443\n")], "host-under-openai", "host"
    ),
    Mistake(KGW, [(HOST, "        host: api.mistral.ai\n")], "host-under-openai", "host: api.mistral.ai"),
    Mistake(KGW, [(KGW_PATH, ""), (UNDER, UNDER + MISPLACED)], "host-under-openai", "path:"),
    Mistake(KGW, [(PORT, "")], "host-without-port", "llm:"),
    Mistake(AGW, [(PORT, "")], "host-without-port", "provider:"),
    Mistake(KGW, [(HOST, "")], "port-without-host", "llm:"),
    Mistake(KGW, [("host: api.mistral.ai", "host: https://api.mistral.ai")], "host-not-a-name", "host: https:"),
    Mistake(AGW, [("host: api.mistral.ai", "host: api.mistral.ai:443")], "host-not-a-name", "host: api.mistral.ai:443"),
    Mistake(AGW, [("host: api.mistral.ai", "host: api.mistral.ai/v1")], "host-not-a-name", "host: api.mistral.ai/v1"),
    Mistake(KGW, [("port: 443", "port: 8443")], "port-unlike-vendor", "port: 8443", "warning"),
    Mistake(KGW, [("port: 443", "port: 80")], "port-unlike-vendor", "port: 80"),
    Mistake(KGW, [(HOST, "      host: eu.mistral.ai\n")], "host-unlike-facts", "host: eu.mistral.ai", facts=FACTS),
    Mistake(AGW, [(HOST, "      host: eu.mistral.ai\n")], "host-unlike-facts", "host: eu.mistral.ai", facts=FACTS),
    Mistake(KGW, [("/v1/chat", "/v1/v1/chat")], "path-doubled", 'full: "/v1/v1/chat'),
    Mistake(AGW, [("/v1/chat", "/v1/v1/chat")], "path-doubled", "path: /v1/v1/chat"),
    Mistake(AGW, [("path: /v1/chat/completions", "pathPrefix: /v1/chat/completions")], "path-doubled", "pathPrefix:"),
    Mistake(KGW, [("/v1/chat/completions", "/chat/completions")], "path-unlike-vendor", 'full: "/chat'),
    Mistake(AGW, [("/v1/chat/completions", "/v1")], "path-unlike-vendor", "path: /v1"),
    Mistake(
        KGW.replace("api.mistral.ai", "llm.nimbus.example"),
        [("/v1/chat/completions", "/openai/v1/")],
        "path-unlike-vendor",
        'full: "/openai/v1/"',
        "warning",
    ),
    Mistake(
        AGW, [("path: /v1/chat/completions", "pathPrefix: /v2")], "path-unlike-vendor", "pathPrefix: /v2", "warning"
    ),
    Mistake(AGW, [("path: /v1/chat", "path: /api/v1/chat")], "path-unlike-vendor", "path: /api"),
    Mistake(GROQ, [("/openai/v1/chat", "/opnai/v1/chat")], "path-unlike-vendor", "path: /opnai"),
    Mistake(GROQ, [("/openai/v1/chat", "/v2/openai/chat")], "path-unlike-vendor", "path: /v2", "warning"),
    Mistake(KGW, [("/v1/chat/completions", "v1/chat/completions")], "path-no-slash", 'full: "v1'),
    Mistake(
        KGW,
        [("/v1/chat/completions", "https://api.mistral.ai/v1/chat/completions")],
        "path-no-slash",
        "full:",
        "warning",
    ),
    Mistake(KGW, [("/v1/chat/completions", "/v1/chat completions")], "path-characters", "full:"),
    Mistake(AGW, [("path: /v1/chat/completions", "pathPrefix: /v1?a=b")], "path-query", "pathPrefix:"),
    Mistake(KGW, [('model: "mistral-medium-2505"', 'model: ""')], "model-empty", 'model: ""'),
    Mistake(KGW, [("  type: AI\n", "")], "backend-type", "spec:"),
    Mistake(KGW, [("  type: AI\n", "  type: Static\n")], "backend-type", "type: Static"),
    Mistake(AGW, [("      openai:", "      anthropic:")], "provider-type-wrong", "anthropic:"),
    Mistake(KGW, [(HOST, ""), (PORT, "")], "host-left-out", "llm:"),
    Mistake(AGW, [(HOST, ""), (PORT, "")], "host-left-out", "provider:"),
    Mistake(KGW, [("mistral-medium-2505", "mistral-medium-2505 ")], "model-characters", "model:"),
    Mistake(AGW, [("mistral-medium-2505", "'mistral-*'")], "model-characters", "model:"),
    Mistake(
        AGW, [("model: mistral-medium-2505", "model: |\n          mistral-medium-2505")], "model-characters", "model:"
    ),
    Mistake(NIMBUS, [("mistral-medium-2505", "large model")], "model-characters", "model:", "warning"),
    Mistake(KGW, [("mistral-medium-2505", "sk-Q2m7Zr41xTqY8vKd03")], "key-in-body", "model:"),
    Mistake(KGW, [("mistral-medium-2505", "gpt-4o")], "model-of-another", "model:", "warning"),
    Mistake(AGW, [("mistral-medium-2505", "deepseek-chat")], "model-of-another", "model:", "warning"),
    Mistake(KGW, [("mistral-medium-2505", "mistral/mistral-medium-2505")], "model-with-provider", "model:", "warning"),
    Mistake(AGW, [("mistral-medium-2505", "mistralai/mistral-tiny")], "model-with-provider", "model:", "warning"),
    Mistake(IN_MODELS, [("host: vllm.models.svc", "host: vllm")], "host-without-namespace", "host: vllm", "warning"),
    Mistake(VLLM, [("host: vllm.models.svc", "host: localhost")], "host-of-the-gateway", "host: localhost", "warning"),
    Mistake(VLLM, [("host: vllm.models.svc", "host: 127.0.0.1")], "host-of-the-gateway", "host: 127.", "warning"),
    Mistake(
        AGW.replace("api.mistral.ai", "api.together.xyz"),
        [("mistral-medium-2505", "together_ai/openai/gpt-oss-20b")],
        "model-with-provider",
        "model:",
        "warning",
    ),
    Mistake(KGW, [("mistral-medium-2505", "mistral-embed")], "model-no-chat", "model:", "warning"),
    Mistake(NIMBUS, [("mistral-medium-2505", "BAAI/bge-m3")], "model-no-chat", "model:", "warning"),
    Mistake(KGW, [("medium-2505", "meduim-2505")], "model-unlike-vendor", "model:", "warning"),
    Mistake(AGW, [("mistral-medium-2505", "Mistral-Medium-2505")], "model-unlike-vendor", "model:", "warning"),
    Mistake(VLLM, [("host: vllm.models.svc", "host: vllm.model.svc.cluster.local")], "service-missing", "host: vllm"),
    Mistake(VLLM, [("host: vllm.models.svc", "host: vlm.models.svc")], "service-missing", "host: vlm"),
    Mistake(VLLM, [("port: 80", "port: 8000")], "service-port", "port: 8000"),
    Mistake(HOSTED.replace("443", "80") + HEADLESS, [], "service-port", "port: 80", "warning"),
    Mistake(OWN_TLS, [], "public-authority-in-cluster", "sni: vllm", "warning"),
    Mistake(AGW.replace("api.mistral.ai", "llm.corp.internal"), [], "public-authority-in-cluster", "sni:", "warning"),
]
