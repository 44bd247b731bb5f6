"""What is saved of a cluster: all of it that can be read, none of the keys."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from kubernetes.client.exceptions import ApiException

from conformance.core.problems import SetupProblem
from conformance.core.redaction import register_key
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.targets.clustered import evidence
from conformance.targets.clustered.evidence import config_dump, events, save
from tests.support.cluster import FakeKubernetes, Json

KEY = "sk-evidence-4711"


@pytest.fixture(autouse=True)
def known_key() -> None:
    register_key("evidence-key", KEY)


def secret() -> Json:
    other = base64.b64encode(b"a value that nobody registered").decode()
    data = {"Authorization": base64.b64encode(KEY.encode()).decode(), "other": other}
    metadata = {"name": "s", "namespace": "llm", "managedFields": [{"manager": "m"}]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


async def test_no_secret_is_ever_saved(tmp_path: Path) -> None:
    backend = {
        "apiVersion": "gateway.kgateway.dev/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": "b", "namespace": "llm"},
        "spec": {"inline": KEY},
        "status": {"conditions": [{"type": "Accepted", "message": f"about {KEY}"}]},
    }
    kubernetes = FakeKubernetes(secret(), backend)
    kubernetes.refuses["Gateway"] = Refused(404, "NotFound", "no such kind")

    async def log() -> str:
        return f"sent Bearer {KEY}\n"

    async def none() -> str:
        raise SetupProblem(f"no pod, and {KEY}")

    kinds = [
        ("v1", "Secret"),
        ("gateway.kgateway.dev/v1alpha1", "Backend"),
        ("gateway.networking.k8s.io/v1", "Gateway"),
    ]
    sources = {"gateway.log": log, "config-dump.json": none}
    await save(tmp_path / "cluster", cast("Kubernetes", kubernetes), kinds, sources)
    texts = {file.name: file.read_text() for file in (tmp_path / "cluster").iterdir()}
    saved = list(yaml.safe_load_all(texts["objects.yaml"]))
    assert [one["kind"] for one in saved] == ["Secret", "Backend"]
    assert saved[0] == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "llm"},
        "keys": ["Authorization", "other"],
    }
    assert saved[1]["status"]["conditions"][0]["message"] == "about <evidence-key>"
    assert texts["gateway.log"] == "sent Bearer <evidence-key>\n"
    assert texts["config-dump.json"] == "could not be read: no pod, and <evidence-key>\n"
    everything = "".join(texts.values())
    assert KEY not in everything
    assert not any(value in everything for value in secret()["data"].values())


async def test_objects_that_may_not_be_read_are_told(tmp_path: Path) -> None:
    kubernetes = FakeKubernetes()
    kubernetes.refuses["Pod"] = Refused(403, "Forbidden", "pods is forbidden")
    await save(tmp_path, cast("Kubernetes", kubernetes), [("v1", "Pod")], {})
    assert (tmp_path / "objects.yaml").read_text() == "could not be read: pods is forbidden\n"


class Core:
    """The part of CoreV1Api that is asked; calling it is how it is made."""

    connect_get_namespaced_pod_portforward = None

    def __init__(self, *items: Any, error: Exception | None = None) -> None:
        self.items, self.error = list(items), error

    def __call__(self, client: object) -> Core:
        return self

    def list_event_for_all_namespaces(self) -> Any:
        if self.error:
            raise self.error
        return SimpleNamespace(items=self.items)

    def list_namespaced_pod(self, namespace: str, **selectors: str) -> Any:
        assert selectors["label_selector"] == "gateway.networking.k8s.io/gateway-name=gw"
        return self.list_event_for_all_namespaces()


def event(when: str | None, other: str | None, reason: str) -> Any:
    about = SimpleNamespace(kind="Pod", name="gw-1")
    place = SimpleNamespace(namespace="ns")
    return SimpleNamespace(
        last_timestamp=when,
        event_time=other,
        type="Warning",
        reason=reason,
        involved_object=about,
        metadata=place,
        message="m",
    )


async def test_events_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [event("2026-03", None, "Third"), event(None, "2026-02", "Second"), event(None, None, "First")]
    monkeypatch.setattr(evidence, "CoreV1Api", Core(*found))
    lines = (await events(cast("Any", None))).splitlines()
    assert [line.split()[2] for line in lines] == ["First", "Second", "Third"]
    assert lines[2] == "2026-03 Warning Third Pod ns/gw-1: m"


async def test_a_cluster_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "CoreV1Api", Core(error=ApiException(status=403, reason="Forbidden")))
    with pytest.raises(SetupProblem, match=r"the cluster does not tell: \(403\) Reason: Forbidden"):
        await events(cast("Any", None))


async def test_no_proxy_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "CoreV1Api", Core())
    with pytest.raises(SetupProblem, match="the Gateway ns/gw has no running pod"):
        await config_dump(cast("Any", None), "ns", "gw")


@pytest.fixture
def admin_port() -> Iterator[tuple[str, int]]:
    """A proxy's admin port for one request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked = connection.recv(4096).split(b"\r\n")[0]
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + asked)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[:2]
        thread.join()


async def test_the_proxys_configuration(monkeypatch: pytest.MonkeyPatch, admin_port: tuple[str, int]) -> None:
    def forward(call: Any, pod: str, namespace: str, *, ports: str) -> Any:
        assert (pod, namespace, ports) == ("gw-1", "ns", "15000")
        return SimpleNamespace(socket=lambda number: socket.create_connection(admin_port))

    monkeypatch.setattr(evidence, "CoreV1Api", Core(SimpleNamespace(metadata=SimpleNamespace(name="gw-1"))))
    monkeypatch.setattr(evidence, "portforward", forward)
    assert await config_dump(cast("Any", None), "ns", "gw") == "GET /config_dump HTTP/1.1"
