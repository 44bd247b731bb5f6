"""What stands in for Docker, kind, Helm and a cluster: small programs on PATH, and objects in memory."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.manifests.objects import ObjectId, object_id
from conformance.stage.arrangement.kube import Refused

Json = dict[str, Any]

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: t}}]
"""

_DOCKER = """\
#!/bin/sh
echo "docker $*" >> "$FAKE/calls"
case "$1" in
  version) [ -e "$FAKE/docker-is-off" ] && { echo "Cannot connect to the Docker daemon. Is it running?" >&2; exit 1; }
    echo 27.0;;
  inspect) [ -e "$FAKE/cluster" ] || { echo "Error: No such object" >&2; exit 1; }
    cat "$FAKE/cluster";;
esac
"""

# `create` waits for a word in the pipe `wait`, where there is one, and fails as kind does without its node; once.
_KIND = """\
#!/bin/sh
echo "kind $*" >> "$FAKE/calls"
case "$1 $2" in
  "get clusters") [ -e "$FAKE/cluster" ] && cat "$FAKE/name" || echo "No kind clusters found." >&2;;
  "create cluster")
    echo "Creating cluster"
    if [ -e "$FAKE/refuses" ]; then cat "$FAKE/refuses" >&2; exit 1; fi
    if [ -p "$FAKE/wait" ]; then
      : > "$FAKE/creating"; read -r word < "$FAKE/wait"; rm -f "$FAKE/creating" "$FAKE/wait"
      [ "$word" = gone ] && { echo "ERROR: failed to create cluster: the node is gone" >&2; exit 1; }
    fi
    echo "c0ffee 2026-11-23T07:00:00.123456789Z" > "$FAKE/cluster"
    for a in "$@"; do case "$a" in
      --kubeconfig=*) cat "$FAKE/kubeconfig" > "${a#--kubeconfig=}";; --name=*) echo "${a#--name=}" > "$FAKE/name";;
    esac; done;;
  "delete cluster")
    [ -e "$FAKE/stays" ] && { echo "ERROR: failed to delete cluster" >&2; exit 1; }
    rm -f "$FAKE/cluster"
    # Once only: nobody reads what a second one would write.
    rm "$FAKE/creating" 2>/dev/null && echo gone > "$FAKE/wait";;
  "export kubeconfig") cat "$FAKE/kubeconfig" > "$6";;
  "load image-archive") [ -e "$FAKE/bad-archive" ] && { echo "ERROR: file is no archive" >&2; exit 1; };;
esac
exit 0
"""

HELM_FLAGS = {
    3: {
        "list": "--all --deployed --failed --pending --superseded --uninstalled --uninstalling"
        " --namespace --output --kubeconfig",
        "upgrade": "--install --create-namespace --set --version --namespace --kubeconfig",
    },
    4: {
        "list": "--deployed --failed --pending --superseded --uninstalled --uninstalling"
        " --namespace --output --kubeconfig",
        "upgrade": "--install --create-namespace --set --version --namespace --kubeconfig",
    },
}
"""The flags that the stand-in of a Helm takes, by command; test_real_helm.py asks Helm itself for them."""

_HELM = """\
#!/bin/sh
echo "helm $*" >> "$FAKE/calls"
for one in "$@"; do case "$one" in
  --*) grep -qwe "$one" "$FAKE/helm-$1" || { echo "Error: unknown flag: $one" >&2; exit 1; };;
esac; done
case "$1" in
  list) cat "$FAKE/releases";;
  upgrade) [ -e "$FAKE/bad-chart" ] && { echo "Error: Chart.yaml file is missing" >&2; exit 1; };;
esac
exit 0
"""


class Programs:
    """Fake `docker`, `kind` and `helm`, first on PATH; files in `folder` tell them what to do."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, helm: int = 4) -> None:
        self.folder = folder / "fake"
        self.state = folder / "state" / "agw-conformance" / "kind"
        self.bin = folder / "bin"
        self.work = folder / "work"
        for one in (self.folder, self.bin, self.work):
            one.mkdir()
        for name, text in (("docker", _DOCKER), ("kind", _KIND), ("helm", _HELM)):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        self.tell("kubeconfig", KUBECONFIG)
        self.tell("releases", "[]")
        for command, flags in HELM_FLAGS[helm].items():
            self.tell(f"helm-{command}", flags)
        monkeypatch.setenv("FAKE", str(self.folder))
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.chdir(self.work)

    def tell(self, name: str, text: str = "") -> None:
        """Write one of their files."""
        (self.folder / name).write_text(text)

    def cluster(self, name: str, identity: str = "c0ffee", created: str = "2026-11-23T07:00:00Z") -> None:
        """Let this cluster stand."""
        self.tell("name", name)
        self.tell("cluster", f"{identity} {created}")

    @property
    def calls(self) -> list[str]:
        """The command lines so far."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def left(self) -> list[str]:
        """What lies in the state's folder and the working folder."""
        found = [*self.state.glob("*"), *self.work.rglob("*")]
        return sorted(one.name for one in found)


