"""Deployments in a cluster: waiting for them, and why they do not come up; the logs of their pods."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import urllib3
from kubernetes.client.exceptions import ApiException

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.core.redaction import register_key
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.targets.clustered import pod_logs, pods
from conformance.targets.clustered.pod_logs import PodLogs, last_words
from conformance.targets.clustered.pods import replace, restart, rolled_out, why_not_running
from tests.support.cluster import FakeKubernetes, Json, deployment, pod


def fake(kubernetes: FakeKubernetes) -> Kubernetes:
    return cast("Kubernetes", kubernetes)


def waiting(reason: str, **more: Any) -> Json:
    return {"name": "proxy", "image": "r/x:1", "state": {"waiting": {"reason": reason}}, **more}


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pods, "last_words", lambda *place: "bad option" if "loud" in place[3] else "")


CRASHED = {"restartCount": 2, "lastState": {"terminated": {"exitCode": 7}}}
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: no memory"}


@pytest.mark.parametrize(
    ("status", "reason", "remedy"),
    [
        ({"containerStatuses": [waiting("ErrImagePull")]}, "ErrImagePull of r/x:1", "load the image"),
        ({"initContainerStatuses": [waiting("ImagePullBackOff")]}, "ImagePullBackOff of r/x:1", "load the image"),
        ({"containerStatuses": [waiting("InvalidImageName")]}, "InvalidImageName of r/x:1", "check the name"),
        ({"containerStatuses": [waiting("ContainerCreating")]}, "ContainerCreating: r/x:1", ""),
        ({"containerStatuses": [waiting("CrashLoopBackOff", restartCount=1)]}, "CrashLoopBackOff: r/x:1", ""),
        (
            {"containerStatuses": [waiting("CrashLoopBackOff", **CRASHED)]},
            "r/x:1 ends with code 7 whenever it is started, saying nothing",
            "is it the right image",
        ),
        (
            {"containerStatuses": [{**waiting("CrashLoopBackOff", restartCount=2), "name": "loud"}]},
            "r/x:1 ends with code unknown whenever it is started, saying: bad option",
            "is it the right image",
        ),
        ({"conditions": [UNSCHEDULED]}, "PodScheduled=False (Unschedulable): 0/1 nodes: no memory", ""),
        ({"containerStatuses": [{"name": "proxy", "image": "r/x:1", "state": {"running": {}}}]}, "are not ready", ""),
        ({}, "the pods of ns/gw are not ready", ""),
    ],
)
async def test_why_it_does_not_run(status: Json, reason: str, remedy: str) -> None:
    going = pod("gw-old", "gw", containerStatuses=[waiting("ErrImagePull")])
    going["metadata"]["deletionTimestamp"] = "now"
    other = pod("other-1", "gw-other", containerStatuses=[waiting("ErrImagePull")])
    bare = {"kind": "Pod", "metadata": {"name": "bare", "namespace": "ns"}}
    kubernetes = FakeKubernetes(deployment("gw"), other, bare, going, pod("gw-1", "gw", **status))
    said, mend = await why_not_running(fake(kubernetes), "ns", "gw")
    assert reason in said
    assert mend.startswith(remedy)
    assert bool(mend) is bool(remedy)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (None, ""),
        ([{"type": "Accepted", "status": "True"}], ""),
        (
            [{"type": "Accepted", "status": "False", "reason": "InvalidParameters", "message": "no such thing"}],
            "; Accepted=False (InvalidParameters): no such thing",
        ),
        ([{"type": "Programmed", "status": "Unknown", "reason": "Pending"}], "; Programmed=Unknown (Pending)"),
    ],
)
async def test_a_gateway_tells_why_its_deployment_is_not_there(conditions: list[Json] | None, said: str) -> None:
    gateway = {"kind": "Gateway", "metadata": {"name": "gw", "namespace": "ns"}, "status": {"conditions": conditions}}
    kubernetes = FakeKubernetes(*([gateway] if conditions else []))
    assert await why_not_running(fake(kubernetes), "ns", "gw") == (f"there is no Deployment ns/gw yet{said}", "")


async def test_a_cluster_without_gateways() -> None:
    kubernetes = FakeKubernetes()
    kubernetes.refuses["Gateway"] = Refused(404, "NotFound", "no such kind")
    assert await why_not_running(fake(kubernetes), "ns", "gw") == ("there is no Deployment ns/gw yet", "")


async def test_rolled_out() -> None:
    await rolled_out(fake(FakeKubernetes(deployment("gw"))), "ns", "gw", what="it")


@pytest.mark.parametrize("status", [{"observedGeneration": 0}, {"updatedReplicas": 0}, {"replicas": 2}])
async def test_a_rollout_is_watched_until_it_is_done(status: Any) -> None:
    kubernetes = FakeKubernetes(deployment("gw", **status))
    looks: list[str] = []

    def then_done(kind: str) -> None:
        looks.append(kind)
        if len(looks) == 3:
            kubernetes.put(deployment("gw"))

    kubernetes.on_wait = then_done
    await rolled_out(fake(kubernetes), "ns", "gw", what="it")
    assert len(looks) == 3


async def test_a_hopeless_rollout_ends_early() -> None:
    broken = pod("gw-1", "gw", containerStatuses=[waiting("ErrImagePull")])
    kubernetes = FakeKubernetes(deployment("gw", availableReplicas=0), broken)
    with pytest.raises(SetupProblem, match=r"the Gateway does not come up: ErrImagePull of r/x:1 - load the"):
        await rolled_out(fake(kubernetes), "ns", "gw", what="the Gateway")


async def test_a_missing_image_is_told_by_who_knows_how_it_gets_there() -> None:
    broken = pod("gw-1", "gw", containerStatuses=[waiting("ErrImagePull")])
    kubernetes = FakeKubernetes(deployment("gw", availableReplicas=0), broken)
    with pytest.raises(SetupProblem, match=r"ErrImagePull of r/x:1 - push it$"):
        await rolled_out(fake(kubernetes), "ns", "gw", what="the pod", missing="push it")


async def test_a_rollout_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "ROLLOUT", -1.0)
    with pytest.raises(
        SetupProblem, match=r"it does not come up: there is no Deployment ns/gw yet - see the cluster's events"
    ):
        await rolled_out(fake(FakeKubernetes()), "ns", "gw", what="it")


async def test_restart_and_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes = FakeKubernetes(deployment("gw"), pod("gw-1", "gw"), pod("gw-other-1", "gw-other"))
    kubernetes.objects["Deployment", "ns", "gw"]["spec"]["template"] = {"metadata": {"labels": {"a": "b"}}}
    await restart(fake(kubernetes), "ns", "gw")
    metadata = kubernetes.objects["Deployment", "ns", "gw"]["spec"]["template"]["metadata"]
    assert list(metadata) == ["labels", "annotations"]
    await replace(fake(kubernetes), "ns", "gw", what="it")
    assert kubernetes.deleted == ["Pod ns/gw-1"]
    stubborn = FakeKubernetes(deployment("gw"), pod("gw-1", "gw"))
    stubborn.on_wait = lambda kind: stubborn.put(pod("gw-1", "gw"))
    with pytest.raises(SetupProblem, match="the old pods of it do not go"):
        await replace(fake(stubborn), "ns", "gw", what="it")


class Stream:
    """A pod's log as urllib3 gives it."""

    def __init__(self, *pieces: bytes | None) -> None:
        self.pieces: queue.Queue[bytes | None] = queue.Queue()
        for one in pieces:
            self.pieces.put(one)
        self.closed = False

    def stream(self, size: int, *, decode_content: bool) -> Iterator[bytes]:
        while (piece := self.pieces.get()) is not None:
            yield piece
        if self.closed:
            raise urllib3.exceptions.ProtocolError("shut down")

    def shutdown(self) -> None:
        self.closed = True
        self.pieces.put(None)

    def close(self) -> None:
        self.closed = True


