"""The cluster target at work: what it finds, refuses, explains and removes; with objects in memory."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from kubernetes.client import ApiClient, Configuration

from conformance.core import deadlines
from conformance.core.problems import InputProblem, SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Kubernetes, Refused
from conformance.targets.cluster import target as module
from conformance.targets.cluster.found_gateway import find_gateway
from conformance.targets.cluster.options import ClusterOptions, place, read
from conformance.targets.cluster.places import LOOKALIKES_NAMESPACE, places
from conformance.targets.cluster.run_objects import RunObjects, check_no_other_run
from conformance.targets.cluster.target import ClusterTarget
from conformance.targets.clustered.base import answering
from conformance.targets.kind.named_lookalikes import LocalNamedLookalikes
from mock_providers.identities import Authority
from tests.support.cluster import FakeKubernetes, Json, deployment
from tests.support.remote import mistral

PLACES = places(DIALECTS[0], "gw")
FORBIDDEN = Refused(403, "Forbidden", 'secrets is forbidden: User "ci" cannot list resource "secrets"')


class Labelling(FakeKubernetes):
    """What is applied gets the label of run a1."""

    async def apply(self, data: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        labels = {**data["metadata"].get("labels", {}), RUN_LABEL: "a1"}
        return await super().apply({**data, "metadata": {**data["metadata"], "labels": labels}})


def there(kind: str, name: str, namespace: str = "gw", run: str | None = None, **fields: Any) -> Json:
    labels = {"labels": {RUN_LABEL: run}} if run else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, **labels}, **fields}


def gateway(programmed: str = "True", **listener: Any) -> Json:
    spec = {"gatewayClassName": "c", "listeners": [{"name": "http", "protocol": "HTTP", "port": 80, **listener}]}
    conditions = [{"type": "Programmed", "status": programmed, "message": "no address"}]
    return there("Gateway", "front", spec=spec, status={"conditions": conditions})


def proxy(name: str = "front-1", **fields: Any) -> Json:
    ports = [{"name": "web", "containerPort": 8081}]
    spec = {"containers": [{"image": "r.test:5000/agentgateway:v1.4.1@sha256:0", "ports": ports}]}
    return there("Pod", name, spec=spec, **{"status": {"phase": "Running"}, **fields})


def fake(*objects: Json) -> Kubernetes:
    return cast("Kubernetes", Labelling(*objects))


@pytest.mark.parametrize(
    ("services", "port"),
    [
        ([], 80),
        ([there("Service", "front", spec={"ports": [{"port": 80}]})], 80),
        ([there("Service", "front", spec={"ports": [{"port": 80, "targetPort": 8080}]})], 8080),
        ([there("Service", "front", spec={"ports": [{"port": 80, "targetPort": "web"}]})], 8081),
        ([there("Service", "front", spec={"ports": [{"port": 80, "targetPort": "gone"}]})], 80),
    ],
)
async def test_where_a_gateways_pods_listen(monkeypatch: pytest.MonkeyPatch, services: list[Json], port: int) -> None:
    async def all_of(self: FakeKubernetes, api: str, kind: str, namespace: str, selector: str | None = None) -> Any:
        return [data for (one, where, _), data in self.objects.items() if (one, where) == (kind, namespace)]

    monkeypatch.setattr(FakeKubernetes, "list", all_of)
    going = proxy("front-0", status={"phase": "Failed"})
    found = await find_gateway(fake(gateway(), going, proxy(), *services), "gw", "front")
    assert (found.pods, found.port, found.version, found.controller) == (("front-1",), port, "1.4.1", "")


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([], "no Gateway gw/front - make one and name it with --gateway"),
        ([there("Gateway", "other")], "no Gateway gw/front - --gateway one of: gw/other"),
        ([gateway("False")], "not programmed: no address - mend it first"),
        ([gateway(protocol="HTTPS")], "no listener for HTTP and any host - add one"),
        ([gateway(hostname="x.test")], "no listener for HTTP and any host - add one"),
    ],
)
async def test_a_gateway_that_cannot_be_tested(objects: list[Json], message: str) -> None:
    with pytest.raises(SetupProblem, match=message):
        await find_gateway(fake(*objects), "gw", "front")


async def test_objects_of_other_runs_are_told_and_left_alone() -> None:
    ours = [there("Secret", "a", run="a1"), there("Secret", "b", run=SET_UP), there("Secret", "c")]
    kubernetes = fake(*ours)
    await check_no_other_run(kubernetes, PLACES, except_for=(SET_UP, "a1"))
    others = [there("Secret", "d", run="b2"), there("HTTPRoute", "e", run="b2"), there("Namespace", "n", "", run="c3")]
    kubernetes = fake(*ours, *others)
    with pytest.raises(SetupProblem) as told:
        await check_no_other_run(kubernetes, PLACES, except_for=(SET_UP, "a1"))
    assert "3 objects of other runs: b2, c3" in str(told.value)
    kinds = "httproutes.gateway.networking.k8s.io,secrets,namespaces"
    assert f"\n  kubectl delete {kinds} --all-namespaces -l agw-conformance/run=b2\n" in str(told.value)
    assert cast("Any", kubernetes).deleted == []


async def test_a_run_removes_what_bears_its_label_and_nothing_else() -> None:
    kubernetes = fake(
        there("Secret", "a", run="a1"),
        there("Secret", "b", run="b2"),
        there("Secret", "c"),
        there("Deployment", "lookalikes", LOOKALIKES_NAMESPACE, run="a1"),
        there("Namespace", LOOKALIKES_NAMESPACE, "", run="a1"),
    )
    await RunObjects(kubernetes, "a1", PLACES).remove()
    left = cast("Any", kubernetes).objects
    assert sorted(name for _, _, name in left) == ["b", "c"]


async def test_what_does_not_go_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes = fake(there("Secret", "a", run="a1"))
    monkeypatch.setattr(deadlines, "ROLLOUT", 0.0)

    async def keep(data: Any) -> None:
        return

    monkeypatch.setattr(kubernetes, "delete", keep)
    with pytest.raises(SetupProblem, match=r"do not go: Secret gw/a - look for what has the label .*run=a1"):
        await RunObjects(kubernetes, "a1", PLACES).remove()


async def test_a_kind_that_the_cluster_lacks_has_no_objects_and_a_missing_right_is_told() -> None:
    kubernetes = fake(there("Secret", "a", run="b2"))
    cast("Any", kubernetes).refuses["Secret"] = Refused(404, "NotFound", "no matches for kind")
    await check_no_other_run(kubernetes, PLACES, except_for=("a1",))
    cast("Any", kubernetes).refuses["Secret"] = FORBIDDEN
    with pytest.raises(SetupProblem, match=r"a right is missing: .* - have what `agw-conformance cluster-rbac` prints"):
        await check_no_other_run(kubernetes, PLACES, except_for=("a1",))


class Bench:
    """A cluster target whose cluster is in memory, and whose lookalikes are here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, report: Path, *objects: Json, **options: Any) -> None:
        self.kubernetes = Labelling(gateway(), proxy(), *objects)
        given = {"image": "i", "gateway": ("gw", "front"), "url": "http://127.0.0.1:1", **options}
        self.target = ClusterTarget(DIALECTS[0], ClusterOptions(**given), "a1", report)

        def connect(kubeconfig: Path | None, run_id: str) -> None:
            self.target._kubernetes = cast("Kubernetes", self.kubernetes)
            self.target._client = ApiClient(Configuration(host="http://127.0.0.1:1"))

        async def nothing(*_: Any) -> None:
            return

        @contextlib.asynccontextmanager
        async def lookalikes(*_: Any, **__: Any) -> AsyncIterator[LocalNamedLookalikes]:
            local = LocalNamedLookalikes(authority=cast("Authority", _[3]))
            await local.start()
            try:
                yield local
            finally:
                await local.stop()

        monkeypatch.setattr(self.target, "_connect", connect)
        monkeypatch.setattr(self.target, "_follow_logs", nothing)
        monkeypatch.setattr(self.target, "config_dump", lambda: _text("{}"))
        monkeypatch.setattr(module, "lookalikes_in_pod", lookalikes)
        monkeypatch.setattr(module, "events_of", lambda *_: "")
        for name in ("answering", "probe"):
            monkeypatch.setattr(module, name, nothing)


