"""Installs a gateway stack into a kind cluster of ours: images, CRDs, charts; once, as long as nothing changes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import yaml

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.pods import replace, rolled_out
from conformance.targets.clustered.stacks import Stack, gateway_class, trust_config_map
from conformance.targets.kind.helm import Helm
from conformance.targets.kind.kind_cluster import OwnCluster
from conformance.targets.kind.options import StackOptions
from conformance.targets.kind.own_objects import apply_all, bring_gateway, bring_own, stands
from conformance.targets.kind.tools import run

__all__ = ["NAMESPACE", "Installation", "check_paths"]

NAMESPACE = "agw-conformance"
"""Our own namespace: what we know of a cluster that is kept, and the lookalikes' Services."""
_RECORD = "installation"
_BEGUN = {"inputs": "", "ca": ""}
_NEEDED = {"apiVersion", "kind", "metadata"}


def check_paths(options: StackOptions) -> None:
    """Raise SetupProblem for a path or reference that leads nowhere, before anything is made."""
    for option, chart in (("--chart", options.chart), ("--crd-chart", options.crd_chart)):
        # Helm would take it for a repository's name, and say something about repositories.
        if chart is not None and "://" not in chart and not Path(chart).exists():
            remedy = "give a chart's folder or .tgz file, or an oci:// reference"
            raise SetupProblem(f"{option} {chart}: there is no such chart", remedy=remedy)
    for archive in options.images:
        if not Path(archive).is_file():
            raise SetupProblem(f"--image-archive {archive}: no such file", remedy="give a file as `docker save` writes")
    if (crds := options.gateway_api) is not None and "://" not in crds and not Path(crds).is_file():
        raise SetupProblem(f"--gateway-api {crds}: no such file", remedy="give a file or an https:// address")


