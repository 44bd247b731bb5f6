"""Installs a stack's charts with Helm 3 or 4, unless they stand there already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from conformance.targets.kind.tools import Tool, run

__all__ = ["Helm"]

_SECONDS = 180.0
# `--all` of Helm 3, which Helm 4 has no more: both know each state by its name.
_ANY_STATE = ("--deployed", "--failed", "--pending", "--superseded", "--uninstalled", "--uninstalling")


class Helm:
    """Helm for one cluster."""

    def __init__(self, tool: Tool, kubeconfig: Path, folder: Path) -> None:
        self._tool = tool
        self._kubeconfig = kubeconfig
        # The person's own repositories and plugins are none of our business.
        self._env = {
            "HELM_CACHE_HOME": str(folder / "cache"),
            "HELM_CONFIG_HOME": str(folder / "config"),
            "HELM_DATA_HOME": str(folder / "data"),
        }

    async def _helm(self, *arguments: str, what: str, remedy: str, seconds: float = 60.0) -> str:
        command = [self._tool, *arguments, "--kubeconfig", str(self._kubeconfig)]
        return await run(command, what, remedy=remedy, seconds=seconds, env=self._env)

    async def releases(self, namespace: str) -> dict[str, str]:
        """The releases of a namespace in whatever state: name -> chart with its version, `kgateway-v2.1.1`."""
        arguments = ["list", *_ANY_STATE, "--namespace", namespace, "--output", "json"]
        listed = await self._helm(*arguments, what="helm list", remedy="is the cluster running?")
        return {one["name"]: one["chart"] for one in json.loads(listed)}

    async def install(self, release: str, chart: str, version: str, namespace: str, values: Sequence[str] = ()) -> None:
        """Install or upgrade a release. `version` counts only for a reference; a local chart has its own."""
        arguments = ["upgrade", "--install", release, chart, "--namespace", namespace, "--create-namespace"]
        arguments += [part for value in values for part in ("--set", value)]
        arguments += ["--version", version] if "://" in chart else []
        remedy = "check the chart, its version and the network; --chart and --crd-chart also take local folders"
        await self._helm(*arguments, what=f"installing {chart}", remedy=remedy, seconds=_SECONDS)
