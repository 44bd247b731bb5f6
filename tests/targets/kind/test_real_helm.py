"""Real Helm, of whatever major version: its flags, and a stack's charts installed at the embedded API endpoint."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conformance.core.problems import SetupProblem
from conformance.targets.kind.helm import Helm
from tests.support.cluster import HELM_FLAGS, FakeKubernetes, Programs
from tests.support.hangs import HANGS
from tests.support.installing import SYSTEM, Site, lay_out, standing
from tests.support.kubeapi import Json, Served, serving

PROGRAMS = [one for one in os.environ.get("AGW_CONFORMANCE_HELM", "").split(os.pathsep) if one] or [
    one for one in [shutil.which("helm")] if one
]
"""Those that $AGW_CONFORMANCE_HELM names, separated as in $PATH, else the one of the PATH."""

SECRETS = f"/api/v1/namespaces/{SYSTEM}/secrets"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="no helm: name programs in AGW_CONFORMANCE_HELM")


@pytest.fixture(params=PROGRAMS)
def helm(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def cluster() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def programs(helm: Path, cluster: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Stand-ins but for Helm, and a kubeconfig of the embedded endpoint."""
    made = Programs(tmp_path, monkeypatch)
    use(made, helm)
    made.cluster("mine")
    made.tell("kubeconfig", yaml.safe_dump(cluster.server.kubeconfig()))
    lay_out(tmp_path)
    # As the target does it before.
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}
    assert cluster.apply(f"/api/v1/namespaces/{SYSTEM}", namespace).status_code == 201
    return made


def use(programs: Programs, helm: Path) -> None:
    """Let this be the Helm of the PATH."""
    (programs.bin / "helm").unlink()
    (programs.bin / "helm").symlink_to(helm.resolve())


def said(helm: Path, *arguments: str) -> str:
    return subprocess.run([helm, *arguments], capture_output=True, text=True, check=True, timeout=HANGS).stdout


def test_the_stand_in_takes_no_flag_that_helm_does_not_have(helm: Path) -> None:
    major = int(said(helm, "version", "--template", "{{ .Version }}").removeprefix("v").partition(".")[0])
    for command, flags in HELM_FLAGS[major].items():
        words = said(helm, command, "--help").replace(",", " ").split()
        assert [flag for flag in flags.split() if flag not in words] == []
    assert ("--all" in said(helm, "list", "--help").replace(",", " ").split()) is ("--all" in HELM_FLAGS[major]["list"])


@pytest.mark.parametrize("later", PROGRAMS)
async def test_charts_are_installed_and_upgraded(
    programs: Programs, cluster: Served, tmp_path: Path, later: str
) -> None:
    site = Site(tmp_path, standing(), values=("a=b",))
    assert await site.install()
    assert values(cluster) == {"a": "b", "agentgateway": {"enabled": True}}
    use(programs, Path(later))
    assert await site.install(values=("a=c",))
    assert values(cluster) == {"a": "c", "agentgateway": {"enabled": True}}
    assert releases(cluster) == {
        "kgateway-crds": ["superseded", "deployed"],
        "kgateway": ["superseded", "deployed"],
    }


def values(cluster: Served) -> Json:
    """What the chart was rendered with."""
    made: Json = json.loads(cluster.get(f"/api/v1/namespaces/{SYSTEM}/configmaps/kgateway")["data"]["values"])
    return made


def releases(cluster: Served) -> dict[str, list[str]]:
    """The states of each release's revisions."""
    found: dict[str, list[str]] = {}
    for one in cluster.get(SECRETS, labelSelector="owner=helm")["items"]:
        found.setdefault(one["metadata"]["labels"]["name"], []).append(one["metadata"]["labels"]["status"])
    return found


@pytest.mark.parametrize(
    "state", ["deployed", "failed", "pending-install", "pending-upgrade", "uninstalling", "uninstalled"]
)
async def test_a_kept_cluster_with_somebody_elses_release(
    programs: Programs, cluster: Served, tmp_path: Path, state: str
) -> None:
    await Site(tmp_path, standing()).install()
    mark(cluster, "kgateway", state)
    with pytest.raises(SetupProblem, match=f"has a release {SYSTEM}/kgateway that was not installed by this suite"):
        await (await Site(tmp_path, FakeKubernetes()).make()).refuse_foreign()


async def test_the_releases_of_a_kept_cluster(programs: Programs, cluster: Served, tmp_path: Path) -> None:
    site = Site(tmp_path, standing())
    await site.install()
    helm = Helm(programs.bin / "helm", tmp_path / "kubeconfig", tmp_path)
    assert await helm.releases(SYSTEM) == {"kgateway": "kgateway-v2.1.0", "kgateway-crds": "kgateway-crds-v2.1.0"}
    assert await helm.releases("elsewhere") == {}


async def test_a_chart_that_is_none(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "crds" / "Chart.yaml").unlink()
    with pytest.raises(SetupProblem, match=r"installing .*crds failed: Error: .*Chart.yaml.* - check the chart"):
        await Site(tmp_path, standing()).install()


def mark(cluster: Served, release: str, state: str) -> None:
    """Let the release be in that state, as a Helm leaves it that was killed at its work."""
    secret = cluster.get(f"{SECRETS}/sh.helm.release.v1.{release}.v1")
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    record["info"]["status"] = state
    secret["metadata"]["labels"]["status"] = state
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode())))
    change = {"data": {"release": packed.decode()}, "metadata": {"labels": secret["metadata"]["labels"]}}
    assert cluster.patch(f"{SECRETS}/{secret['metadata']['name']}", change).status_code == 200
