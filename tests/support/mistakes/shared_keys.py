"""Mistakes by which one key goes to two parties: by one policy, one filter, or one Secret at domains nobody knows."""

from __future__ import annotations

from tests.support.checks import AGENTGATEWAY, Mistake, documented
from tests.support.mistakes.attached import BACKEND, GATEWAY, policy

AUTH = "    auth:\n      secretRef:\n        name: {}-secret\n"
SENT = "backend: {auth: {secretRef: {name: mistral-secret}}}"
MISTRAL, DEEPSEEK = documented(AGENTGATEWAY), documented(AGENTGATEWAY, "deepseek")
SECRETLESS = DEEPSEEK.partition("---\n")[2]
KEYLESS = SECRETLESS.replace("  policies:\n" + AUTH.format("deepseek"), "")
BY_GATEWAY = f"{MISTRAL.replace(AUTH.format('mistral'), '')}---\n{KEYLESS}"
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
    Mistake(at("llm.tansy.example", "api.nimbus.example"), [], "key-at-two-vendors", "secretRef:"),
    Mistake(at("llm.tansy.co.uk", "llm.nimbus.co.uk"), [], "key-at-two-vendors", "secretRef:"),
    # One company may have both domains.
    Mistake(at("llm.tansy.com", "llm.tansy.example"), [], "key-at-two-vendors", "secretRef:", "warning"),
]
