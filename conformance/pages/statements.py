"""Sentences that documentation pages have, and that released gateways are known not to follow."""

from __future__ import annotations

import re

from conformance.core.startup.records import dataclass

__all__ = ["KNOWN_STATEMENTS", "KnownStatement"]


@dataclass(frozen=True)
class KnownStatement:
    """A statement to look for (all of `patterns` occur in one line of prose), what holds instead, and who says so."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    holds: str
    source: str


def _patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text, re.IGNORECASE) for text in texts)


KNOWN_STATEMENTS = (
    KnownStatement(
        "auth-header",
        _patterns(r"^\W*authHeader\b", r"\boverrid"),
        "kgateway 2.1 ignores authHeader for agentgateway and always sends `Authorization: Bearer <key>`; "
        "agentgateway 1.x has policies.auth.location.header instead",
        "kgateway 2.1, internal/kgateway/agentgatewaysyncer/backend/translate.go, translateLLMProviderToProvider",
    ),
    KnownStatement(
        "path-default",
        _patterns(r"^\W*path\b", r"\b(defaults to|omit this)\b", r"/v1/chat/completions"),
        "with a custom host and no path, the client's own path and query go to the provider unchanged, "
        "on kgateway 2.1 and on agentgateway 1.4; set the path",
        "agentgateway 0.10.3, crates/agentgateway/src/llm/mod.rs, use_default_policies; measured on 0.10.5 and 1.4.1",
    ),
)
