"""OpenAPI v3 documents by group and version: kubectl reads from them which options and fields there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.answers.discovery import VERSION, Discovery
from conformance.targets.reference.kubeapi.jsontree import Json, clone

__all__ = ["OpenApi"]

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA_SCHEMA: Json = {
    "type": "object",
    "description": "ObjectMeta is metadata that all persisted resources must have.",
    "properties": {
        "name": {"type": "string"},
        "generateName": {"type": "string"},
        "namespace": {"type": "string"},
        "uid": {"type": "string"},
        "resourceVersion": {"type": "string"},
        "generation": {"type": "integer", "format": "int64"},
        "creationTimestamp": {"type": "string", "format": "date-time"},
        "deletionTimestamp": {"type": "string", "format": "date-time"},
        "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "selfLink": {"type": "string"},
        "finalizers": {
            "type": "array",
            "items": {"type": "string"},
            "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
        },
        "ownerReferences": {
            "type": "array",
            "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["uid"],
            "x-kubernetes-patch-merge-key": "uid",
            "x-kubernetes-patch-strategy": "merge",
        },
        "managedFields": {
            "type": "array",
            "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "x-kubernetes-list-type": "atomic",
        },
    },
}
_WRITE_OPTIONS = ("dryRun", "fieldManager", "fieldValidation")
_PATCH_TYPES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")
_STRATEGIC = "application/strategic-merge-patch+json"


class OpenApi:
    """The documents, made when they are first asked for and kept as bytes."""

    def __init__(self, schema: Callable[[Kind], Mapping[str, Any]], discovery: Discovery) -> None:
        self._served = discovery.served()
        self._group_versions = discovery.group_versions()
        self._schema = schema
        self._documents: dict[str, bytes] = {}

    def index(self) -> Json:
        """`GET /openapi/v3`: where each document is, with a hash so that clients may keep it."""
        paths = {}
        for group, version in self._group_versions:
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            digest = hashlib.sha256(self.document(path) or b"").hexdigest()[:32].upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def document(self, path: str) -> bytes | None:
        """`GET /openapi/v3/PATH`; None when there is no such document."""
        if path not in self._documents:
            found = next(
                ((g, v) for g, v in self._group_versions if (f"apis/{g}/{v}" if g else f"api/{v}") == path), None
            )
            if found is None:
                return None
            self._documents[path] = json.dumps(self._make(*found), separators=(",", ":")).encode()
        return self._documents[path]

    def _make(self, group: str, version: str) -> Json:
        paths: Json = {}
        schemas: Json = {_OBJECT_META: _METADATA_SCHEMA}
        for (of_group, of_version, _), kind in self._served.items():
            if (of_group, of_version) == (group, version):
                name = schema_name(kind, version)
                schemas[name] = self._kind_schema(kind, version)
                paths.update(_paths(kind, version, name))
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
            "paths": paths,
            "components": {"schemas": schemas},
        }

    def _kind_schema(self, kind: Kind, version: str) -> Json:
        schema: Json = clone(dict(self._schema(kind)))
        properties = schema.setdefault("properties", {})
        properties["apiVersion"] = {"type": "string"}
        properties["kind"] = {"type": "string"}
        properties["metadata"] = {"allOf": [{"$ref": f"#/components/schemas/{_OBJECT_META}"}], "default": {}}
        if kind.kind == "Service" and "ports" in properties.get("spec", {}).get("properties", {}):
            properties["spec"]["properties"]["ports"].update(
                {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "port"}
            )
        schema["type"] = "object"
        schema["x-kubernetes-group-version-kind"] = [_gvk(kind, version)]
        return schema


def schema_name(kind: Kind, version: str) -> str:
    """The name of a kind's schema: the group backwards, as kube-apiserver names them."""
    if not kind.group:
        return f"io.k8s.api.core.{version}.{kind.kind}"
    return ".".join([*reversed(kind.group.split(".")), version, kind.kind])


def _gvk(kind: Kind, version: str) -> Json:
    return {"group": kind.group, "version": version, "kind": kind.kind}


def _paths(kind: Kind, version: str, name: str) -> Json:
    root = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
    collection = f"{root}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"
    item = f"{collection}/{{name}}"
    paths: Json = {
        collection: {
            "get": _operation(kind, version, name, "list"),
            "post": _operation(kind, version, name, "post"),
        },
        item: {action: _operation(kind, version, name, action) for action in ("get", "put", "patch", "delete")},
    }
    if kind.namespaced:
        paths[f"{root}/{kind.plural}"] = {"get": _operation(kind, version, name, "list")}
    if kind.has_status:
        paths[f"{item}/status"] = {
            action: _operation(kind, version, name, action) for action in ("get", "put", "patch")
        }
    return paths


def _operation(kind: Kind, version: str, name: str, action: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    operation: Json = {
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(kind, version),
    }
    if action in ("put", "post", "patch"):
        options = (*_WRITE_OPTIONS, "force") if action == "patch" else _WRITE_OPTIONS
        operation["parameters"] = [
            {"name": option, "in": "query", "schema": {"type": "boolean" if option == "force" else "string"}}
            for option in options
        ]
        if action == "patch":
            # kubectl sends a strategic patch wherever it is listed; custom resources take none.
            types = _PATCH_TYPES if kind.group else (*_PATCH_TYPES, _STRATEGIC)
            content = {type_: {"schema": {"type": "object"}} for type_ in types}
        operation["requestBody"] = {"content": content, "required": True}
    return operation
