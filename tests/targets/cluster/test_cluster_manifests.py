"""What the cluster target makes of manifests: no host but Services of ours, another Gateway, the kinds it may make."""

from __future__ import annotations

import functools
import json
from typing import Any, cast

import pytest
import yaml

from conformance.manifests.dialects import DIALECTS, dialect_named, read_configuration
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.case import catalogue
from conformance.stage.scenario.placement import ServiceNames, beside, rehosted
from conformance.stage.scenario.profile import documented_profile, fence_profile, given_profiles
from conformance.stage.target import GatewayAt
from conformance.targets.cluster.options import DNS_NOT_CHANGED, ClusterOptions
from conformance.targets.cluster.places import LOOKALIKES_NAMESPACE, NAMESPACES, places
from conformance.targets.cluster.rights import rights
from conformance.targets.cluster.target import ClusterTarget
from conformance.targets.clustered.network import LookalikeNetwork
from mock_providers.lookalikes import Attachment
from tests.support.cluster import FakeKubernetes
from tests.support.lookalikes import Authorities
from tests.support.nimbus import command, nimbus
from tests.support.remote import mistral

SUFFIX = f".{LOOKALIKES_NAMESPACE}.svc.cluster.local"
PROVIDERS = ("mistral", "deepseek")


def target(dialect: str = DIALECTS[0], **options: Any) -> ClusterTarget:
    """One that knows what it knows after the start."""
    one = ClusterTarget(dialect, ClusterOptions(image="i", **options), "a1", None)
    documented = dialect_named(dialect).GATEWAY
    one.gateway = GatewayAt(documented.namespace, documented.name, "http://127.0.0.1:1")
    one.lookalikes = cast("Any", Authorities())
    return one


@functools.cache
def scenes(dialect: str) -> tuple[Scene, ...]:
    """Every scenario of every case for the documented providers, without leave to change DNS."""
    profiles = [documented_profile(name, dialect) for name in PROVIDERS]
    arrangement = Arrangement(target(dialect), cast("Kubernetes", FakeKubernetes()), profiles, dialect)
    found = {scenario.name: scenario for case in catalogue() for scenario in case.scenarios}
    return tuple(arrangement.compose(SceneKey(name, one)) for name in PROVIDERS for one in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_without_leave_no_manifest_leads_out_of_the_cluster(dialect: str) -> None:
    for scene in scenes(dialect):
        for _, llm in scene.configuration.llms():
            assert str(llm.host).lower().endswith(SUFFIX), (scene.key, llm.host)
        text = json.dumps([one.data for one in scene.manifests])
        assert "api.mistral.ai" not in text, scene.key
        assert "api.deepseek.com" not in text, scene.key
    # Only what says by itself where it goes is left out.
    out = {scene.key.scenario.name for scene in scenes(dialect) if scene.unfit.startswith(DNS_NOT_CHANGED)}
    assert out == {"no-host", "no-host-custom-path", "all-misplaced", "all-misplaced-no-policy", "host-port-misplaced"}


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_runs_make_nothing_but_what_they_know_to_remove(dialect: str) -> None:
    known = places(dialect, dialect_named(dialect).GATEWAY.namespace)
    made = {(one.namespace, one.kind) for scene in scenes(dialect) for one in scene.manifests}
    assert made <= {(namespace, kind.kind) for namespace, kinds in known.items() for kind in kinds}
    assert {namespace for namespace, _ in made} <= set(known)


@pytest.mark.parametrize(
    ("documented", "service"),
    [
        ("api.mistral.ai", "api-mistral-ai"),
        ("API.Mistral.ai", "api-mistral-ai"),
        ("1st.example", "host-1st-example"),
        ("a" * 70 + ".example", "a" * 52 + "-"),
        (f"x{SUFFIX}", "x"),
    ],
)
def test_a_host_becomes_a_service(documented: str, service: str) -> None:
    names = ServiceNames(LOOKALIKES_NAMESPACE)
    host = names.host(documented)
    assert host.startswith(service)
    assert names.is_one(host)
    assert names.host(host) == host
    assert len(names.service(host)) <= 63


@pytest.mark.parametrize("documented", ["api.mistral.ai", "a" * 70 + ".example"])
def test_each_run_has_names_of_its_own(documented: str) -> None:
    """A gateway remembers that a name was gone; seen on agentgateway 1.4.1, for runs in a row."""
    names = [ServiceNames(LOOKALIKES_NAMESPACE, run=run) for run in ("a1", "b2")]
    hosts = [one.host(documented) for one in names]
    assert hosts[0].removesuffix(f"-a1{SUFFIX}") == hosts[1].removesuffix(f"-b2{SUFFIX}")
    assert all(one.host(host) == host for one, host in zip(names, hosts, strict=True))
    assert all(len(one.service(host)) <= 63 for one, host in zip(names, hosts, strict=True))


@pytest.mark.parametrize("host", ["api.mistral.ai", f"a.b{SUFFIX}", "x.other.svc.cluster.local"])
def test_other_names_are_no_services_of_ours(host: str) -> None:
    assert not ServiceNames(LOOKALIKES_NAMESPACE).is_one(host)


def test_what_names_no_host_stays() -> None:
    (profile,) = given_profiles(nimbus(("host: llm.nimbus.example", "host: 10.1.2.3")), DIALECTS[0])
    again = rehosted(profile, ServiceNames("ns"))
    assert [llm.host for llm in _llms(again)] == ["10.1.2.3"]


def _llms(profile: Any) -> list[Any]:
    return [llm for _, llm in read_configuration(profile.manifests).llms()]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_documented_manifests_stand_beside_another_gateway(dialect: str) -> None:
    documented = dialect_named(dialect).GATEWAY
    for profile in (documented_profile("mistral", dialect), fence_profile(dialect)):
        assert beside(profile, documented, documented.namespace, documented.name) is profile
        moved = beside(profile, documented, "infra", "front")
        assert {one.namespace for one in moved.manifests} == {"infra"}
        text = json.dumps([one.data for one in moved.manifests])
        assert documented.namespace not in text
        route = next(one for one in moved.manifests if one.kind == "HTTPRoute")
        assert route.spec["parentRefs"] == [{"name": "front", "namespace": "infra"}]


def test_manifests_to_certify_say_themselves_where_they_stand() -> None:
    profiles = given_profiles(nimbus(), DIALECTS[0])
    options = ClusterOptions(image="i", gateway=("infra", "front"), allow_dns_change=True)
    one = ClusterTarget(DIALECTS[0], options, "a1", None, given=profiles)
    assert one.placed(profiles[0]) is profiles[0]
    assert {manifest.namespace for manifest in one.placed(fence_profile(DIALECTS[0])).manifests} == {"infra"}
    assert "llm" in one._places


def test_with_leave_documented_hosts_stay() -> None:
    one = target(allow_dns_change=True)
    profile = documented_profile("mistral", DIALECTS[0])
    assert one.placed(profile) is profile
    assert one.host_here("api.x.ai") == "api.x.ai"
    assert (one.barred("api.x.ai"), one.barred(None), one.unsupported("default host")) == (None, None, None)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (None, "cluster DNS is not changed (--allow-dns-change), and the default host would be the real one"),
        ("api.x.ai", "cluster DNS is not changed (--allow-dns-change), and api.x.ai would be the real one"),
        ("198.18.0.1", "in a cluster that is not ours no IP address is led to a lookalike"),
        (f"api-x-ai{SUFFIX}", None),
    ],
)
def test_why_a_host_is_barred(host: str | None, reason: str | None) -> None:
    assert target().barred(host) == reason