class FakeKubernetes:
    """Objects in memory behind the methods of `Kubernetes`; a wait that does not hold ends at once."""

    client: Any = None

    def __init__(self, *objects: Json) -> None:
        self.objects: dict[tuple[str, str, str], Json] = {}
        self.refuses: dict[str, Refused] = {}
        """What listing or applying a kind is refused with."""
        self.deleted: list[str] = []
        self.on_wait: Callable[[str], object] = lambda kind: None
        for one in objects:
            self.put(one)

    def put(self, data: Json) -> Json:
        """Let an object be there."""
        metadata = data["metadata"]
        self.objects[data["kind"], metadata.get("namespace", ""), metadata["name"]] = data
        return data

    def names(self, kind: str) -> list[str]:
        """The names of the objects of a kind."""
        return sorted(name for one, _, name in self.objects if one == kind)

    async def apply(self, data: Mapping[str, Any], *, dry_run: bool = False) -> Json:
        if (refused := self.refuses.get(data["kind"])) is not None:
            raise refused
        stored: Json = dict(data)
        if text := stored.pop("stringData", None):
            stored["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
        if data["kind"] == "Service":
            stored["spec"] = {"clusterIP": "10.96.0.7", **stored["spec"]}
        return self.put(stored)

    async def apply_all(self, objects: Iterable[Mapping[str, Any]]) -> dict[ObjectId, Refused]:
        refusals = {}
        for one in objects:
            try:
                await self.apply(one)
            except Refused as refused:
                refusals[object_id(one)] = refused
        return refusals

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Json | None:
        if (refused := self.refuses.get(kind)) is not None:
            raise refused
        return self.objects.get((kind, namespace, name))

    async def list_all(self, api_version: str, kind: str, selector: str | None = None) -> list[Json]:
        if (refused := self.refuses.get(kind)) is not None:
            raise refused
        return [data for (one, _, _), data in self.objects.items() if one == kind and _selected(data, selector)]

    async def list(self, api_version: str, kind: str, namespace: str, selector: str | None = None) -> list[Json]:
        if (refused := self.refuses.get(kind)) is not None:
            raise refused
        found = [data for (one, where, _), data in self.objects.items() if (one, where) == (kind, namespace)]
        return [data for data in found if _selected(data, selector)]

    async def ensure_namespaces(self, names: Iterable[str]) -> None:
        for name in names:
            await self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    async def patch(self, api_version: str, kind: str, namespace: str, name: str, change: Mapping[str, Any]) -> None:
        _merge(self.objects[kind, namespace, name], change)

    async def delete(self, data: Mapping[str, Any], *, grace_seconds: int | None = None) -> None:
        self.deleted.append(str(object_id(data)))
        self.objects.pop((data["kind"], data["metadata"].get("namespace", ""), data["metadata"]["name"]), None)

    async def wait(self, api_version: str, kind: str, done: Any, deadline: float, **options: Any) -> bool:
        self.on_wait(kind)
        return bool(done({(where, name): data for (one, where, name), data in self.objects.items() if one == kind}))


def _selected(data: Json, selector: str | None) -> bool:
    """Whether a label selector of equalities and sets takes an object."""
    labels = data["metadata"].get("labels") or {}
    for part in _parts(selector or ""):
        words = part.replace("(", " ").replace(")", " ").replace(",", " ").split()
        if "=" in part:
            key, _, value = part.partition("=")
            good = labels.get(key) == value
        elif " notin " in part:
            good = labels.get(words[0]) not in words[2:]
        elif " in " in part:
            good = labels.get(words[0]) in words[2:]
        else:
            good = part in labels
        if not good:
            return False
    return True


def _parts(selector: str) -> list[str]:
    depth, parts = 0, [""]
    for letter in selector:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def _merge(data: Json, change: Mapping[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, Mapping) and isinstance(data.get(key), dict):
            _merge(data[key], value)
        else:
            data[key] = value


def deployment(name: str, namespace: str = "ns", **status: int) -> Json:
    """A Deployment of one replica that has rolled out, but for what `status` says."""
    counts = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, **status}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "generation": 1},
        "spec": {"replicas": 1},
        "status": counts,
    }


def pod(name: str, deployment: str, namespace: str = "ns", **status: Any) -> Json:
    """A pod of a Deployment."""
    owner = {"kind": "ReplicaSet", "name": f"{deployment}-5f7d9c"}
    metadata = {"name": name, "namespace": namespace, "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}
