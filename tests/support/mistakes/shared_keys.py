"""Mistakes by which one key goes to two parties: by one policy, one filter, or one Secret at domains nobody knows."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, Mistake, documented
from tests.support.mistakes.attached import BACKEND, GATEWAY, policy

AUTH = "    auth:\n      secretRef:\n        name: {}-secret\n"
PASSED = "    auth: {passthrough: {}}\n"
SENT = "backend: {auth: {secretRef: {name: mistral-secret}}}"
MISTRAL, DEEPSEEK = documented(AGENTGATEWAY), documented(AGENTGATEWAY, "deepseek")
SECRETLESS = DEEPSEEK.partition("---\n")[2]
KEYLESS = SECRETLESS.replace("  policies:\n" + AUTH.format("deepseek"), "")
KEYLESS_MISTRAL = MISTRAL.replace(AUTH.format("mistral"), "")
BY_GATEWAY = f"{KEYLESS_MISTRAL}---\n{KEYLESS}"
ON_BOTH = f"{BACKEND}\n  - {BACKEND.replace('mistral', 'deepseek')}"
SECOND = """    - name: mistral
      namespace: agentgateway-system
      group: agentgateway.dev
      kind: AgentgatewayBackend
"""
SPLIT = [
    (SECOND, SECOND + SECOND.replace("mistral", "deepseek")),
    ("        hostname: api.mistral.ai\n", "        path: {type: ReplacePrefixMatch, replacePrefixMatch: /}\n"),
    (
        "    filters:\n",
        "    filters:\n    - type: RequestHeaderModifier\n      requestHeaderModifier:\n"
        "        set: [{name: Authorization, value: Bearer 8fQ2vLx7Kd}]\n",
    ),
]


# Clients bring the key, and it goes to whichever of the two is chosen.
BROUGHT = f"{MISTRAL}---\n{SECRETLESS}".replace(AUTH.format("mistral"), PASSED).replace(AUTH.format("deepseek"), PASSED)
COPIED = """---
apiVersion: v1
kind: Service
metadata: {name: copies, namespace: agentgateway-system}
spec: {type: ExternalName, externalName: api.deepseek.com}
"""
MIRROR = (
    "    filters:\n",
    "    filters:\n    - {type: RequestMirror, requestMirror: {backendRef: {name: copies, port: 443}}}\n",
)


def at(mistral: str, deepseek: str) -> str:
    """The key of the one at both, who are somebody else."""
    both = f"{MISTRAL}---\n{SECRETLESS.replace('deepseek-secret', 'mistral-secret')}"
    return both.replace("api.mistral.ai", mistral).replace("api.deepseek.com", deepseek)


SHARED_KEY_MISTAKES = [
    Mistake(BY_GATEWAY + policy(ON_BOTH, SENT), [], "key-at-two-vendors", "secretRef:"),
    Mistake(BY_GATEWAY + policy(GATEWAY, SENT), [], "key-at-two-vendors", "secretRef:"),
    Mistake(
        BY_GATEWAY,
        SPLIT,
        "key-at-two-vendors",
        "value: Bearer 8fQ2vLx7Kd",
        beside=["key-in-modifier", "auth-missing"],
    ),
    Mistake(BROUGHT, SPLIT[:2], "key-at-two-vendors", "auth: {passthrough"),
    # What a filter writes, and what a client brings, is copied; a Backend's own key is not.
    Mistake(
        KEYLESS_MISTRAL + COPIED,
        [MIRROR, *SPLIT[2:]],
        "key-at-two-vendors",
        "value: Bearer 8fQ2vLx7Kd",
        beside=["key-in-modifier"],
    ),
    Mistake(MISTRAL.replace(AUTH.format("mistral"), PASSED) + COPIED, [MIRROR], "key-at-two-vendors", "backendRef:"),
    Mistake(at("llm.tansy.example", "api.nimbus.example"), [], "key-at-two-vendors", "secretRef:"),
    Mistake(at("llm.tansy.co.uk", "llm.nimbus.co.uk"), [], "key-at-two-vendors", "secretRef:"),
    # One company may have both domains.
    Mistake(at("llm.tansy.com", "llm.tansy.example"), [], "key-at-two-vendors", "secretRef:", "warning"),
]
