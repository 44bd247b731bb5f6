"""The official Python client against the embedded endpoint, typed and dynamic."""

from __future__ import annotations

import gc
import importlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError, UnprocessibleEntityError

from conformance.manifests.schemas.kinds import BACKEND
from tests.support.kubeapi import Served, backend, config_map

# Untyped, whether or not stubs are installed.
kubernetes: Any = importlib.import_module("kubernetes")

STRICT = [("fieldValidation", "Strict")]


@pytest.fixture
def api(served: Served) -> Iterator[Any]:
    with kubernetes.config.new_client_from_config_dict(served.server.kubeconfig()) as client:
        yield client
        client.rest_client.pool_manager.clear()


@pytest.fixture
def dynamic(api: Any, tmp_path: Path) -> Any:
    return kubernetes.dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery"))


@pytest.fixture
def backends(dynamic: Any) -> Any:
    return dynamic.resources.get(api_version="gateway.kgateway.dev/v1alpha1", kind="Backend")


def apply(backends: Any, body: dict[str, Any], manager: str = "suite", **options: Any) -> Any:
    return backends.server_side_apply(
        body=body, name=body["metadata"]["name"], namespace="default", field_manager=manager, **options
    )


def test_server_side_apply_is_idempotent(backends: Any) -> None:
    first = apply(backends, backend(), query_params=STRICT)
    second = apply(backends, backend(), query_params=STRICT)

    assert first.metadata.generation == 1
    assert second.to_dict() == first.to_dict()


def message(error: Any) -> str:
    """What the answer says: its body is text or bytes, depending on the client's version."""
    said: str = json.loads(error.body)["message"]
    return said


def test_server_side_apply_conflict(backends: Any) -> None:
    apply(backends, backend())

    with pytest.raises(ConflictError) as refused:
        apply(backends, backend(port=1), manager="other")
    assert 'conflict with "suite"' in message(refused.value)
    assert apply(backends, backend(port=1), manager="other", force_conflicts=True).spec.ai.llm.port == 1


def test_invalid_objects_raise(backends: Any) -> None:
    with pytest.raises(UnprocessibleEntityError) as refused:
        apply(backends, backend(port=None))
    assert "both host and port must be set together" in message(refused.value)


def test_crud_of_the_dynamic_client(backends: Any) -> None:
    backends.create(body=backend(), namespace="default")
    backends.patch(
        body={"metadata": {"labels": {"a": "b"}}},
        name="mistral",
        namespace="default",
        content_type="application/merge-patch+json",
    )
    listed = backends.get(label_selector="a=b")
    replaced = backends.replace(body=listed.items[0].to_dict(), name="mistral", namespace="default")
    backends.delete(name="mistral", namespace="default")

    assert [item.metadata.name for item in listed.items] == ["mistral"]
    assert replaced.metadata.labels.a == "b"
    with pytest.raises(NotFoundError):
        backends.get(name="mistral", namespace="default")


def test_watch_of_the_dynamic_client(served: Served, backends: Any) -> None:
    version = backends.get(namespace="default").metadata.resourceVersion
    apply(backends, backend())

    async def accept() -> None:
        served.store.set_status(BACKEND, "default", "mistral", {"conditions": [{"type": "Accepted", "status": "True"}]})

    seen = []
    with warnings.catch_warnings():
        # The client leaves the closing of a watch's response to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        for event in backends.watch(namespace="default", resource_version=version, timeout=30):
            seen.append(event["type"])
            if event["type"] == "MODIFIED":
                assert event["object"].status.conditions[0].status == "True"
                break
            served.loop.run(accept())
        gc.collect()
    assert seen == ["ADDED", "MODIFIED"]


def test_typed_client(api: Any) -> None:
    core = kubernetes.client.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": "room"}})
    created = core.create_namespaced_config_map("room", config_map())
    core.patch_namespaced_config_map("one", "room", {"data": {"b": "2"}})

    assert created.metadata.uid
    assert core.read_namespaced_config_map("one", "room").data == {"a": "1", "b": "2"}
    assert [item.metadata.name for item in core.list_config_map_for_all_namespaces().items] == ["one"]
    core.delete_namespaced_config_map("one", "room")
    assert core.list_namespaced_config_map("room").items == []
    assert kubernetes.client.VersionApi(api).get_code().minor == "34"


def test_objects_by_manifest(api: Any) -> None:
    kubernetes.utils.create_from_dict(api, config_map())

    custom = kubernetes.client.CustomObjectsApi(api)
    custom.create_namespaced_custom_object("gateway.kgateway.dev", "v1alpha1", "default", "backends", backend())
    listed = custom.list_namespaced_custom_object("gateway.kgateway.dev", "v1alpha1", "default", "backends")

    assert listed["items"][0]["spec"]["ai"]["llm"]["host"] == "api.mistral.ai"
