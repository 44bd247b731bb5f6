"""Fields that are null: as good as missing to kubectl's apply, and to everything here.

A server-side apply would take a null for a value, which the API refuses for most fields; kubectl, by which the page
has its manifests applied, drops them.
"""

from __future__ import annotations

from typing import Any

__all__ = ["without_nulls"]


def without_nulls(node: Any) -> Any:
    """A copy without the fields that are null; items of lists stay."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return [without_nulls(item) for item in node] if isinstance(node, list) else node
