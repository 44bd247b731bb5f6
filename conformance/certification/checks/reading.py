"""Safe reading of fields that nobody has validated yet, and the nearest of a few names."""

from __future__ import annotations

from typing import Any

from conformance.manifests.objects import ManifestSet
from conformance.manifests.remedies import nearest

__all__ = ["dig", "items", "nearest", "texts", "written_kinds"]


def dig(data: object, *path: str | int) -> Any:
    """The value at a path; None when any step leads nowhere, whatever stands there instead."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def items(data: object, *path: str | int) -> list[tuple[int, dict[str, Any]]]:
    """The mappings of a list with their numbers; empty when there is no list."""
    found = dig(data, *path)
    return [(index, one) for index, one in enumerate(found) if isinstance(one, dict)] if isinstance(found, list) else []


def texts(data: object, *path: str | int) -> dict[str, str]:
    """The texts of a mapping; empty when there is none."""
    found = dig(data, *path)
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def written_kinds(manifests: ManifestSet, *kinds: str) -> set[tuple[str, str]]:
    """(namespace, name) of the objects of some kinds, whether they concern us or not."""
    return {(one.namespace, one.name) for one in manifests if one.kind in kinds}
