"""Installing a gateway stack: what is done, in which order, what is spared, and what cannot be installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Refused
from conformance.targets.clustered.stacks import STACKS
from conformance.targets.kind.helm import Helm
from conformance.targets.kind.installation import check_paths
from conformance.targets.kind.options import StackOptions
from conformance.targets.kind.tools import find, run
from tests.support.cluster import FakeKubernetes, Json, Programs, deployment, pod
from tests.support.installing import (
    CRDS,
    GATEWAY,
    SYSTEM,
    Site,
    changed,
    definition,
    lay_out,
    options,
    standing,
    trusting,
)

either_helm = pytest.mark.parametrize("programs", [3, 4], ids=["helm 3", "helm 4"], indirect=True)


@pytest.fixture
def programs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path, monkeypatch, helm=getattr(request, "param", 4))
    made.cluster("mine")
    lay_out(tmp_path)
    return made


def installed(programs: Programs) -> list[str]:
    return [call.split()[3] for call in programs.calls if call.startswith("helm upgrade")]


@either_helm
async def test_everything_is_installed_once(programs: Programs, tmp_path: Path) -> None:
    site = Site(tmp_path, standing(), proxy_image="r.example/p/proxy:1.2", values=("a=b",))
    assert await site.install()
    assert installed(programs) == ["kgateway-crds", "kgateway"]
    last = programs.calls[-1]
    assert f"{tmp_path}/chart --namespace {SYSTEM} --create-namespace --set agentgateway.enabled=true --set a=b" in last
    assert f"--kubeconfig {tmp_path}/kubeconfig" in last
    assert "--version" not in last
    assert f"kind load image-archive {tmp_path}/images.tar --name mine" in programs.calls
    objects = site.kubernetes.objects
    parameters = objects["GatewayParameters", SYSTEM, "agw-conformance"]["spec"]["kube"]["agentgateway"]
    assert parameters["image"] == {"registry": "r.example/p", "repository": "proxy", "tag": "1.2"}
    assert parameters["resources"]["requests"]["cpu"] == "10m", "a node of two CPUs has a dozen of them"
    assert objects["ConfigMap", SYSTEM, "agw-conformance-trust"]["data"] == {"ca.crt": "CA"}
    assert objects["GatewayClass", "", "agentgateway"]["spec"]["parametersRef"]["name"] == "agw-conformance"
    assert objects["Gateway", SYSTEM, "agentgateway"] == GATEWAY
    before = len(programs.calls)
    assert not await site.install()
    assert not [call for call in programs.calls[before:] if "helm" in call or "load" in call]


async def test_after_an_interrupted_run_the_gateways_pods_are_new(programs: Programs, tmp_path: Path) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    site.kubernetes.put(pod("agentgateway-1", "agentgateway", SYSTEM))
    assert not await site.install()
    assert site.kubernetes.deleted == []
    assert not await site.bring_afresh()
    assert site.kubernetes.deleted == [f"Pod {SYSTEM}/agentgateway-1"]


@pytest.mark.parametrize("ca", ["CA", "ANOTHER"], ids=["as installed", "authority anew"])
@pytest.mark.parametrize("kind", ["ConfigMap", "GatewayParameters"])
async def test_what_somebody_has_changed_since_is_mended(
    programs: Programs, tmp_path: Path, kind: str, ca: str
) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    proxy = site.kubernetes.objects["Deployment", SYSTEM, "agentgateway"]["spec"]["template"]["metadata"]
    changed(site.kubernetes, kind, {RUN_LABEL: SET_UP})
    assert await site.install(ca) is (ca != "CA")
    assert len(installed(programs)) == 2, "for that no chart is installed again"
    assert site.kubernetes.objects["ConfigMap", SYSTEM, "agw-conformance-trust"]["data"] == {"ca.crt": ca}
    assert "kube" in site.kubernetes.objects["GatewayParameters", SYSTEM, "agw-conformance"]["spec"]
    assert "agw-conformance/restarted-at" in proxy["annotations"], "it reads its trust once"


async def test_what_somebody_has_removed_since_is_brought_back(programs: Programs, tmp_path: Path) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    removed = site.kubernetes.objects.pop(("ConfigMap", SYSTEM, "agw-conformance-trust"))
    assert not await site.install()
    assert site.kubernetes.objects["ConfigMap", SYSTEM, "agw-conformance-trust"] == removed


@pytest.mark.parametrize("ca", ["CA", "ANOTHER"], ids=["as installed", "authority anew"])
async def test_what_bears_no_label_of_ours_is_not_deleted(programs: Programs, tmp_path: Path, ca: str) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    changed(site.kubernetes, "ConfigMap", {})
    with pytest.raises(SetupProblem, match=r"ConfigMap .*-trust is refused: .* - somebody else has a part in it"):
        await site.install(ca)
    assert site.kubernetes.deleted == []


async def test_a_class_that_somebody_else_has_a_part_in_is_told(programs: Programs, tmp_path: Path) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    site.kubernetes.objects["GatewayClass", "", "agentgateway"]["spec"]["parametersRef"]["name"] = "theirs"
    apply = site.kubernetes.apply

    async def refusing(data: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        if data["kind"] == "GatewayClass":
            raise Refused(409, "Conflict", 'conflict with "someone":\n- .spec')
        return await apply(data, dry_run=dry_run)

    site.kubernetes.apply = refusing  # type: ignore[method-assign]
    with pytest.raises(SetupProblem, match=r"GatewayClass agentgateway is refused: .* - somebody else has a part"):
        await site.install()


async def test_an_authority_alone_needs_no_chart(programs: Programs, tmp_path: Path) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    proxy = site.kubernetes.objects["Deployment", SYSTEM, "agentgateway"]["spec"]["template"]["metadata"]
    assert proxy == {}
    assert await site.install("ANOTHER")
    assert len(installed(programs)) == 2
    assert "agw-conformance/restarted-at" in proxy["annotations"]
    assert site.record["ca"] == "ANOTHER"


@pytest.mark.parametrize(
    "changes",
    [
        {"proxy_image": "r/x:2"},
        {"values": ("c=d",)},
        {"chart": "oci://r.example/charts/kgateway", "version": "v2.1.9"},
        {"file": "chart/values.yaml"},
        {"file": "images.tar"},
        {"file": "crds.yaml"},
    ],
    ids=lambda changes: next(iter(changes.values())) if "file" in changes else next(iter(changes)),
)
async def test_whatever_changes_is_installed_anew(programs: Programs, tmp_path: Path, changes: dict[str, Any]) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    if name := changes.pop("file", ""):
        (tmp_path / name).write_text(CRDS + "# changed\n")
    assert await site.install(**changes)
    assert len(installed(programs)) == 4
    assert not await site.install(**changes)
    assert ("--version v2.1.9" in "\n".join(programs.calls)) is ("chart" in changes)


async def test_what_was_killed_half_way_is_ours_and_is_done_anew(programs: Programs, tmp_path: Path) -> None:
    kubernetes = standing()
    kubernetes.refuses["GatewayParameters"] = Refused(500, "", "killed here")
    site = Site(tmp_path, kubernetes)
    with pytest.raises(SetupProblem, match=r"GatewayParameters .* is refused: killed here - do chart"):
        await site.install()
    programs.tell(
        "releases", '[{"name": "kgateway-crds", "chart": "kgateway-crds-v2.1.0", "status": "pending-install"}]'
    )
    kubernetes.refuses.clear()
    kubernetes.put(helm_secret("kgateway", "pending-install"))
    kubernetes.put(helm_secret("kgateway-crds", "deployed"))
    kubernetes.put(helm_secret("other", "pending-install"))
    kubernetes.put(helm_secret("kgateway", "pending-install", "elsewhere"))
    del kubernetes.objects["Deployment", SYSTEM, "agentgateway"]
    kubernetes.on_wait = lambda kind: kubernetes.put(trusting(deployment("agentgateway", SYSTEM)))
    await (await site.make()).refuse_foreign()
    assert await site.install()
    assert kubernetes.deleted == [f"Secret {SYSTEM}/kgateway.pending-install"]
    assert len(site.record["inputs"]) == 64


def helm_secret(name: str, status: str, namespace: str = SYSTEM) -> Json:
    labels = {"owner": "helm", "name": name, "status": status}
    return {"kind": "Secret", "metadata": {"name": f"{name}.{status}", "namespace": namespace, "labels": labels}}


@either_helm
@pytest.mark.parametrize("release", ["kgateway", "kgateway-crds"])
async def test_somebody_elses_gateway_is_left_alone(programs: Programs, tmp_path: Path, release: str) -> None:
    programs.tell("releases", f'[{{"name": "{release}", "chart": "kgateway-v2.0.0", "status": "failed"}}]')
    site = Site(tmp_path, FakeKubernetes())
    said = f"the cluster mine has a release {SYSTEM}/{release} that was not installed by this suite - name another with"
    with pytest.raises(SetupProblem, match=said):
        await (await site.make()).refuse_foreign()
    assert site.kubernetes.objects == {}


async def test_a_free_cluster(programs: Programs, tmp_path: Path) -> None:
    await (await Site(tmp_path, FakeKubernetes()).make()).refuse_foreign()


async def test_a_chart_that_manages_its_class(programs: Programs, tmp_path: Path) -> None:
    stack = STACKS["agentgateway-1"]
    kubernetes = FakeKubernetes(
        *(deployment(name, stack.namespace) for name in {stack.controller, GATEWAY["metadata"]["name"]}),
        trusting(deployment(GATEWAY["metadata"]["name"], SYSTEM)),
        {
            **definition(kind=stack.parameters[1]),
            "spec": {"group": "agentgateway.dev", "names": {"kind": stack.parameters[1]}},
        },
    )
    assert await Site(tmp_path, kubernetes, "agentgateway-1", proxy_image="r.example/proxy:1").install()
    assert kubernetes.names("GatewayClass") == ([] if stack.makes_class else ["agentgateway"])
    parameters = kubernetes.objects[stack.parameters[1], stack.namespace, "agw-conformance"]["spec"]
    assert parameters["image"] == {"registry": "r.example", "repository": "proxy", "tag": "1"}


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("bad-archive", "", "loading .*images.tar failed: ERROR: file is no archive - give an archive as"),
        ("bad-chart", "", "installing .*crds failed: Error: Chart.yaml file is missing - check the chart, its version"),
        ("", "a: [\n", "crds.yaml is not YAML - give the Gateway API's CRDs"),
        ("", "just words\n", "crds.yaml holds no Kubernetes objects"),
        ("", "", "crds.yaml holds no Kubernetes objects"),
    ],
)
async def test_what_cannot_be_installed(programs: Programs, tmp_path: Path, name: str, file: str, message: str) -> None:
    if name:
        programs.tell(name)
    else:
        (tmp_path / "crds.yaml").write_text(file)
    with pytest.raises(SetupProblem, match=message):
        await Site(tmp_path, standing()).install()


async def test_an_object_that_somebody_else_has_a_part_in(programs: Programs, tmp_path: Path) -> None:
    kubernetes = standing()
    kubernetes.refuses["GatewayClass"] = Refused(409, "Conflict", 'conflict with "someone":\n- .spec')
    with pytest.raises(SetupProblem, match=r'conflict with "someone": - \.spec - somebody else has a part in it'):
        await Site(tmp_path, kubernetes).install()


async def test_kinds_that_do_not_come_to_be_served(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"the cluster does not come to know gateway.kgateway.dev/v1alpha1 Gateway"):
        await Site(tmp_path, standing("False")).install()


@pytest.mark.parametrize(
    ("status", "message"),
    [(200, ""), (404, r"crds.yaml cannot be had: status 404 - check the network, or give a local file")],
)
async def test_the_gateway_apis_crds_from_afar(
    programs: Programs, tmp_path: Path, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = httpx.AsyncClient
    answers = httpx.MockTransport(lambda request: httpx.Response(status, text=CRDS))
    monkeypatch.setattr(httpx, "AsyncClient", lambda **settings: real(transport=answers, **settings))
    site = Site(tmp_path, standing(), gateway_api="https://x.example/crds.yaml")
    if not message:
        assert await site.install()
        return
    with pytest.raises(SetupProblem, match=message):
        await site.install()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chart": "/nowhere"}, "--chart /nowhere: there is no such chart - give a chart's folder"),
        ({"crd_chart": "stable/crds"}, "--crd-chart stable/crds: there is no such chart"),
        ({"images": ("/nowhere.tar",)}, "--image-archive /nowhere.tar: no such file - give a file as `docker save`"),
        ({"gateway_api": "/nowhere.yaml"}, "--gateway-api /nowhere.yaml: no such file - give a file or an https"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupProblem, match=message):
        check_paths(StackOptions(**changes))


def test_paths_that_lead_somewhere(programs: Programs, tmp_path: Path) -> None:
    check_paths(options(tmp_path))
    check_paths(options(tmp_path, chart="oci://x/y", crd_chart=None, gateway_api="https://x/y"))


@either_helm
async def test_releases(programs: Programs, tmp_path: Path) -> None:
    programs.tell("releases", '[{"name": "kgateway", "chart": "kgateway-v2.1.0", "status": "deployed"}]')
    helm = Helm(find("helm"), tmp_path / "kubeconfig", tmp_path)
    assert await helm.releases("ns") == {"kgateway": "kgateway-v2.1.0"}
    assert "--namespace ns --output json" in programs.calls[0]


async def test_a_flag_that_helm_does_not_have(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="helm list failed: Error: unknown flag: --all - is it broken"):
        await run([find("helm"), "list", "--all"], "helm list", remedy="is it broken?")
