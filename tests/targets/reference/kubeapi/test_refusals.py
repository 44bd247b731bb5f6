"""The embedded endpoint over plain HTTP: what it refuses, hostile input included."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.kubeapi import (
    APPLY,
    JSON_PATCH,
    KGATEWAY,
    MAPS,
    MERGE,
    STRATEGIC,
    Served,
    backend,
    config_map,
)

# ---- refusals


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({**config_map(), "kind": "Secret"}, 400, "does not match the expected kind (ConfigMap)"),
        ({**config_map(), "apiVersion": "v2"}, 400, "does not match the expected API version (v1)"),
        ({**config_map(), "metadata": {"name": "one", "namespace": "x"}}, 400, "the namespace of the provided object"),
        ({**config_map(), "metadata": []}, 422, "name or generateName is required"),
        ({**config_map(), "metadata": "x"}, 400, "cannot unmarshal"),
        (
            {**config_map(), "metadata": {"name": "one", "resourceVersion": "1"}},
            500,
            "resourceVersion should not be set",
        ),
        ({**config_map("Bad_Name")}, 422, "a lowercase RFC 1123 subdomain must consist of"),
        ({**config_map(), "metadata": {}}, 422, "name or generateName is required"),
        ({**config_map(), "data": []}, 400, "cannot unmarshal"),
        ([], 400, "must be an object"),
        ("text", 400, "must be an object"),
    ],
)
def test_create_refuses(served: Served, body: Any, code: int, message: str) -> None:
    answer = served.post(MAPS, body)

    assert answer.status_code == code
    assert message in answer.json()["message"]
    assert answer.json()["kind"] == "Status"


@pytest.mark.parametrize(
    ("type_", "patch", "code", "message"),
    [
        (MERGE, {"metadata": {"name": "two"}}, 400, "does not match the name on the URL (one)"),
        (MERGE, {"metadata": {"uid": "x"}}, 409, "Precondition failed: UID in precondition: x"),
        (MERGE, {"metadata": {"resourceVersion": "1"}}, 409, "the object has been modified"),
        (MERGE, [], 400, "a patch is a JSON object"),
        (MERGE, {"data": {"a": 1}}, 400, "cannot unmarshal number"),
        (JSON_PATCH, {}, 400, "a JSON patch is a list of operations"),
        (JSON_PATCH, [{"op": "remove", "path": "/data/x"}], 422, "the server rejected our request"),
        (JSON_PATCH, [{"op": "replace", "path": "", "value": 1}], 400, "must be an object"),
        ("text/plain", {}, 415, "unknown format"),
        (APPLY, {}, 422, "fieldManager: Required value"),
    ],
)
def test_patch_refuses(served: Served, type_: str, patch: Any, code: int, message: str) -> None:
    served.post(MAPS, config_map())

    answer = served.patch(f"{MAPS}/one", patch, type_)

    assert answer.status_code == code
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"fieldValidation": "Perhaps"}, "fieldValidation: Unsupported value"),
        ({"fieldManager": "x" * 129}, "fieldManager: Unsupported value"),
        ({"fieldManager": "a\nb"}, "fieldManager: Unsupported value"),
        ({"dryRun": "Some"}, "dryRun: Unsupported value"),
        ({"force": "true"}, "force: Forbidden: may not be specified for non-apply patch"),
    ],
)
def test_options_that_do_not_exist(served: Served, query: dict[str, str], message: str) -> None:
    served.post(MAPS, config_map())

    answer = served.patch(f"{MAPS}/one", {}, MERGE, **query)

    assert answer.status_code == 422
    assert message in answer.json()["message"]


def test_strategic_patches_are_for_core_kinds(served: Served) -> None:
    served.post(KGATEWAY, backend())

    answer = served.patch(f"{KGATEWAY}/mistral", {}, STRATEGIC)

    assert answer.status_code == 415
    assert "application/apply-patch+yaml" in answer.json()["message"]


@pytest.mark.parametrize(
    ("validation", "code", "warning"),
    [
        ("Strict", 400, None),
        ("Warn", 201, '299 - "unknown field \\"spec.x\\""'),
        ("Ignore", 201, None),
        ("", 201, "299"),
    ],
)
def test_unknown_fields(served: Served, validation: str, code: int, warning: str | None) -> None:
    body = backend()
    body["spec"]["x"] = 1

    answer = served.post(KGATEWAY, body, fieldValidation=validation)

    assert answer.status_code == code
    if code == 400:
        assert answer.json()["message"] == (
            'Backend in version "v1alpha1" cannot be handled as a Backend: strict decoding error:'
            ' unknown field "spec.x"'
        )
    else:
        assert "x" not in answer.json()["spec"]
        assert (warning or "") in answer.headers.get("warning", "")
        assert ("warning" in answer.headers) is (warning is not None)


def test_unknown_fields_of_put_and_patch(served: Served) -> None:
    served.post(KGATEWAY, backend())
    wrong = backend()
    wrong["spec"]["x"] = 1

    put = served.http.put(f"{KGATEWAY}/mistral", json=wrong, params={"fieldValidation": "Strict"})
    patch = served.patch(f"{KGATEWAY}/mistral", wrong, fieldValidation="Strict")

    assert put.status_code == 400
    assert patch.status_code == 422
    assert patch.json()["message"].startswith(' "" is invalid: patch: Invalid value: ')
    assert patch.json()["message"].endswith('strict decoding error: unknown field "spec.x"')


def test_invalid_objects_tell_every_cause(served: Served) -> None:
    answer = served.post(KGATEWAY, backend(port=0, host=""))

    status = answer.json()
    assert (answer.status_code, status["reason"]) == (422, "Invalid")
    assert status["message"].startswith('Backend.gateway.kgateway.dev "mistral" is invalid: ')
    fields = [cause["field"] for cause in status["details"]["causes"]]
    assert {"spec.ai.llm.host", "spec.ai.llm.port"} <= set(fields)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"[" * 100_000,
        b'{"metadata":{"name":"one"},"data":' + b'{"a":' * 500 + b"1" + b"}" * 501,
        b"9" * 5_000,
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_broken_json(served: Served, body: bytes) -> None:
    answer = served.http.post(MAPS, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["reason"] == "BadRequest"
    assert len(answer.content) < 1000


@pytest.mark.parametrize("body", [b"a: [", b"a: !!python/name:os.x x", b"\xff", b"a: 1\n---\nb: 1\n", b"", b"- 1"])
def test_broken_yaml(served: Served, body: bytes) -> None:
    answer = served.apply(f"{MAPS}/one", body)

    assert answer.status_code == 400
    assert answer.json()["kind"] == "Status"


def test_yaml_bodies(served: Served) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {day: '2025-05-01'}\n"

    created = served.http.post(MAPS, content=body, headers={"content-type": "application/yaml"})
    applied = served.apply(f"{MAPS}/two", body.replace(b"one", b"two"))

    assert created.json()["data"] == applied.json()["data"] == {"day": "2025-05-01"}


def test_large_bodies_are_refused(served: Served) -> None:
    answer = served.http.post(MAPS, content=b'"' + b"a" * (3 * 1024 * 1024) + b'"')

    assert answer.status_code == 413
    assert answer.json()["reason"] == "RequestEntityTooLarge"


@pytest.mark.parametrize(
    "query",
    [
        {"labelSelector": "a in b"},
        {"fieldSelector": "data.a=1"},
        {"fieldSelector": "x"},
        {"watch": "1", "resourceVersion": "x"},
        {"watch": "1", "timeoutSeconds": "x"},
    ],
)
def test_broken_queries(served: Served, query: dict[str, str]) -> None:
    assert served.http.get(MAPS, params=query).status_code == 400