def test_what_only_the_gateways_owner_may_do() -> None:
    one = target()
    assert one.unsupported("pods") == "the gateway's pods are not ours to replace"
    assert str(one.unsupported("default host")).startswith(DNS_NOT_CHANGED)
    assert [one.unsupported(need) for need in ("logs", "host names", "config dump")] == [None, None, None]
    one._unread = "no right"
    assert one.unsupported("logs") == "no right"


async def test_services_bear_the_names_that_manifests_have() -> None:
    kubernetes = FakeKubernetes()
    network = LookalikeNetwork(cast("Kubernetes", kubernetes), "ns", ServiceNames("ns"))
    first, second = (f"{name}.ns.svc.cluster.local" for name in ("first", "second"))
    shared = Attachment(second, 443, mistral().provider, address_of=(first, 443))
    await network.lead([(mistral(host=first), ("10.1.0.9", 4001)), (shared, ("10.1.0.9", 4001))])
    await network.lead([(mistral(host="api.x.ai"), ("10.1.0.9", 4002))])
    assert [name for name in kubernetes.names("Service") if not name.startswith("host-")] == ["first", "second"]
    assert kubernetes.objects["Service", "ns", "second"]["spec"]["externalName"] == first
    slice_ = kubernetes.objects["EndpointSlice", "ns", "first"]
    assert slice_["ports"] == [{"name": "port-443", "port": 4001, "protocol": "TCP"}]


def _rules(objects: list[Any], kind: str, namespace: str | None = None) -> list[Any]:
    found = [one for one in objects if one["kind"] == kind and one["metadata"].get("namespace") == namespace]
    return [rule for one in found for rule in one["rules"]]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_rights_are_bound_to_namespaces_but_for_reading_what_is_no_secret(dialect: str) -> None:
    objects = rights(dialect, "infra")
    for rule in _rules(objects, "ClusterRole"):
        assert set(rule["verbs"]) <= {"get", "list", "watch"}
        assert not {"secrets", "configmaps", "pods"} & set(rule["resources"])
    roles = {one["metadata"]["namespace"] for one in objects if one["kind"] == "Role"}
    assert roles == {"infra", *NAMESPACES}
    known = places(dialect, "infra")
    for namespace in roles:
        makes = {
            one for rule in _rules(objects, "Role", namespace) if "patch" in rule["verbs"] for one in rule["resources"]
        }
        assert makes == {kind.plural for kind in known[namespace]}
    assert yaml.safe_load_all(yaml.safe_dump_all(objects))


def test_more_rights_only_for_who_asks_for_more() -> None:
    objects = rights(DIALECTS[1], "infra", "ci", allow_dns_change=True, ca_secret=("vault", "ca"))
    dns = _rules(objects, "Role", "kube-system")
    assert [rule.get("resourceNames") for rule in dns] == [["coredns"], ["coredns"], None]
    assert _rules(objects, "Role", "vault") == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["ca"]}
    ]
    subjects = [one["subjects"] for one in objects if "subjects" in one]
    assert all(one == [{"kind": "ServiceAccount", "name": "agw-conformance", "namespace": "ci"}] for one in subjects)


def test_the_command_prints_what_kubectl_takes(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = command(capsys, "cluster-rbac", "--dialect", DIALECTS[1], "--gateway", "infra/front")
    assert code == 0
    assert [one["kind"] for one in yaml.safe_load_all(printed)][:6] == ["Namespace"] * 5 + ["ServiceAccount"]
    assert "&id" not in printed
    code, printed = command(capsys, "cluster-rbac", "--dialect", "x")
    assert (code, "--dialect x: unknown" in printed) == (2, True)
