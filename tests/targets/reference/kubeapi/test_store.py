"""The store, its selectors and the columns of `kubectl get`, without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.manifests.schemas.kinds import (
    BACKEND,
    CONFIG_MAP,
    EVENT,
    GATEWAY,
    HTTP_ROUTE,
    KINDS,
    NAMESPACE,
    SECRET,
    SERVICE,
    Kind,
    kind_for,
)
from conformance.targets.reference.kubeapi import Store, WatchEvent
from conformance.targets.reference.kubeapi.answers.tables import age, as_table
from conformance.targets.reference.kubeapi.jsontree import MISSING
from conformance.targets.reference.kubeapi.requests.selectors import selector
from conformance.targets.reference.kubeapi.status import ApiError


def named(name: str, **rest: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, **rest}


def test_what_is_given_out_is_a_copy() -> None:
    store = Store()
    given = named("one", data={"a": "1"})
    created = store.create(CONFIG_MAP, given)

    given["data"]["a"] = created["data"]["a"] = "2"
    for copy in (store.get(CONFIG_MAP, "default", "one"), *store.list(CONFIG_MAP)):
        assert copy is not None
        assert copy["data"] == {"a": "1"}
        copy["data"]["a"] = "3"

    assert store.list(CONFIG_MAP, "default")[0]["data"] == {"a": "1"}


def test_update_bumps_versions_and_only_on_change() -> None:
    store = Store()
    created = store.create(BACKEND, named("b", spec={"type": "AI"}))

    same = store.update(BACKEND, created)
    changed = store.update(BACKEND, {**same, "spec": {"type": "AWS"}})
    labelled = store.update(BACKEND, {**changed, "metadata": {**changed["metadata"], "labels": {"a": "b"}}})

    assert same == created
    assert [obj["metadata"]["generation"] for obj in (created, changed, labelled)] == [1, 2, 2]
    versions = [int(obj["metadata"]["resourceVersion"]) for obj in (created, changed, labelled)]
    assert versions == sorted(set(versions))
    with pytest.raises(ApiError) as refused:
        store.update(BACKEND, changed)
    assert refused.value.code == 409


def test_set_status_writes_only_changes() -> None:
    store = Store()
    store.create(BACKEND, named("b", spec={"type": "AI"}))

    assert store.set_status(BACKEND, "default", "b", {"conditions": []}) is True
    assert store.set_status(BACKEND, "default", "b", {"conditions": []}) is False

    stored = store.get(BACKEND, "default", "b")
    assert stored is not None
    assert stored["metadata"]["generation"] == 1
    assert stored["metadata"]["managedFields"][0]["subresource"] == "status"


@pytest.mark.parametrize("verb", ["update", "set_status", "delete"])
def test_what_is_missing_is_not_found(verb: str) -> None:
    store = Store()
    calls: dict[str, Callable[[], object]] = {
        "update": lambda: store.update(SECRET, named("x")),
        "set_status": lambda: store.set_status(BACKEND, "default", "x", {}),
        "delete": lambda: store.delete(SECRET, "default", "x"),
    }

    with pytest.raises(ApiError, match='"x" not found'):
        calls[verb]()


def test_create_refuses_twice_and_without_namespace() -> None:
    store = Store()
    store.create(SECRET, named("x"))

    with pytest.raises(ApiError, match='secrets "x" already exists'):
        store.create(SECRET, named("x"))
    with pytest.raises(ApiError, match='namespaces "nowhere" not found'):
        store.create(SECRET, {"metadata": {"name": "x", "namespace": "nowhere"}})


def test_subscribers_hear_every_change_until_they_leave() -> None:
    store, heard = Store(), list[WatchEvent]()
    leave = store.subscribe(heard.append)
    store.create(CONFIG_MAP, named("one"))
    store.update(CONFIG_MAP, named("one", data={"a": "1"}))
    store.delete(CONFIG_MAP, "default", "one")
    leave()
    store.create(CONFIG_MAP, named("two"))

    assert [(event.type, event.kind, event.old is None) for event in heard] == [
        ("ADDED", CONFIG_MAP, True),
        ("MODIFIED", CONFIG_MAP, False),
        ("DELETED", CONFIG_MAP, False),
    ]
    assert [event.resource_version for event in heard] == [3, 4, 5]


def test_deleting_a_namespace_deletes_what_is_in_it() -> None:
    store, heard = Store(), list[str]()
    store.create(NAMESPACE, {"metadata": {"name": "room"}})
    store.create(SECRET, {"metadata": {"name": "x", "namespace": "room", "finalizers": ["a.b/c"]}})
    store.subscribe(lambda event: heard.append(f"{event.type} {event.kind.kind}"))

    store.delete(NAMESPACE, None, "room")

    assert heard == ["DELETED Secret", "DELETED Namespace"]
    assert store.list(SECRET) == []


def test_history_has_an_end() -> None:
    store = Store(history=1)
    store.create(SECRET, named("x"))

    assert [event.type for event in store.events_since(2)] == ["ADDED"]
    with pytest.raises(ApiError) as refused:
        store.events_since(1)
    assert refused.value.code == 410
    assert list(Store(history=0).events_since(2)) == []


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        ("", "abc"),
        ("app=x", "a"),
        ("app==x", "a"),
        ("app = x", "a"),
        ("app!=x", "bc"),
        ("app in (x, y)", "ab"),
        ("app notin (x)", "bc"),
        ("app", "ab"),
        ("!app", "c"),
        ("app in (x,y),tier=1", "b"),
        ("app,tier", "b"),
    ],
)
def test_label_selectors(labels: str, chosen: str) -> None:
    store = Store()
    for name, given in (("a", {"app": "x"}), ("b", {"app": "y", "tier": "1"}), ("c", None)):
        store.create(SECRET, {"metadata": {"name": name, "namespace": "default", "labels": given}})

    found = store.list(SECRET, label_selector=labels)

    assert "".join(obj["metadata"]["name"] for obj in found) == chosen


@pytest.mark.parametrize(
    ("kind", "fields", "chosen"),
    [
        (SECRET, "metadata.name=a", True),
        (SECRET, "metadata.name!=a", False),
        (SECRET, "metadata.namespace=default,type=Opaque", True),
        (SECRET, "type==kubernetes.io/tls", False),
        (EVENT, "involvedObject.name=x", False),
        (EVENT, "involvedObject.name=,reason!=y", True),
    ],
)
def test_field_selectors(kind: Kind, fields: str, chosen: bool) -> None:
    predicate = selector(kind, "", fields)

    assert predicate is not None
    assert predicate(named("a", type="Opaque")) is chosen


@pytest.mark.parametrize("labels", ["a in b", "=x", "a=b=c", "a b", "a in (x"])
def test_broken_label_selectors(labels: str) -> None:
    with pytest.raises(ApiError, match="unable to parse requirement"):
        selector(SECRET, labels, "")


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        ("2026-01-01T00:00:00Z", "0s"),
        ("2025-12-31T23:59:01Z", "59s"),
        ("2025-12-31T23:56:40Z", "3m20s"),
        ("2025-12-31T23:45:00Z", "15m"),
        ("2025-12-31T21:30:00Z", "2h30m"),
        ("2025-12-30T00:00:00Z", "2d"),
        ("2024-12-01T00:00:00Z", "1y31d"),
        ("2027-01-01T00:00:00Z", "0s"),
        ("", "<unknown>"),
    ],
)
def test_ages(ago: str, shown: str) -> None:
    assert age(ago, datetime(2026, 1, 1, tzinfo=UTC)) == shown


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        (SECRET, {"type": "Opaque", "data": {"a": "", "b": ""}}, ["x", "Opaque", 2]),
        (CONFIG_MAP, {"data": {"a": ""}, "binaryData": {"b": ""}}, ["x", 2]),
        (CONFIG_MAP, {}, ["x", 0]),
        (
            SERVICE,
            {"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 3}]}},
            ["x", "NodePort", "10.0.0.1", "<none>", "80:3/TCP"],
        ),
        (HTTP_ROUTE, {"spec": {"hostnames": ["a.b"]}}, ["x", '["a.b"]']),
        (HTTP_ROUTE, {}, ["x", ""]),
        (
            GATEWAY,
            {
                "spec": {"gatewayClassName": "agentgateway"},
                "status": {
                    "addresses": [{"value": "1.2.3.4"}],
                    "conditions": [{"type": "Accepted"}, {"type": "Programmed", "status": "True"}],
                },
            },
            ["x", "agentgateway", "1.2.3.4", "True"],
        ),
        (GATEWAY, {"status": {"addresses": []}}, ["x", "", "", ""]),
        (
            EVENT,
            {"type": "Normal", "reason": "R", "message": "m", "involvedObject": {"kind": "Backend", "name": "b"}},
            ["<unknown>", "Normal", "R", "backend/b", "m", "x"],
        ),
    ],
)
def test_columns(kind: Kind, obj: dict[str, Any], cells: list[Any]) -> None:
    table = as_table(
        kind, [{"metadata": {"name": "x"}, **obj}], include="None", resource_version="1", group_version="v1"
    )

    assert table["rows"][0]["cells"][: len(cells)] == cells


def test_kinds_are_found_by_any_served_version() -> None:
    assert all(kind_for(kind.api_version_of(version), kind.kind) is kind for kind in KINDS for version in kind.versions)
    assert kind_for("v1", "Pod") is None
    assert len({(kind.group, kind.plural) for kind in KINDS}) == len(KINDS)


def test_a_missing_value_says_so() -> None:
    assert repr(MISSING) == "<missing>"
