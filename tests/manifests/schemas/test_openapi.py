"""What clients and the apply logic read from the schemas: OpenAPI documents and list types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.manifests.schemas.kinds import (
    BACKEND,
    BACKEND_TLS_POLICY,
    GATEWAY,
    HTTP_ROUTE,
    KINDS,
    SECRET,
    SERVICE,
    Kind,
)
from tests.support.admission_objects import ADMISSION


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]:
        if child is not None:
            yield from nodes(child)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_has_a_document(kind: Kind) -> None:
    document = ADMISSION.openapi_schema(kind)
    assert json.loads(json.dumps(document)) == document
    assert document["x-kubernetes-group-version-kind"] == [
        {"group": kind.group, "version": kind.version, "kind": kind.kind}
    ]
    reference = document["properties"]["metadata"]["allOf"][0]["$ref"]
    assert reference.rpartition("/")[2] in ADMISSION.openapi_shared()
    for node in nodes(document):
        assert set(node.get("required", ())) <= set(node.get("properties", ()))
        assert not any(name.endswith("!") for name in node.get("properties", ()))
        keys = node.get("x-kubernetes-list-map-keys", [])
        assert all(key in node["items"]["properties"] for key in keys)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.group], ids=lambda kind: kind.kind)
def test_every_field_of_a_custom_kind_is_explained(kind: Kind) -> None:
    spec = ADMISSION.openapi_schema(kind)["properties"]["spec"]
    for node in nodes(spec):
        for name, field in node.get("properties", {}).items():
            assert field["description"], name


def test_limits_are_in_the_document() -> None:
    llm = ADMISSION.openapi_schema(BACKEND)["properties"]["spec"]["properties"]["ai"]["properties"]["llm"]
    assert llm["properties"]["port"] == {
        "type": "integer",
        "description": "Port to connect to; needs host.",
        "format": "int32",
        "minimum": 1,
        "maximum": 65535,
    }
    assert llm["properties"]["openai"]["required"] == ["authToken"]
    rules = ADMISSION.openapi_schema(HTTP_ROUTE)["properties"]["spec"]["properties"]["rules"]
    assert (rules["maxItems"], rules["x-kubernetes-list-type"]) == (16, "atomic")


def test_a_version_has_its_own_document() -> None:
    document = ADMISSION.openapi_schema(BACKEND_TLS_POLICY, "v1alpha3")
    assert document["x-kubernetes-group-version-kind"][0]["version"] == "v1alpha3"
    assert (
        ADMISSION.openapi_name(BACKEND_TLS_POLICY, "v1alpha3") == "io.k8s.networking.gateway.v1alpha3.BackendTLSPolicy"
    )
    assert ADMISSION.openapi_name(SECRET) == "io.k8s.api.core.v1.Secret"


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        (BACKEND, ("spec", "mcp", "targets"), ("map", ("name",))),
        (BACKEND, ("spec", "ai", "priorityGroups"), ("atomic", ())),
        (GATEWAY, ("spec", "listeners"), ("map", ("name",))),
        (GATEWAY, ("spec", "listeners", 0, "tls", "certificateRefs"), ("atomic", ())),
        (HTTP_ROUTE, ("spec", "rules", 0, "matches", 1, "headers"), ("map", ("name",))),
        (HTTP_ROUTE, ("spec", "rules", 0, "filters", 0, "requestHeaderModifier", "remove"), ("set", ())),
        (HTTP_ROUTE, ("spec", "nowhere", 0, "x"), ("atomic", ())),
        (HTTP_ROUTE, ("metadata", "ownerReferences"), ("map", ("uid",))),
        (SECRET, ("data", "any"), ("atomic", ())),
        (SERVICE, ("spec", "ports"), ("map", ("port", "protocol"))),
    ],
)
def test_list_types(kind: Kind, path: tuple[str | int, ...], expected: tuple[str, tuple[str, ...]]) -> None:
    assert ADMISSION.list_type(kind, path) == expected


def test_the_schema_itself_can_be_walked() -> None:
    schema = ADMISSION.schema(GATEWAY)
    assert schema.properties["spec"].properties["listeners"].list_keys == ("name",)
