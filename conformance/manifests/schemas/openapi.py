"""The schemas as OpenAPI v3, for `kubectl explain`, `kubectl apply` and clients that look before they send."""

from __future__ import annotations

from typing import Any

from conformance.manifests.schemas.schema import Schema

__all__ = ["METADATA_REF", "component_name", "rendered"]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
METADATA_REF = f"#/components/schemas/{_META}"
"""Where the schema of metadata is expected."""


def component_name(group: str, version: str, kind: str) -> str:
    """The name of a kind's schema: `dev.kgateway.gateway.v1alpha1.Backend`, `io.k8s.api.core.v1.Secret`."""
    if not group:
        return f"io.k8s.api.core.{version}.{kind}"
    return ".".join([*reversed(group.split(".")), version, kind])


def rendered(schema: Schema) -> dict[str, Any]:
    """One schema with all that is in it."""
    document: dict[str, Any] = {} if schema.type == "any" else {"type": schema.type}
    for key, value in (
        ("description", schema.doc),
        ("format", schema.format),
        ("pattern", schema.pattern),
        ("enum", list(schema.enum)),
        ("required", list(schema.required)),
    ):
        if value:
            document[key] = value
    if schema.default is not None:
        document["default"] = schema.default
    document.update(limits(schema))
    document.update(children(schema))
    document.update(merging(schema))
    return document


def limits(schema: Schema) -> dict[str, Any]:
    """Least and most, in the words for the type."""
    words = {
        "string": ("minLength", "maxLength"),
        "integer": ("minimum", "maximum"),
        "array": ("minItems", "maxItems"),
        "object": ("minProperties", "maxProperties"),
    }.get(schema.type, ("minimum", "maximum"))
    return {word: limit for word, limit in zip(words, (schema.least, schema.most), strict=True) if limit is not None}


def children(schema: Schema) -> dict[str, Any]:
    """Fields, items, values of a map."""
    found: dict[str, Any] = {}
    if schema.properties:
        found["properties"] = {name: rendered(child) for name, child in schema.properties.items()}
    if schema.items is not None:
        found["items"] = rendered(schema.items)
    if schema.additional is not None:
        found["additionalProperties"] = rendered(schema.additional)
    return found


def merging(schema: Schema) -> dict[str, Any]:
    """Kubernetes' extensions on how values are merged."""
    found: dict[str, Any] = {}
    if schema.type == "array":
        found["x-kubernetes-list-type"] = schema.list_type
        if schema.list_keys:
            found["x-kubernetes-list-map-keys"] = list(schema.list_keys)
    if schema.map_type == "atomic":
        found["x-kubernetes-map-type"] = "atomic"
    if schema.preserve:
        found["x-kubernetes-preserve-unknown-fields"] = True
    return found
