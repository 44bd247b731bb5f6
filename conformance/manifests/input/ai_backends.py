"""Whether a file holds a Backend of an AI provider, also one with a mistake in its head or in its YAML."""

from __future__ import annotations

import difflib
import re
from typing import Any

from conformance.core.yaml.located import Document
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.objects import BACKEND_KINDS, items_of
from conformance.manifests.secrets import is_near

__all__ = ["holds_ai_backend", "may_hold_ai_backend"]

_GROUPS = tuple(dialect_named(name).BACKEND_GROUP for name in DIALECTS)
_ALIKE = 0.75
"""Of gateway.kgateway.dev and gateway.envoyproxy.io, which are two, it is 0.54."""

# Only for what is no YAML: a file with a mistake in it is what a person wants to hear about, not one to pass over.
_KIND = re.compile(r"""(?:^|[{,\s-])["']?kind["']?\s*:\s*["']?(?:Backend|AgentgatewayBackend)\b""", re.IGNORECASE)
_GROUP = re.compile(r"""["']?apiVersion["']?\s*:\s*["']?(gateway\.kgateway\.dev|agentgateway\.dev)/""", re.IGNORECASE)
_AI = re.compile(r"""(^|[\s{,"'])(ai["']?\s*:|type["']?\s*:\s*["']?AI\b|openai["']?\s*:)""", re.MULTILINE)


def holds_ai_backend(document: Document) -> bool:
    """Whether one of a document's objects is such a Backend, or was meant to be one."""
    return any(_is_ai_backend(item.data) for item in items_of(document))


def may_hold_ai_backend(text: str) -> bool:
    """The same of a text that cannot be read as YAML, as far as words can tell."""
    documents = re.split(r"^---", text, flags=re.MULTILINE)
    return any(_KIND.search(one) and _GROUP.search(one) and _AI.search(one) for one in documents)


def _is_ai_backend(data: Any) -> bool:
    if not isinstance(data, dict) or not any(is_near(data.get("kind"), kind.lower()) for kind in BACKEND_KINDS):
        return False
    version = next((value for key, value in data.items() if is_near(key, "apiversion")), None)
    return _is_near_group(str(version).rpartition("/")[0].lower()) and _is_about_ai(data)


def _is_near_group(group: str) -> bool:
    return any(difflib.SequenceMatcher(None, group, one).ratio() >= _ALIKE for one in _GROUPS)


def _is_about_ai(data: Any) -> bool:
    """Whether something in it says so, at whatever place."""
    if isinstance(data, list):
        return any(map(_is_about_ai, data))
    if not isinstance(data, dict):
        return False
    return "ai" in data or "openai" in data or data.get("type") == "AI" or any(map(_is_about_ai, data.values()))