async def _text(text: str) -> str:
    return text


async def test_a_run_leaves_the_cluster_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = Bench(monkeypatch, tmp_path, there("Secret", "somebodys"))
    before = dict(bench.kubernetes.objects)
    await bench.target.start()
    made = {(kind, namespace) for kind, namespace, _ in bench.kubernetes.objects.keys() - before.keys()}
    assert made == {("Namespace", ""), ("Secret", LOOKALIKES_NAMESPACE)}
    await bench.target.preserve()
    kept = (tmp_path / "cluster" / "objects.yaml").read_text()
    assert "lookalikes-authority" in kept
    assert "PRIVATE KEY" not in kept
    assert "somebodys" not in kept
    with pytest.raises(SetupProblem, match="not ours to replace"):
        await bench.target.replace_pods("gateway")
    await bench.target.stop()
    await bench.target.stop()
    assert bench.kubernetes.objects == before


async def test_cluster_dns_is_again_what_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    corefile = ".:53 {\n    errors\n}"
    metadata = {"name": "coredns", "namespace": "kube-system"}
    dns: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"Corefile": corefile}}
    ready = deployment("coredns", "kube-system")
    ready["spec"]["template"] = {"metadata": {}}
    bench = Bench(monkeypatch, tmp_path, dns, ready, allow_dns_change=True)
    await bench.target.start()
    bench.target._canary = None  # nothing leads through a gateway here
    await bench.target.attach([mistral(host="api.mistral.ai")])
    assert "mistral.ai:53 {" in dns["data"]["Corefile"]
    await bench.target.stop()
    assert dns["data"]["Corefile"] == corefile
    assert bench.kubernetes.names("Service") == []


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (FORBIDDEN, "a right is missing: secrets is forbidden"),
        (Refused(403, "Forbidden", "quota exceeded"), "the cluster refuses what a run needs: quota exceeded"),
    ],
)
async def test_a_cluster_that_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused: Refused, message: str
) -> None:
    bench = Bench(monkeypatch, tmp_path)
    bench.kubernetes.refuses["Namespace"] = refused
    with pytest.raises(SetupProblem, match=message):
        await bench.target.start()


