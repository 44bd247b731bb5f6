"""Changes of manifests: a Backend in another namespace than its route, and what lets the route refer to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.cases import GROUP, Change, Draft

__all__ = ["backend_in", "granting"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


def backend_in(namespace: str) -> Change:
    """The Backend with all that belongs to it in another namespace than the route, and no ReferenceGrant."""

    def change(draft: Draft) -> None:
        draft.remove("ReferenceGrant")
        for ref in draft.backend_refs():
            ref["namespace"] = namespace
        for manifest in draft.manifests:
            if manifest.kind != "HTTPRoute":
                manifest.data["metadata"]["namespace"] = namespace

    return change


def granting(source: Mapping[str, str] = _NOTHING, target: Mapping[str, str] = _NOTHING) -> Change:
    """A ReferenceGrant that lets the route refer to its Backend by name, or would but for these fields of it."""

    def change(draft: Draft) -> None:
        backend = draft.manifests.one("Backend")
        of = {"group": GROUP, "kind": "HTTPRoute", "namespace": draft.route["metadata"]["namespace"], **source}
        to = {"group": backend.group, "kind": backend.kind, "name": backend.name, **target}
        metadata = {"name": f"{backend.name}-grant"}
        spec = {"from": [of], "to": [to]}
        draft.add({"apiVersion": f"{GROUP}/v1beta1", "kind": "ReferenceGrant", "metadata": metadata, "spec": spec})

    return change