class Installation:
    """One stack in one cluster. A record in the cluster says what was installed, so that it is done only once."""

    def __init__(
        self, stack: Stack, options: StackOptions, cluster: OwnCluster, helm: Helm, kubernetes: Kubernetes
    ) -> None:
        self._stack = stack
        self._options = options
        self._cluster = cluster
        self._helm = helm
        self._kubernetes = kubernetes

    async def refuse_foreign(self) -> None:
        """Raise SetupProblem when the cluster has this gateway, and not from us."""
        stack = self._stack
        if await self._record():
            return
        releases = await self._helm.releases(stack.namespace)
        for name in (stack.release, stack.crd_release):
            if name in releases:
                remedy = "name another with --cluster-name, or test that gateway with --target cluster"
                message = f"the cluster {self._cluster.name} has a release {stack.namespace}/{name} that was not"
                raise SetupProblem(f"{message} installed by this suite", remedy=remedy)

    async def bring(self, trusted_ca: str, gateway: dict[str, Any], *, afresh: bool = False) -> bool:
        """Let the stack stand with the Gateway's proxy running; returns whether anything was installed.

        `afresh`: with pods that know nothing of an earlier run. Raises SetupProblem when that does not succeed.
        """
        wanted = {"inputs": await asyncio.to_thread(self._digest), "ca": trusted_ca}
        standing = await self._record()
        if standing == wanted:
            await bring_gateway(self._kubernetes, gateway, rotated=await self._mend(trusted_ca))
            if afresh:
                place = (gateway["metadata"]["namespace"], gateway["metadata"]["name"])
                await replace(self._kubernetes, *place, what="the gateway")
            return False
        if standing.get("inputs") != wanted["inputs"]:
            # From now on all that stands there is ours, also when we are stopped half-way.
            await self._write_record(_BEGUN)
            await self._free_releases()
            await self._load_images()
            await apply_all(self._kubernetes, await self._gateway_api())
            await self._install_charts(trusted_ca)
        else:
            await bring_own(self._kubernetes, self._own(trusted_ca))
        await bring_gateway(self._kubernetes, gateway, rotated=bool(standing))
        await self._write_record(wanted)
        return True

    async def _mend(self, trusted_ca: str) -> bool:
        """Bring back what a proxy trusts by, where somebody has changed it since; returns whether it was so.

        Else the gateway would end handshakes with lookalikes, and right manifests would be blamed for it.
        """
        stack = self._stack
        changed = [one for one in self._own(trusted_ca) if not await stands(self._kubernetes, one)]
        await bring_own(self._kubernetes, changed)
        # One with Gateways cannot be deleted: who has a part in it is told.
        classes = [] if stack.makes_class else [gateway_class(stack)]
        altered = [one for one in classes if not await stands(self._kubernetes, one)]
        await apply_all(self._kubernetes, altered)
        return bool(changed or altered)

    def _own(self, trusted_ca: str) -> list[dict[str, Any]]:
        """What proxies trust by: nobody but us has a part in it."""
        stack = self._stack
        parameters = stack.parameters_object(self._options.proxy_image, many=True)
        return [trust_config_map(stack.namespace, trusted_ca), parameters]

    async def _free_releases(self) -> None:
        """Take away the mark of a Helm that was killed at its work: no other would touch the release again."""
        names = f"{self._stack.release},{self._stack.crd_release}"
        selector = f"owner=helm,name in ({names}),status in (pending-install,pending-upgrade,pending-rollback)"
        for one in await self._kubernetes.list_all("v1", "Secret", selector):
            if one["metadata"]["namespace"] == self._stack.namespace:
                await self._kubernetes.delete({"apiVersion": "v1", "kind": "Secret", **one})

    async def _load_images(self) -> None:
        for archive in self._options.images:
            command = [self._cluster.kind, "load", "image-archive", archive, "--name", self._cluster.name]
            await run(command, f"loading {archive}", remedy="give an archive as `docker save` writes", seconds=300)

    async def _gateway_api(self) -> list[dict[str, Any]]:
        source = self._options.gateway_api or self._stack.gateway_api
        if "://" in source:
            text = await _download(source)
        else:
            text = (await asyncio.to_thread(Path(source).read_bytes)).decode(errors="replace")
        remedy = "give the Gateway API's CRDs, as its releases have them: standard-install.yaml"
        try:
            found = [one for one in yaml.safe_load_all(text) if one]
        except yaml.YAMLError as error:
            raise SetupProblem(f"{source} is not YAML", remedy=remedy) from error
        if not found or not all(isinstance(one, dict) and one.keys() >= _NEEDED for one in found):
            raise SetupProblem(f"{source} holds no Kubernetes objects", remedy=remedy)
        return found

    async def _install_charts(self, trusted_ca: str) -> None:
        """The parameters before the control plane: a class that names none may have proxies already."""
        stack, options = self._stack, self._options
        version = options.version or stack.version
        crds = options.crd_chart or stack.crd_chart
        await self._helm.install(stack.crd_release, crds, version, stack.namespace)
        await self._served(*stack.parameters)
        await bring_own(self._kubernetes, self._own(trusted_ca))
        if not stack.makes_class:
            await apply_all(self._kubernetes, [gateway_class(stack)])
        values = (*stack.values, *options.values)
        await self._helm.install(stack.release, options.chart or stack.chart, version, stack.namespace, values)
        await rolled_out(self._kubernetes, stack.namespace, stack.controller, what="the control plane")

    async def _served(self, api_version: str, kind: str) -> None:
        """Wait until the API endpoint serves a kind whose definition was just installed."""
        group = api_version.partition("/")[0]

        def done(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            specs = ((one["spec"], (one.get("status") or {}).get("conditions") or []) for one in objects.values())
            return any(
                spec["group"] == group
                and spec["names"]["kind"] == kind
                and any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
                for spec, conditions in specs
            )

        definitions = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        if not await self._kubernetes.wait(*definitions, done, deadlines.STATUS, everyone=True):
            remedy = "do chart, CRDs and --dialect go together?"
            raise SetupProblem(f"the cluster does not come to know {api_version} {kind}", remedy=remedy)

    async def _record(self) -> dict[str, str]:
        found = await self._kubernetes.get("v1", "ConfigMap", NAMESPACE, _RECORD)
        data: dict[str, str] = (found or {}).get("data") or {}
        return data

    async def _write_record(self, data: dict[str, str]) -> None:
        metadata = {"name": _RECORD, "namespace": NAMESPACE}
        await apply_all(
            self._kubernetes, [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}]
        )

    def _digest(self) -> str:
        """Over everything that is installed: names and versions, and the content of what is local."""
        stack, options = self._stack, self._options
        paths = [options.chart, options.crd_chart, options.gateway_api, *options.images]
        contents = [_content(Path(path)) for path in paths if path and "://" not in path]
        whole = [stack.name, stack.version, stack.values, options.version, options.proxy_image, options.values]
        return hashlib.sha256(json.dumps([whole, [*map(str, paths)], contents]).encode()).hexdigest()


def _content(path: Path) -> str:
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file).encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


async def _download(url: str) -> str:
    remedy = "check the network, or give a local file with --gateway-api FILE"
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=30) as client:
            answer = await client.get(url)
            answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise SetupProblem(f"{url} cannot be had: status {error.response.status_code}", remedy=remedy) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SetupProblem(f"{url} cannot be had: {error}", remedy=remedy) from error
    return answer.text