class Core:
    """The part of CoreV1Api that logs need."""

    def __init__(self, **streams: Any) -> None:
        self.streams = streams
        self.asked: list[str] = []

    def __call__(self, client: object) -> Core:
        return self

    def list_namespaced_pod(self, namespace: str, *, label_selector: str) -> Any:
        if not self.streams:
            raise ApiException(status=403, reason="Forbidden")
        return SimpleNamespace(items=[SimpleNamespace(metadata=SimpleNamespace(name=name)) for name in self.streams])

    def read_namespaced_pod_log(self, pod: str, namespace: str, **options: Any) -> Any:
        self.asked.append(pod)
        if isinstance(self.streams[pod], Exception):
            raise self.streams[pod]
        return self.streams[pod]


def test_every_pod_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    core = Core(one=Stream(b"first\nsec", b"ond\nha"))
    monkeypatch.setattr(pod_logs, "CoreV1Api", core)
    lines: list[str] = []
    arrived = threading.Event()

    def add(line: str) -> None:
        lines.append(line)
        if len(lines) == 3:
            arrived.set()

    logs = PodLogs(cast("Any", None), "ns", "app=gw", add)
    logs.follow()
    core.streams["two"] = Stream(b"other\n", None)
    logs.follow()
    assert arrived.wait(10)
    logs.close()
    logs.close()
    assert sorted(lines) == ["first", "other", "second"]
    assert core.asked == ["one", "two"]
    assert threading.active_count() == len([one for one in threading.enumerate() if not one.name.startswith("log of")])


def test_a_log_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_logs, "CoreV1Api", Core())
    with pytest.raises(SetupProblem, match=r"the gateway's log cannot be read: .*Forbidden"):
        PodLogs(cast("Any", None), "ns", "app=gw", print).follow()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (b"", ""),
        (b"starting\n\nError: unknown flag\nUsage:\n  --help\n", "Error: unknown flag"),
        (b"one\ntwo\n", "two"),
        (b"cannot use sk-words-4711\n", "cannot use <words-key>"),
    ],
)
def test_last_words(log: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register_key("words-key", "sk-words-4711")
    monkeypatch.setattr(pod_logs, "CoreV1Api", Core(one=SimpleNamespace(data=log)))
    assert last_words(cast("Any", None), "ns", "one", "proxy") == said


def test_no_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_logs, "CoreV1Api", Core(one=ApiException(status=400, reason="no previous container")))
    assert last_words(cast("Any", None), "ns", "one", "proxy") == ""
