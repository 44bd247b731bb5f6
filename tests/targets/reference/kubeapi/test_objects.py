"""The embedded endpoint over plain HTTP: the life of objects, lists and tables."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.kubeapi import (
    CORE,
    GATEWAY_API,
    JSON_PATCH,
    KGATEWAY,
    MAPS,
    MERGE,
    STRATEGIC,
    Served,
    backend,
    config_map,
)

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, **fields}


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
