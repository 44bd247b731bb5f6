"""Paths that a route rewrites; part of the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.dialects.model import BackendRef, Origin, Rule

__all__ = ["rewriting_of", "rewritten"]


def rewriting_of(*owners: Rule | BackendRef) -> Origin | None:
    """Where a path is rewritten."""
    for owner in owners:
        for index, entry in enumerate(owner.filters):
            if entry.get("type") == "URLRewrite" and (entry.get("urlRewrite") or {}).get("path"):
                return owner.origin.below("filters", index, "urlRewrite", "path")
    return None


def rewritten(rule: Rule, rewrite: Mapping[str, Any], path: str) -> str:
    """GW HTTPPathModifier: ReplaceFullPath, or ReplacePrefixMatch of the prefix that matched."""
    if rewrite.get("type") == "ReplaceFullPath":
        return str(rewrite.get("replaceFullPath") or "/")
    prefixes = [match.path.rstrip("/") for match in rule.matches if match.path_type == "PathPrefix"]
    prefix = max((one for one in prefixes if f"{path}/".startswith(f"{one}/")), key=len, default="")
    # What follows the prefix is kept with its slash, also where that slash is all: /foo/ becomes /xyz/.
    return str(rewrite.get("replacePrefixMatch") or "").rstrip("/") + path[len(prefix) :] or "/"
