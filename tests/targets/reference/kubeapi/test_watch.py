"""The embedded endpoint over plain HTTP: watches."""

from __future__ import annotations

from typing import Any

from conformance.targets.reference.kubeapi import Store
from tests.support.kubeapi import (
    CORE,
    KGATEWAY,
    MAPS,
    Served,
    backend,
    config_map,
    serving,
)

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, **fields}


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
