"""What tests of installing a stack share: a site, and objects that come up in it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from conformance.manifests.dialects.documented import gateway_manifests
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.targets.clustered.stacks import STACKS, TRUST_NAME
from conformance.targets.kind.helm import Helm
from conformance.targets.kind.installation import NAMESPACE, Installation
from conformance.targets.kind.kind_cluster import OwnCluster
from conformance.targets.kind.options import KindOptions, StackOptions
from conformance.targets.kind.tools import find
from tests.support.cluster import FakeKubernetes, Json, deployment

SYSTEM = "kgateway-system"
GATEWAY = next(one.data for one in gateway_manifests("kgateway-2.1") if one.kind == "Gateway")
CRDS = "apiVersion: v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: safe-upgrades}\n---\n"


def definition(established: str = "True", kind: str = "GatewayParameters", group: str = "gateway.kgateway.dev") -> Json:
    spec = {"group": group, "names": {"kind": kind}}
    conditions = [{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": established}]
    return {
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind}.x"},
        "spec": spec,
        "status": {"conditions": conditions},
    }


def trusting(proxy: Json, config_map: str = TRUST_NAME) -> Json:
    """A proxy's Deployment whose pods get this ConfigMap."""
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "trust", "configMap": {"name": config_map}}]
    proxy["spec"]["template"] = {"metadata": {}, "spec": {"volumes": volumes}}
    return proxy


def standing(established: str = "True") -> FakeKubernetes:
    """A cluster in which what the charts bring comes up at once."""
    proxy, control = trusting(deployment("agentgateway", SYSTEM)), deployment("kgateway", SYSTEM)
    return FakeKubernetes(proxy, control, definition(established))


def lay_out(folder: Path) -> None:
    """Write what `options` names: charts, CRDs, an archive of images."""
    for name, release in (("chart", "kgateway"), ("crds", "kgateway-crds")):
        templates = folder / name / "templates"
        templates.mkdir(parents=True)
        (folder / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {release}\nversion: v2.1.0\n")
        (templates / "map.yaml").write_text(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {release}}}\n"
            "data: {values: {{ toJson .Values | quote }}}\n"
        )
    (folder / "images.tar").write_bytes(b"images")
    (folder / "crds.yaml").write_text(CRDS)


def options(folder: Path, **changes: Any) -> StackOptions:
    local = {"chart": folder / "chart", "crd_chart": folder / "crds", "gateway_api": folder / "crds.yaml"}
    images = (str(folder / "images.tar"),)
    return StackOptions(**{**{name: str(path) for name, path in local.items()}, "images": images, **changes})


class Site:
    """An installation with its surroundings."""

    def __init__(self, folder: Path, kubernetes: FakeKubernetes, dialect: str = "kgateway-2.1", **changes: Any) -> None:
        self.folder, self.kubernetes, self.dialect, self.changes = folder, kubernetes, dialect, changes

    async def install(self, ca: str = "CA", **changes: Any) -> bool:
        """Bring the stack; True: it was installed anew."""
        return await (await self.make(**changes)).bring(ca, GATEWAY)

    async def bring_afresh(self) -> bool:
        """Bring it after an interrupted run."""
        return await (await self.make()).bring("CA", GATEWAY, afresh=True)

    async def make(self, **changes: Any) -> Installation:
        """The installation, in a cluster that is taken."""
        cluster = OwnCluster(KindOptions("mine", kubeconfig=str(self.folder / "kubeconfig")))
        await cluster.start()
        await cluster.stop()
        helm = Helm(find("helm"), cluster.kubeconfig, self.folder)
        chosen = options(self.folder, **{**self.changes, **changes})
        return Installation(STACKS[self.dialect], chosen, cluster, helm, cast("Kubernetes", self.kubernetes))

    @property
    def record(self) -> Json:
        """What the cluster says was installed."""
        found: Json = self.kubernetes.objects["ConfigMap", NAMESPACE, "installation"]["data"]
        return found


def changed(kubernetes: FakeKubernetes, kind: str, labels: Mapping[str, str]) -> None:
    """Somebody has changed what the proxy's trust rests on: as it stands now, it takes nothing of ours."""
    [place] = [one for one in kubernetes.objects if one[0] == kind and "agw-conformance" in one[2]]
    ours = kubernetes.objects[place]
    theirs = {
        **ours,
        "metadata": {**ours["metadata"], "labels": dict(labels)},
        "data": {"ca.crt": "THEIRS"},
        "spec": {},
    }
    kubernetes.objects[place] = theirs
    apply = kubernetes.apply

    async def refusing(data: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        if data["kind"] == kind and kubernetes.objects.get(place) is theirs:
            raise Refused(409, "Conflict", 'conflict with "kubectl":\n- .data')
        return await apply(data, dry_run=dry_run)

    kubernetes.apply = refusing  # type: ignore[method-assign]
