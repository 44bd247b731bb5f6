"""Lookalikes in a pod: the pod that is asked for, and the way to it, without a cluster."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException

from conformance.core.problems import InputProblem, SetupProblem
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered import lookalike_pod
from conformance.targets.clustered.authority import kept_authority
from conformance.targets.clustered.lookalike_pod import deployment, lookalikes_in_pod
from conformance.targets.clustered.port_forward import PortForward
from conformance.targets.kind.options import OPTIONS, read
from mock_providers import Entries
from mock_providers.remote.server import Control
from tests.support.remote import TOKEN, mistral

PLACE = "conformance.targets.clustered.port_forward.portforward"
RUNNING: dict[str, dict[str, Any]] = {
    "metadata": {"name": "lookalikes-2", "labels": {"app.kubernetes.io/name": "lookalikes"}},
    "status": {"phase": "Running"},
}


class Forwarded:
    """What the library's portforward returns, leading to a port of this machine."""

    asked: tuple[Any, ...] = ()

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address)

    def socket(self, port: int) -> socket.socket:
        return self._socket

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def client() -> ApiClient:
    return ApiClient(Configuration(host="http://127.0.0.1:1"))


@pytest.fixture
async def control(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Control]:
    """What runs in the pod."""
    one = Control(TOKEN)
    await one.start()

    def dial(call: Any, pod: str, namespace: str, *, ports: str) -> Forwarded:
        Forwarded.asked = (call.__name__, pod, namespace, ports)
        return Forwarded(one.address)

    monkeypatch.setattr(PLACE, dial)
    yield one
    await one.stop()


class FakeKubernetes:
    """Objects by kind and name; what was applied is there."""

    def __init__(self, *pods: Mapping[str, Any]) -> None:
        self.objects: dict[tuple[str, str], Any] = {}
        self.pods = list(pods)

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Any:
        return self.objects.get((kind, name))

    async def apply(self, data: Mapping[str, Any]) -> Any:
        stored = dict(data)
        if text := stored.pop("stringData", None):
            stored["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
        self.objects[data["kind"], data["metadata"]["name"]] = stored
        return stored

    async def list(self, api_version: str, kind: str, namespace: str) -> Any:
        return self.pods

    def state(self) -> str:
        """What the pod's template says of its version and secrets."""
        found = self.objects["Deployment", "lookalikes"]["spec"]["template"]["metadata"]["annotations"]
        return str(found["agw-conformance/state"])


@pytest.fixture(autouse=True)
def up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rolled_out(*_: Any, **__: Any) -> None:
        return

    monkeypatch.setattr(lookalike_pod, "rolled_out", rolled_out)


async def test_lookalikes_are_told_and_read_through_the_forwarding(client: ApiClient, control: Control) -> None:
    going = {**RUNNING, "metadata": {**RUNNING["metadata"], "name": "lookalikes-1", "deletionTimestamp": "now"}}
    fake = FakeKubernetes({"metadata": {"name": "other"}}, going, RUNNING)
    kubernetes = cast("Kubernetes", fake)
    fake.objects["Secret", "lookalikes-token"] = {"data": {"token": base64.b64encode(TOKEN.reveal().encode()).decode()}}
    authority = await kept_authority(kubernetes, "ns")
    async with lookalikes_in_pod(kubernetes, client, "ns", authority, "image:1") as lookalikes:
        assert Forwarded.asked == ("connect_get_namespaced_pod_portforward", "lookalikes-2", "ns", "9000")
        [address] = await lookalikes.attach([mistral()])
        _, writer = await asyncio.open_connection(*address)
        writer.close()
        assert await lookalikes.until(0, lambda seen: bool(seen.connections), 10)
        state = fake.state()
    async with lookalikes_in_pod(kubernetes, client, "ns", authority, "image:1") as lookalikes:
        assert await lookalikes.since(0) == Entries((), ())
        await control.stop()
    # The same pod served both; what would make it another one shows none of its secrets.
    assert fake.state() == state
    assert TOKEN.reveal() not in str(fake.objects["Deployment", "lookalikes"])


async def test_another_secret_wants_another_pod(client: ApiClient) -> None:
    fake = FakeKubernetes()
    kubernetes = cast("Kubernetes", fake)
    states = []
    for _ in range(2):
        authority = await kept_authority(kubernetes, "ns")
        with pytest.raises(SetupProblem, match="pod is gone - start the run again"):
            async with lookalikes_in_pod(kubernetes, client, "ns", authority, "image:1"):
                pass
        states.append(fake.state())
        fake.objects["Secret", "lookalikes-token"]["data"] = {"token": None}
    assert states[0] != states[1]


async def test_a_pod_that_cannot_be_reached_is_a_set_up_problem(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ApiException(403, "Forbidden")

    monkeypatch.setattr(PLACE, refuse)
    kubernetes = cast("Kubernetes", FakeKubernetes(RUNNING))
    authority = await kept_authority(kubernetes, "ns")
    with pytest.raises(SetupProblem, match="is its pod still running, and its port-forward"):
        async with lookalikes_in_pod(kubernetes, client, "ns", authority, "image:1"):
            pass


async def test_a_forwarding_ends_with_its_connections(client: ApiClient, control: Control) -> None:
    forward = PortForward(client, "ns", "pod", 9000)
    await forward.start()
    reader, writer = await asyncio.open_connection(*forward.address)
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200 OK" in await reader.readline()
    await forward.stop()
    await forward.stop()
    await reader.read()
    assert reader.at_eof()
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*forward.address)


def test_the_pod_asks_for_no_right() -> None:
    pod = deployment("ns", "image:1", "state")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"] == "image:1"
    # Pod Security Standards, "restricted".
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    # Nobody in the cluster reaches the control but through the API endpoint.
    assert "--control-bind" not in container["args"]


PYTEST_KIND = {"cluster_name": "c", "keep_cluster": False, "kubeconfig": None, "kind_image": None, "kind_bin": None}


def options(**given: str) -> dict[str, object]:
    """The values of the kind target's options."""
    own: dict[str, object] = {option.name: [] if option.repeatable else None for option in OPTIONS}
    return {**PYTEST_KIND, **own, **given}


@pytest.mark.parametrize(
    ("given", "image"),
    [
        ({}, None),
        ({"lookalikes": "host"}, None),
        ({"lookalikes": "pods"}, "agentgateway-conformance:dev"),
        ({"lookalikes": "pods", "lookalikes_image": "registry.test/x:1"}, "registry.test/x:1"),
    ],
)
def test_where_lookalikes_run_is_an_option(given: dict[str, str], image: str | None) -> None:
    assert read(options(**given)).lookalikes_image == image


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lookalikes": "moon"}, "--lookalikes moon: unknown - one of: host, pods"),
        ({"lookalikes_image": "x"}, "--lookalikes-image: .* - add --lookalikes pods"),
    ],
)
def test_where_they_cannot_run_is_told(given: dict[str, str], message: str) -> None:
    with pytest.raises(InputProblem, match=message):
        read(options(**given))
