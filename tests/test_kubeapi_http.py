"""The embedded endpoint over plain HTTP: verbs, answers, refusals, hostile input."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conformance.embedded.admission import SchemaAdmission
from conformance.embedded.kinds import SECRET
from conformance.embedded.kubeapi import KubeApiServer, Store
from conformance.embedded.kubeapi.fields import shown
from conformance.problems import SetupProblem
from tests.kubeapi_support import (
    APPLY,
    CORE,
    GATEWAY_API,
    KGATEWAY,
    MERGE,
    Served,
    backend,
    config_map,
    route,
    serving,
)

STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
MAPS = f"{CORE}/configmaps"
TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as endpoint:
        yield endpoint


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, **fields}


# ---- who may


@pytest.mark.parametrize(
    ("path", "header", "code"),
    [
        ("/api/v1/secrets", None, 401),
        ("/api/v1/secrets", "Bearer wrong", 401),
        ("/api/v1/secrets", "Basic {token}", 401),
        ("/api/v1/secrets", "Bearer {token}", 200),
        ("/version", None, 200),
        ("/version", "Bearer wrong", 401),
        ("/healthz", None, 200),
        ("/livez", None, 200),
        ("/readyz", None, 200),
        ("/apis", None, 401),
    ],
)
def test_token(served: Served, path: str, header: str | None, code: int) -> None:
    del served.http.headers["authorization"]
    headers = {"authorization": header.format(token=served.server.token)} if header else {}

    answer = served.http.get(path, headers=headers)

    assert answer.status_code == code
    if code == 401:
        assert answer.json() == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        }


def test_certificate_is_verified_by_the_authority_only(served: Served) -> None:
    with (
        httpx.Client(trust_env=False, verify=ssl.create_default_context()) as stranger,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        stranger.get(f"{served.server.url}/version")


def test_token_is_in_no_representation(served: Served) -> None:
    assert served.server.token not in repr(served.server)
    assert repr(served.server) == f"<KubeApiServer {served.server.url}>"


async def test_start_and_stop_twice_and_a_port_that_is_taken() -> None:
    server = KubeApiServer(Store(), SchemaAdmission())
    await server.stop()
    await server.start()
    url = server.url
    await server.start()
    assert server.url == url
    other = KubeApiServer(Store(), SchemaAdmission(), port=int(url.rpartition(":")[2]))
    with pytest.raises(SetupProblem, match="cannot listen on"):
        await other.start()
    await server.stop()
    assert server.url == ""
    await other.start()
    assert other.url == url
    await other.stop()


# ---- discovery


def test_plain_discovery(served: Served) -> None:
    assert served.get("/api")["versions"] == ["v1"]
    groups = {group["name"]: group for group in served.get("/apis")["groups"]}
    assert set(groups) == {"gateway.networking.k8s.io", "gateway.kgateway.dev", "agentgateway.dev"}
    assert groups["gateway.networking.k8s.io"]["preferredVersion"]["version"] == "v1"
    assert served.get("/apis/gateway.kgateway.dev")["preferredVersion"]["version"] == "v1alpha1"
    names = {resource["name"] for resource in served.get("/apis/gateway.networking.k8s.io/v1alpha3")["resources"]}
    assert names == {"backendtlspolicies", "backendtlspolicies/status"}
    assert "/version" in served.get("/")["paths"]


@pytest.mark.parametrize(("path", "groups"), [("/api", [{}]), ("/apis", None)])
def test_aggregated_discovery(served: Served, path: str, groups: list[dict[str, str]] | None) -> None:
    answer = served.http.get(path, headers={"accept": f"{DISCOVERY},application/json"})

    assert answer.headers["content-type"] == DISCOVERY
    items = answer.json()["items"]
    assert [item["metadata"] for item in items] == (
        groups
        or [{"name": "gateway.networking.k8s.io"}, {"name": "gateway.kgateway.dev"}, {"name": "agentgateway.dev"}]
    )
    resources = {one["resource"]: one for one in items[-1]["versions"][0]["resources"]}
    assert all(one["verbs"] for one in resources.values())


def test_older_aggregated_discovery_gets_the_plain_form(served: Served) -> None:
    old = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

    assert served.http.get("/apis", headers={"accept": old}).json()["kind"] == "APIGroupList"


def test_openapi_names_each_document(served: Served) -> None:
    for path, entry in served.get("/openapi/v3")["paths"].items():
        document = served.get(entry["serverRelativeURL"])
        assert document["openapi"] == "3.0.0", path
        patches = [operations["patch"] for operations in document["paths"].values() if "patch" in operations]
        for patch in patches:
            assert "fieldValidation" in {parameter["name"] for parameter in patch["parameters"]}
            assert (STRATEGIC in patch["requestBody"]["content"]) is (path == "api/v1")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/apis/none",
        "/apis/none/v1",
        "/api/v2",
        "/api/v2/secrets",
        "/openapi/v3/apis/none/v1",
        "/openapi/v2",
        "/api/v1/namespaces/default/none",
        "/api/v1/namespaces/default/configmaps/one/status",
        "/api/v1/namespaces/default/configmaps/one/scale",
        "/api/v1/namespaces/default/configmaps/one/status/x",
        "/api/v1/configmaps/one",
        "/apis/gateway.networking.k8s.io/v1/namespaces/default/gatewayclasses",
        "/apis/gateway.kgateway.dev/v1/namespaces/default/backends",
        "/api/v1/namespaces/default/resourcequotas",
    ],
)
def test_unknown_paths(served: Served, path: str) -> None:
    answer = served.http.get(path)

    assert answer.status_code == 404
    assert answer.json()["reason"] == "NotFound"
    assert answer.json()["message"] == "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/api/v1/configmaps", 405),
        ("DELETE", "/api/v1/configmaps", 405),
        ("PUT", MAPS, 405),
        ("POST", f"{MAPS}/one", 405),
        ("DELETE", f"{KGATEWAY}/one/status", 405),
        ("POST", "/version", 405),
        ("POST", "/nowhere", 404),
    ],
)
def test_methods_that_are_not_allowed(served: Served, method: str, path: str, code: int) -> None:
    assert served.http.request(method, path, json={}).status_code == code


# ---- objects


def test_life_of_an_object(served: Served) -> None:
    created = served.post(MAPS, config_map())
    assert created.status_code == 201
    metadata = created.json()["metadata"]
    assert metadata["uid"]
    assert metadata["creationTimestamp"].endswith("Z")
    assert metadata["managedFields"][0]["manager"] == "unit"
    assert metadata["managedFields"][0]["fieldsV1"] == {"f:data": {"f:a": {}}}
    assert "generation" not in metadata
    assert served.get(f"{MAPS}/one") == created.json()

    again = served.post(MAPS, config_map())
    assert (again.status_code, again.json()["reason"]) == (409, "AlreadyExists")
    assert again.json()["message"] == 'configmaps "one" already exists'

    deleted = served.http.delete(f"{MAPS}/one")
    assert deleted.json()["status"] == "Success"
    assert deleted.json()["details"] == {"name": "one", "kind": "configmaps", "uid": metadata["uid"]}
    gone = served.http.get(f"{MAPS}/one")
    assert gone.status_code == 404
    assert gone.json()["message"] == 'configmaps "one" not found'
    assert gone.json()["details"] == {"name": "one", "kind": "configmaps"}


def test_put_checks_the_version_and_counts_changes_of_the_spec(served: Served) -> None:
    first = served.post(KGATEWAY, backend()).json()
    changed = {**first, "spec": backend(port=8443)["spec"]}

    second = served.http.put(f"{KGATEWAY}/mistral", json=changed)
    stale = served.http.put(f"{KGATEWAY}/mistral", json=changed)

    assert second.status_code == 200
    assert second.json()["metadata"]["generation"] == 2
    assert (stale.status_code, stale.json()["reason"]) == (409, "Conflict")
    assert stale.json()["message"] == (
        'Operation cannot be fulfilled on backends.gateway.kgateway.dev "mistral": the object has been modified;'
        " please apply your changes to the latest version and try again"
    )


def test_labels_do_not_count_as_generation(served: Served) -> None:
    served.post(KGATEWAY, backend())

    labelled = served.patch(f"{KGATEWAY}/mistral", {"metadata": {"labels": {"a": "b"}}}).json()

    assert labelled["metadata"]["generation"] == 1
    assert labelled["metadata"]["resourceVersion"] == str(served.store.resource_version)


@pytest.mark.parametrize(
    ("type_", "patch"),
    [
        (MERGE, {"data": {"a": "1"}}),
        (MERGE, {}),
        (STRATEGIC, {"data": {"a": "1"}}),
        (JSON_PATCH, [{"op": "test", "path": "/data/a", "value": "1"}]),
    ],
)
def test_writes_that_change_nothing(served: Served, type_: str, patch: Any) -> None:
    before = served.post(MAPS, config_map()).json()

    after = served.patch(f"{MAPS}/one", patch, type_).json()

    assert after == before
    assert served.http.put(f"{MAPS}/one", json=before).json() == before


def test_status_has_its_own_way(served: Served) -> None:
    served.post(KGATEWAY, {**backend(), "status": {"conditions": []}})
    status = {"conditions": [{"type": "Accepted", "status": "True"}]}

    ignored = served.patch(f"{KGATEWAY}/mistral", {"status": status}).json()
    path = f"{KGATEWAY}/mistral/status"
    written = served.patch(path, {"status": status, "spec": {"type": "AWS"}}).json()
    read = served.get(path)
    put = served.http.put(path, json={**read, "status": {}}).json()

    assert "status" not in ignored
    assert written["status"] == status
    assert written["spec"]["type"] == "AI"
    assert written["metadata"]["generation"] == 1
    assert written["metadata"]["managedFields"][-1]["subresource"] == "status"
    assert read == written
    assert put["status"] == {}
    assert served.patch(path, {"status": "x"}).status_code == 400


def test_string_data_becomes_data(served: Served) -> None:
    stored = served.post(f"{CORE}/secrets", secret(stringData={"Authorization": "sk"}, data={"b": "Yg=="})).json()

    assert stored["data"] == {"Authorization": base64.b64encode(b"sk").decode(), "b": "Yg=="}
    assert "stringData" not in stored
    assert stored["type"] == "Opaque"


def test_generated_names_differ(served: Served) -> None:
    body = {**config_map(), "metadata": {"generateName": "cm-"}}

    names = {served.post(MAPS, body).json()["metadata"]["name"] for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("cm-") for name in names)


def test_lists_of_one_and_of_all_namespaces(served: Served) -> None:
    served.post("/api/v1/namespaces", {"metadata": {"name": "room"}})
    for path, name in ((MAPS, "b"), (MAPS, "a"), ("/api/v1/namespaces/room/configmaps", "c")):
        served.post(path, config_map(name))

    one = served.get(MAPS)
    every = served.get("/api/v1/configmaps")

    assert one["kind"] == "ConfigMapList"
    assert one["metadata"] == {"resourceVersion": str(served.store.resource_version)}
    assert [item["metadata"]["name"] for item in one["items"]] == ["a", "b"]
    assert [item["metadata"]["name"] for item in every["items"]] == ["a", "b", "c"]


def test_another_served_version_differs_in_name_only(served: Served) -> None:
    spec = {
        "targetRefs": [{"group": "gateway.kgateway.dev", "kind": "Backend", "name": "mistral"}],
        "validation": {"hostname": "api.mistral.ai", "wellKnownCACertificates": "System"},
    }
    old = "/apis/gateway.networking.k8s.io/v1alpha3/namespaces/default/backendtlspolicies"
    api_version = "gateway.networking.k8s.io/v1alpha3"
    body = {"apiVersion": api_version, "kind": "BackendTLSPolicy", "metadata": {"name": "tls"}, "spec": spec}

    created = served.post(old, body)
    patched = served.patch(f"{old}/tls", {"metadata": {"labels": {"a": "b"}}})

    assert created.json()["apiVersion"] == patched.json()["apiVersion"] == api_version
    assert "has been deprecated" in created.headers["warning"]
    assert served.get(f"{GATEWAY_API}/backendtlspolicies/tls")["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert served.get(old)["items"][0]["apiVersion"] == api_version


def test_namespaces_are_there_and_delete_what_is_in_them(served: Served) -> None:
    names = [item["metadata"]["name"] for item in served.get("/api/v1/namespaces")["items"]]
    assert names == ["default", "kube-system"]
    missing = served.post("/api/v1/namespaces/room/configmaps", config_map())
    assert (missing.status_code, missing.json()["message"]) == (404, 'namespaces "room" not found')
    assert served.apply("/api/v1/namespaces/room/configmaps/one", config_map()).status_code == 404

    room = served.post("/api/v1/namespaces", {"metadata": {"name": "room"}}).json()
    assert room["status"] == {"phase": "Active"}
    assert served.post("/api/v1/namespaces/room/configmaps", config_map()).status_code == 201
    assert served.http.delete("/api/v1/namespaces/room").status_code == 200

    assert served.get("/api/v1/configmaps")["items"] == []
    kept = served.http.delete("/api/v1/namespaces/default")
    assert (kept.status_code, kept.json()["reason"]) == (403, "Forbidden")


def test_delete_collection_by_selector(served: Served) -> None:
    for name in ("a", "b"):
        served.post(MAPS, {**config_map(name), "metadata": {"name": name, "labels": {"app": name}}})

    tried = served.http.delete(MAPS, params={"dryRun": "All"}).json()
    deleted = served.http.delete(MAPS, params={"labelSelector": "app=a"}).json()

    assert len(tried["items"]) == 2
    assert [item["metadata"]["name"] for item in deleted["items"]] == ["a"]
    assert [item["metadata"]["name"] for item in served.get(MAPS)["items"]] == ["b"]


def test_finalizers_keep_an_object_until_they_are_gone(served: Served) -> None:
    served.post(MAPS, {**config_map(), "metadata": {"name": "one", "finalizers": ["a.example/b"]}})

    marked = served.http.delete(f"{MAPS}/one").json()
    again = served.http.delete(f"{MAPS}/one").json()
    served.patch(f"{MAPS}/one", {"metadata": {"finalizers": None}})

    assert marked["kind"] == "ConfigMap"
    assert marked["metadata"]["deletionTimestamp"]
    assert again == marked
    assert served.http.get(f"{MAPS}/one").status_code == 404


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"preconditions": {"uid": "other"}}, 409),
        ({"preconditions": {"resourceVersion": "1"}}, 409),
        ({"preconditions": [1]}, 400),
        ([], 400),
        ({"dryRun": ["Some"]}, 422),
        ({"dryRun": ["All"]}, 200),
        ({"propagationPolicy": "Background", "gracePeriodSeconds": 0}, 200),
    ],
)
def test_delete_options(served: Served, options: Any, code: int) -> None:
    served.post(MAPS, config_map())

    answer = served.http.request("DELETE", f"{MAPS}/one", json=options)

    assert answer.status_code == code
    kept = code != 200 or "dryRun" in options
    assert (served.http.get(f"{MAPS}/one").status_code == 200) is kept


def test_dry_runs_answer_as_if(served: Served) -> None:
    served.post(KGATEWAY, backend())
    before = served.store.resource_version

    created = served.post(MAPS, config_map(), dryRun="All")
    patched = served.patch(f"{KGATEWAY}/mistral", backend(port=1), dryRun="All")
    deleted = served.http.delete(f"{KGATEWAY}/mistral", params={"dryRun": "All"})

    assert created.status_code == 201
    assert created.json()["metadata"]["uid"]
    assert patched.json()["metadata"]["generation"] == 2
    assert deleted.json()["status"] == "Success"
    assert served.store.resource_version == before


# ---- tables


def test_table_of_one_and_of_many(served: Served) -> None:
    served.post(KGATEWAY, backend())

    many = served.http.get(KGATEWAY, headers=TABLE).json()
    one = served.http.get(f"{KGATEWAY}/mistral", headers=TABLE, params={"includeObject": "Object"}).json()
    bare = served.http.get(KGATEWAY, headers=TABLE, params={"includeObject": "None"}).json()

    assert many["kind"] == "Table"
    assert [column["name"] for column in many["columnDefinitions"]] == ["Name", "Type", "Accepted", "Age"]
    assert many["rows"][0]["cells"][:3] == ["mistral", "AI", ""]
    assert many["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert one["rows"][0]["object"]["kind"] == "Backend"
    assert "object" not in bare["rows"][0]


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


# ---- watches


def test_watch_begins_with_what_is_there(served: Served) -> None:
    served.post(MAPS, config_map())
    served.post("/api/v1/namespaces/kube-system/configmaps", config_map())

    events = served.watch(MAPS, allowWatchBookmarks="true")

    assert [(event["type"], event["object"]["metadata"].get("name")) for event in events] == [
        ("ADDED", "one"),
        ("BOOKMARK", None),
    ]
    assert events[1]["object"]["metadata"]["resourceVersion"] == str(served.store.resource_version)


def test_watch_tells_what_happened_since(served: Served) -> None:
    since = served.post(MAPS, config_map()).json()["metadata"]["resourceVersion"]
    served.patch(f"{MAPS}/one", {"data": {"a": "2"}})
    served.http.delete(f"{MAPS}/one")
    served.post(f"{CORE}/secrets", secret())

    events = served.watch(MAPS, resourceVersion=since)

    assert [(event["type"], event["object"]["data"]["a"]) for event in events] == [("MODIFIED", "2"), ("DELETED", "2")]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))


def test_watch_with_a_selector_adds_and_deletes_what_comes_to_match(served: Served) -> None:
    since = str(served.store.resource_version)
    for labels in ({}, {"app": "a"}, {"app": "a", "x": "y"}, {"app": "b"}):
        path = f"{MAPS}/one"
        served.apply(path, {**config_map(), "metadata": {"name": "one", "labels": labels}})
    served.http.delete(f"{MAPS}/one")

    events = served.watch(MAPS, resourceVersion=since, labelSelector="app=a")

    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]


def test_watch_as_a_table(served: Served) -> None:
    served.post(KGATEWAY, backend())
    served.http.headers.update(TABLE)

    (event,) = served.watch(KGATEWAY, fieldSelector="metadata.name=mistral")

    assert event["object"]["rows"][0]["cells"][:2] == ["mistral", "AI"]


def test_watch_list_marks_the_end_of_what_is_there(served: Served) -> None:
    served.post(MAPS, config_map())

    events = served.watch(MAPS, sendInitialEvents="true", allowWatchBookmarks="true", resourceVersion="1")

    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_watch_that_is_too_old_is_told_so() -> None:
    with serving(Store(history=2)) as served:
        for name in ("a", "b", "c"):
            served.post(MAPS, config_map(name))

        (event,) = served.watch(MAPS, resourceVersion="1")

    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


def test_watch_ends_when_the_server_stops(served: Served) -> None:
    served.post(MAPS, config_map())
    with served.http.stream("GET", MAPS, params={"watch": "true"}) as answer:
        lines = answer.iter_lines()
        next(lines)
        served.loop.run(served.server.stop())
        assert list(lines) == []


def test_watch_of_a_client_that_went_away_is_forgotten(served: Served) -> None:
    served.post(MAPS, config_map())
    with served.http.stream("GET", MAPS, params={"watch": "true"}) as answer:
        next(answer.iter_lines())
    # The connection is closed by then; the next change finds nobody, or an end that is on its way.
    served.post(MAPS, config_map("two"))

    assert [item["metadata"]["name"] for item in served.get(MAPS)["items"]] == ["one", "two"]


# ---- server-side apply


def test_apply_creates_changes_and_gives_up_fields(served: Served) -> None:
    path = f"{KGATEWAY}/mistral"

    created = served.apply(path, backend(path={"full": "/v1/chat/completions"}))
    same = served.apply(path, backend(path={"full": "/v1/chat/completions"}))
    changed = served.apply(path, backend())

    assert (created.status_code, same.status_code) == (201, 200)
    assert same.json() == created.json()
    assert "path" not in changed.json()["spec"]["ai"]["llm"]
    assert changed.json()["metadata"]["generation"] == 2
    (owner,) = changed.json()["metadata"]["managedFields"]
    assert (owner["manager"], owner["operation"], owner["fieldsType"]) == ("tester", "Apply", "FieldsV1")
    assert owner["fieldsV1"]["f:spec"]["f:ai"]["f:llm"]["f:host"] == {}


def test_apply_of_atomic_lists_with_defaults_changes_nothing(served: Served) -> None:
    path = f"{GATEWAY_API}/httproutes/mistral"
    first = served.post(f"{GATEWAY_API}/httproutes", route()).json()

    taken = served.apply(path, route())
    again = served.apply(path, route())

    assert first["spec"]["rules"][0]["backendRefs"][0]["weight"] == 1
    assert taken.status_code == 200
    assert taken.json()["spec"] == first["spec"]
    assert again.json() == taken.json()
    assert again.json()["metadata"]["generation"] == 1


def test_apply_conflicts_name_managers_and_fields(served: Served) -> None:
    path = f"{KGATEWAY}/mistral"
    served.apply(path, backend(), manager="first")

    one = served.apply(path, backend(port=1), manager="second")
    two = served.apply(path, backend(port=1, host="h"), manager="second")
    shared = served.apply(path, backend(), manager="second")
    forced = served.apply(path, backend(port=1), manager="second", force="true")
    given_up = served.apply(path, {**backend(), "spec": {}}, manager="first")

    assert (one.status_code, one.json()["reason"]) == (409, "Conflict")
    assert one.json()["message"] == 'Apply failed with 1 conflict: conflict with "first": .spec.ai.llm.port'
    assert one.json()["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "first"', "field": ".spec.ai.llm.port"}
    ]
    assert two.json()["message"] == (
        'Apply failed with 2 conflicts: conflicts with "first":\n- .spec.ai.llm.host\n- .spec.ai.llm.port'
    )
    assert shared.status_code == 200
    assert forced.json()["spec"]["ai"]["llm"]["port"] == 1
    # What the other still owns stays.
    assert given_up.json()["spec"] == forced.json()["spec"]


def test_apply_over_an_update_names_how_and_when(served: Served) -> None:
    created = served.post(MAPS, config_map()).json()

    answer = served.apply(f"{MAPS}/one", config_map(a="2"))

    time = created["metadata"]["managedFields"][0]["time"]
    assert answer.json()["message"] == (
        f'Apply failed with 1 conflict: conflict with "unit" using v1 at {time}: .data.a'
    )


def test_an_update_takes_fields_away_from_an_applier(served: Served) -> None:
    served.apply(f"{MAPS}/one", config_map(a="1", b="1"))

    updated = served.patch(f"{MAPS}/one", {"data": {"b": "2"}}).json()
    applied = served.apply(f"{MAPS}/one", config_map(a="1")).json()

    owners = {entry["manager"]: entry["fieldsV1"] for entry in updated["metadata"]["managedFields"]}
    assert owners == {"tester": {"f:data": {"f:a": {}}}, "unit": {"f:data": {"f:b": {}}}}
    assert applied["data"] == {"a": "1", "b": "2"}


def test_apply_of_keyed_lists(served: Served) -> None:
    def gateway(*names: str, port: int = 80) -> dict[str, Any]:
        listeners = [{"name": name, "port": port + i, "protocol": "HTTP"} for i, name in enumerate(names)]
        spec = {"gatewayClassName": "agentgateway", "listeners": listeners}
        api_version = "gateway.networking.k8s.io/v1"
        return {"apiVersion": api_version, "kind": "Gateway", "metadata": {"name": "g"}, "spec": spec}

    path = f"{GATEWAY_API}/gateways/g"
    served.apply(path, gateway("a"), manager="first")

    conflict = served.apply(path, gateway("a", port=81), manager="second")
    both = served.apply(path, gateway("b", port=8080), manager="second")
    removed = served.apply(path, gateway("a"), manager="second", force="true")

    assert conflict.json()["message"].endswith('conflict with "first": .spec.listeners[name="a"].port')
    assert [listener["name"] for listener in both.json()["spec"]["listeners"]] == ["a", "b"]
    assert [listener["name"] for listener in removed.json()["spec"]["listeners"]] == ["a"]
    owner = next(e for e in both.json()["metadata"]["managedFields"] if e["manager"] == "second")
    assert owner["fieldsV1"]["f:spec"]["f:listeners"] == {
        'k:{"name":"b"}': {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}}
    }


def test_apply_of_sets_and_metadata(served: Served) -> None:
    def labelled(*finalizers: str, **labels: str) -> dict[str, Any]:
        return {**config_map(), "metadata": {"name": "one", "finalizers": list(finalizers), "labels": labels}}

    served.apply(f"{MAPS}/one", labelled("x.example/a", a="1"), manager="first")
    both = served.apply(f"{MAPS}/one", labelled("x.example/b", b="1"), manager="second").json()
    left = served.apply(f"{MAPS}/one", config_map(), manager="second").json()

    assert both["metadata"]["finalizers"] == ["x.example/a", "x.example/b"]
    assert both["metadata"]["labels"] == {"a": "1", "b": "1"}
    assert left["metadata"]["finalizers"] == ["x.example/a"]
    assert left["metadata"]["labels"] == {"a": "1"}


def test_apply_of_a_secret_rotates_and_removes_keys(served: Served) -> None:
    path = f"{CORE}/secrets/key"

    first = served.apply(path, secret(stringData={"a": "1", "b": "2"})).json()
    same = served.apply(path, secret(stringData={"a": "1", "b": "2"})).json()
    rotated = served.apply(path, secret(stringData={"a": "3"})).json()

    assert same == first
    assert rotated["data"] == {"a": "Mw=="}
    stored = served.store.get(SECRET, "default", "key")
    assert stored is not None
    assert "stringData" not in stored


def test_apply_of_a_status(served: Served) -> None:
    path = f"{KGATEWAY}/mistral"
    status = {"apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "Backend", "metadata": {"name": "mistral"}}
    condition = {
        "type": "Accepted",
        "status": "True",
        "reason": "A",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }

    missing = served.apply(f"{path}/status", {**status, "status": {"conditions": [condition]}})
    served.apply(path, {**backend(), "status": {"conditions": []}})
    applied = served.apply(f"{path}/status", {**status, "status": {"conditions": [condition]}})
    emptied = served.apply(f"{path}/status", status)

    assert missing.status_code == 404
    assert applied.json()["status"] == {"conditions": [condition]}
    assert applied.json()["metadata"]["managedFields"][-1]["subresource"] == "status"
    assert "status" not in emptied.json()


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"metadata": {"name": "one", "managedFields": [{}]}}, 400, "metadata.managedFields must be nil"),
        ({"metadata": {"name": "one", "resourceVersion": "77"}}, 409, "the object has been modified"),
        (
            {"x": 1},
            500,
            "failed to create typed patch object (default/one; /v1, Kind=ConfigMap): .x: field not declared",
        ),
        ({"data": {"a": 1}}, 500, "failed to create typed patch object"),
    ],
)
def test_apply_refuses(served: Served, change: dict[str, Any], code: int, message: str) -> None:
    served.post(MAPS, config_map())

    answer = served.apply(f"{MAPS}/one", {**config_map(), **change})

    assert answer.status_code == code
    assert message in answer.json()["message"]


def test_ownership_can_be_rewritten(served: Served) -> None:
    created = served.post(MAPS, config_map()).json()
    entry = {**created["metadata"]["managedFields"][0], "manager": "new", "operation": "Apply"}
    rubbish: list[Any] = [entry, 1, {"operation": "X"}, {**entry, "manager": "none", "fieldsV1": 3}]
    rubbish.append({**entry, "manager": "odd", "fieldsV1": {".": {}, "": {}, "x": {"f:a": {}}}})

    patched = served.patch(
        f"{MAPS}/one", [{"op": "replace", "path": "/metadata/managedFields", "value": rubbish}], JSON_PATCH
    ).json()

    assert patched["metadata"]["managedFields"] == [entry]


def test_removed_fields_have_no_owner(served: Served) -> None:
    served.apply(f"{MAPS}/one", config_map(a="1", b="2"))

    updated = served.patch(f"{MAPS}/one", {"data": {"b": None}}).json()

    (owner,) = updated["metadata"]["managedFields"]
    assert owner["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_conflicts_with_keys_that_nobody_made(served: Served) -> None:
    created = served.post(MAPS, config_map()).json()
    odd = {
        **created["metadata"]["managedFields"][0],
        "fieldsV1": {"f:data": {"f:a": {"k:x": {}, "k:[]": {}, "v:1": {}}}},
    }

    patched = served.patch(f"{MAPS}/one", {"metadata": {"managedFields": [odd]}})

    assert patched.json()["metadata"]["managedFields"][0]["fieldsV1"] == odd["fieldsV1"]
    assert served.apply(f"{MAPS}/one", config_map(a="2")).status_code == 200
    assert shown(("f:data", "k:x", "k:[]", "v:1")) == ".data[x][[]][=1]"
