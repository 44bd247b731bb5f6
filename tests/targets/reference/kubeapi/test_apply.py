"""The embedded endpoint over plain HTTP: server-side apply and who owns which field."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.manifests.schemas.kinds import SECRET
from conformance.targets.reference.kubeapi.ownership.apply import merge
from conformance.targets.reference.kubeapi.ownership.fields import shown
from conformance.targets.reference.kubeapi.ownership.managers import Manager, Writer
from tests.support.kubeapi import (
    CORE,
    GATEWAY_API,
    JSON_PATCH,
    KGATEWAY,
    MAPS,
    Served,
    backend,
    config_map,
    route,
)


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, **fields}


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


def test_apply_keeps_what_is_wanted_empty() -> None:
    writer = Writer("tester", "Apply", "v1", "")
    before = Manager(writer, "", frozenset({("f:spec", "f:openai", "f:model")}))
    live = {"metadata": {}, "spec": {"openai": {"model": "m"}}}

    assert merge(live, {"metadata": {}, "spec": {"openai": {}}}, [before], writer, {})["spec"] == {"openai": {}}


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
