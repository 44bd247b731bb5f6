"""The objects as the controller reads them, and the small questions asked of every one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from conformance.manifests.schemas.kinds import Kind

__all__ = ["Name", "Object", "Objects", "age", "condition_list", "dig", "name_of"]

Object = Mapping[str, Any]
Name = tuple[str, str]
"""(namespace, name)."""


class Objects(Protocol):
    """Where objects are read; `kubeapi.store.Store` is one. What comes out must not be changed."""

    def peek(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any] | None: ...
    def peek_all(self, kind: Kind, namespace: str | None = None) -> Iterator[dict[str, Any]]: ...


def name_of(obj: Object) -> Name:
    """(namespace, name) of an object."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def age(obj: Object) -> tuple[str, str, str]:
    """Sorts the older first, then by namespace and name: the Gateway API's order for everything in conflict."""
    return (obj["metadata"].get("creationTimestamp", ""), *name_of(obj))


def dig(obj: Any, *path: str) -> Any:
    """The value at a path of mappings, or None."""
    for step in path:
        # Asked half a million times in a run, nearly always of a dict.
        if type(obj) is not dict and not isinstance(obj, Mapping):
            return None
        obj = obj.get(step)
    return obj


def condition_list(obj: Any) -> list[Any]:
    """The `conditions` of a status or a part of one."""
    found = dig(obj, "conditions")
    return found if isinstance(found, list) else []
