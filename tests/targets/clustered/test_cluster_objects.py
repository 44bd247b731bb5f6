"""What is put into a cluster and found there: names, addresses, leftovers, the authority; with objects in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Kubernetes, Refused
from conformance.targets.clustered.authority import AUTHORITY_KEY, AUTHORITY_SECRET, kept_authority
from conformance.targets.clustered.dns import ClusterDns, corefile_with
from conformance.targets.clustered.names import Names
from conformance.targets.clustered.network import LookalikeNetwork, zones
from conformance.targets.kind.leftovers import remove_leftovers
from conformance.targets.lookalikes import NamedLookalikes
from mock_providers.lookalikes import Attachment
from tests.support.cluster import FakeKubernetes, Json, deployment
from tests.support.remote import mistral

COREFILE = ".:53 {\n    errors\n    forward . /etc/resolv.conf\n}\n"


def fake(kubernetes: FakeKubernetes) -> Kubernetes:
    return cast("Kubernetes", kubernetes)


def coredns(corefile: str | None = COREFILE) -> list[Json]:
    metadata = {"name": "coredns", "namespace": "kube-system"}
    data = {} if corefile is None else {"data": {"Corefile": corefile}}
    ready = deployment("coredns", "kube-system")
    ready["spec"]["template"] = {"metadata": {}}
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **data}, ready]


def test_our_block_goes_in_and_out_again() -> None:
    once = corefile_with(COREFILE, ["mistral.ai", "deepseek.com"], "10.0.0.1")
    assert once.startswith(COREFILE)
    assert "deepseek.com:53 mistral.ai:53 {\n    errors\n    forward . 10.0.0.1 {\n        force_tcp\n" in once
    twice = corefile_with(once, ["mistral.ai"], "10.0.0.2")
    assert (twice.count("agw-conformance: begin"), "10.0.0.1" in twice, "deepseek" in twice) == (1, False, False)
    assert corefile_with(twice, [], "") == COREFILE
    # What somebody wrote below our block stays.
    assert corefile_with(f"{once}other:53 {{\n}}\n", [], "") == f"{COREFILE}other:53 {{\n}}\n"


async def test_cluster_dns_is_restarted_for_news_only() -> None:
    kubernetes = FakeKubernetes(*coredns())
    dns = ClusterDns(fake(kubernetes))
    config = kubernetes.objects["ConfigMap", "kube-system", "coredns"]
    template = kubernetes.objects["Deployment", "kube-system", "coredns"]["spec"]["template"]["metadata"]
    await dns.answer(["mistral.ai"], "10.0.0.1")
    await dns.answer(["deepseek.com"], "10.0.0.1")
    assert "deepseek.com:53 mistral.ai:53" in config["data"]["Corefile"]
    first = template.pop("annotations")
    assert list(first) == ["agw-conformance/restarted-at"]
    await dns.answer(["mistral.ai"], "10.0.0.1")
    assert template == {}
    await dns.restore()
    assert config["data"]["Corefile"] == COREFILE


@pytest.mark.parametrize("objects", [[], coredns(None)[:1]], ids=["no CoreDNS", "no Corefile"])
async def test_another_cluster_dns(objects: list[Json]) -> None:
    with pytest.raises(SetupProblem, match="no ConfigMap kube-system/coredns with a Corefile - use a cluster with"):
        await ClusterDns(fake(FakeKubernetes(*objects))).answer(["mistral.ai"], "10.0.0.1")


class Answers:
    """A name server beside lookalikes, as far as names go."""

    name_server = ("172.30.0.1", 5353)

    def __init__(self) -> None:
        self.names: Mapping[str, str] = {}

    async def answer_names(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)


async def test_names() -> None:
    kubernetes, lookalikes = FakeKubernetes(*coredns()), Answers()
    names = Names(fake(kubernetes), "ours", cast("NamedLookalikes", lookalikes))
    await names.start()
    leads_to = kubernetes.objects["EndpointSlice", "ours", "name-server"]
    assert (leads_to["endpoints"][0]["addresses"], leads_to["ports"][0]["port"]) == (["172.30.0.1"], 5353)
    await names.add({"api.mistral.ai": "10.96.0.8"})
    corefile = kubernetes.objects["ConfigMap", "kube-system", "coredns"]["data"]["Corefile"]
    assert "mistral.ai:53 {\n    errors\n    forward . 10.96.0.7 {" in corefile
    kubernetes.objects.pop(("ConfigMap", "kube-system", "coredns"))  # nobody asks for it where the zone is known
    await names.add({"other.mistral.ai": "10.96.0.9"})
    assert lookalikes.names == {"api.mistral.ai": "10.96.0.8", "other.mistral.ai": "10.96.0.9"}


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        ([], []),
        (["api.mistral.ai", "b.mistral.ai", "mistral.ai"], ["mistral.ai"]),
        (["llm.nimbus.example"], ["nimbus.example"]),
        (["nimbus.example"], ["nimbus.example"]),
        (["10.1.2.3", "localhost"], ["localhost"]),
    ],
)
def test_zones(hosts: list[str], found: list[str]) -> None:
    assert zones(hosts) == found


def attachment(host: str, port: int = 443, **more: Any) -> Attachment:
    return Attachment(host, port, mistral().provider, **more)


async def test_lookalikes_get_services() -> None:
    kubernetes = FakeKubernetes()
    network = LookalikeNetwork(fake(kubernetes), "ours")
    first = [(attachment("api.mistral.ai"), ("172.30.0.1", 4001)), (attachment("10.1.2.3", 80), ("172.30.0.1", 4002))]
    shared = (attachment("two.mistral.ai", address_of=("api.mistral.ai", 443)), ("172.30.0.1", 4001))
    names = await network.lead([*first, shared])
    assert names == {"api.mistral.ai": "10.96.0.7", "two.mistral.ai": "10.96.0.7"}
    assert sorted(network.unproven()) == [("10.1.2.3", 80, "listening"), ("10.96.0.7", 443, "listening")]
    assert network.unproven() == []
    by_host = {one["metadata"]["annotations"]["agw-conformance/host"]: one for one in await services(kubernetes)}
    assert by_host["10.1.2.3"]["spec"]["externalIPs"] == ["10.1.2.3"]
    assert "externalIPs" not in by_host["api.mistral.ai"]["spec"]
    assert [port["port"] for port in by_host["api.mistral.ai"]["spec"]["ports"]] == [443]
    assert await network.lead(first) == {}  # nothing is new
    moved = [(attachment("api.mistral.ai", 8443, reach="refused"), ("172.30.0.1", 4003))]
    await network.lead(moved)
    assert network.unproven() == [("10.96.0.7", 8443, "refused")]
    slices = {one["metadata"]["name"]: one for one in await kubernetes.list_all("discovery.k8s.io/v1", "EndpointSlice")}
    ports = slices[by_host["api.mistral.ai"]["metadata"]["name"]]["ports"]
    assert [(one["name"], one["port"]) for one in ports] == [("port-443", 4001), ("port-8443", 4003)]


async def services(kubernetes: FakeKubernetes) -> list[Json]:
    return await kubernetes.list_all("v1", "Service")


async def test_no_address_left_for_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes = FakeKubernetes()

    async def without(data: Mapping[str, Any]) -> Json:
        return {"spec": {}}

    monkeypatch.setattr(kubernetes, "apply", without)
    with pytest.raises(SetupProblem, match=r"the Service for api\.mistral.ai got no IP - is the range"):
        await LookalikeNetwork(fake(kubernetes), "ours").lead([(attachment("api.mistral.ai"), ("172.30.0.1", 1))])


def labelled(kind: str, name: str, run: str | None, namespace: str = "llm") -> Json:
    labels = {RUN_LABEL: run} if run else {}
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace, "labels": labels}}


async def test_leftovers_are_what_bears_another_runs_label() -> None:
    kubernetes = FakeKubernetes(
        labelled("HTTPRoute", "left", "a1"),
        labelled("Secret", "left", "a1"),
        labelled("Secret", "somebodys", None),
        labelled("Service", "ours", SET_UP),
        labelled("Namespace", "left", "a1", ""),
        labelled("Namespace", "kube-system", None, ""),
    )
    kubernetes.refuses["AgentgatewayBackend"] = Refused(404, "NotFound", "no such kind")
    assert await remove_leftovers(fake(kubernetes), except_for=[SET_UP]) == 3
    assert kubernetes.deleted == ["HTTPRoute llm/left", "Secret llm/left", "Namespace left"]
    assert await remove_leftovers(fake(kubernetes), except_for=[SET_UP]) == 0


async def test_leftovers_that_cannot_be_seen_or_do_not_go() -> None:
    kubernetes = FakeKubernetes(labelled("Namespace", "left", "a1", ""))
    kubernetes.on_wait = lambda kind: kubernetes.put(labelled("Namespace", "left", "a1", ""))
    with pytest.raises(SetupProblem, match="namespaces of an earlier run cannot be removed: left"):
        await remove_leftovers(fake(kubernetes), except_for=[SET_UP])
    kubernetes.refuses["Secret"] = Refused(403, "Forbidden", "no")
    with pytest.raises(Refused):
        await remove_leftovers(fake(kubernetes), except_for=[SET_UP])


async def test_the_authority_is_kept_until_somebody_spoils_it() -> None:
    kubernetes = FakeKubernetes()
    first = await kept_authority(fake(kubernetes), "ours")
    assert (await kept_authority(fake(kubernetes), "ours")).pem == first.pem
    secret = kubernetes.objects["Secret", "ours", AUTHORITY_SECRET]
    secret["data"] = {AUTHORITY_KEY: "bm90aGluZw=="}
    second = await kept_authority(fake(kubernetes), "ours")
    assert second.pem != first.pem
    assert (await kept_authority(fake(kubernetes), "ours")).pem == second.pem