async def test_without_the_right_to_logs_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = Bench(monkeypatch, tmp_path)

    async def refuse() -> None:
        raise SetupProblem("the gateway's log cannot be read: Forbidden")

    monkeypatch.setattr(bench.target, "_follow_logs", refuse)
    await bench.target.start()
    await bench.target.stop()
    assert bench.target.unsupported("logs") == "the gateway's log cannot be read: Forbidden"


async def test_a_gateway_without_pods_needs_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = Bench(monkeypatch, tmp_path, url=None)
    with pytest.raises(SetupProblem, match="no running pod to forward a port to - say with --gateway-url"):
        await bench.target.start()
    await bench.target.stop()
    assert bench.kubernetes.names("Namespace") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, "does not trust .* let it trust"), ({"ca_secret": ("gw", "ca")}, "restart its pods if they began before")],
)
def test_what_to_do_about_trust(options: Any, message: str) -> None:
    target = ClusterTarget(DIALECTS[0], ClusterOptions(image="i", **options), "a1", None)
    assert re.search(message, str(target.untrusted("unknown ca")))


async def test_an_endpoint_that_is_not_there_is_told() -> None:
    client = ApiClient(Configuration(host="http://127.0.0.1:1"))
    with pytest.raises(SetupProblem, match=r":1 cannot be used: .*refused.* - is the cluster running"):
        await answering(client)
    client.close()


def given(**options: Any) -> Any:
    names = ("gateway", "gateway_url", "ca_secret", "lookalikes_image", "kubeconfig")
    return {**dict.fromkeys(names), "allow_dns_change": False, **options}


def test_options_come_again_as_they_were_given(tmp_path: Path) -> None:
    (tmp_path / "k").touch()
    options = read(
        given(kubeconfig=str(tmp_path / "k"), gateway="a/b", gateway_url="http://h:1", allow_dns_change=True)
    )
    assert options.gateway == ("a", "b")
    again = ["--kubeconfig", str(tmp_path / "k"), "--gateway", "a/b", "--gateway-url", "http://h:1"]
    assert options.again() == [*again, "--allow-dns-change"]
    assert read(given()).again() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gateway": "front"}, "--gateway front: not usable - give NAMESPACE/NAME"),
        ({"ca_secret": "a/b/c"}, "--ca-secret a/b/c: not usable"),
        ({"gateway_url": "https://x"}, "--gateway-url https://x: not usable - give http://HOST"),
        ({"kubeconfig": "/nowhere/k"}, "--kubeconfig /nowhere/k: no such file"),
    ],
)
def test_options_that_cannot_be_used(options: Any, message: str) -> None:
    with pytest.raises(InputProblem, match=message):
        read(given(**options))
    assert place("a/b", "--x") == ("a", "b")
