"""The kind target's options; pytest-kind's own keep their names and meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.stage.settings import TargetOptions, options_again
from conformance.targets.clustered.lookalikes_image import LOOKALIKES_IMAGE, OPTION
from conformance.targets.declaration import Option

__all__ = ["CLUSTER_NAME", "KIND_CONFIG", "OPTIONS", "KindOptions", "StackOptions", "read", "usual"]

CLUSTER_NAME = "pytest-kind"
"""pytest-kind's default."""

KIND_CONFIG = fixtures("kind", "cluster.yaml")
"""One node, the gateway's port published on loopback."""

OPTIONS = (
    Option("--chart", "the gateway's chart: a folder, a .tgz file or an oci:// reference"),
    Option("--crd-chart", "the chart of its CRDs, likewise"),
    Option("--chart-version", "the version of charts that are references"),
    Option("--gateway-api", "the Gateway API's CRDs: a file or an https:// address"),
    Option("--proxy-image", "the proxy's image, when it is not the control plane's default"),
    Option("--lookalikes", "where lookalikes run: host, beside the node (default), or pods"),
    Option("--kind-config", "a kind configuration (default: one node, the gateway's port published on loopback)"),
    OPTION,
    Option("--image-archive", "load the images of this archive into the node; repeatable", "FILE", repeatable=True),
    Option("--helm-set", "a value for the gateway's chart; repeatable", "KEY=VALUE", repeatable=True),
)


@dataclass(frozen=True)
class StackOptions:
    """What to install instead of the published defaults; each may be a local path, so that nothing is pulled."""

    version: str | None = None
    chart: str | None = None
    crd_chart: str | None = None
    gateway_api: str | None = None
    images: tuple[str, ...] = ()
    proxy_image: str | None = None
    values: tuple[str, ...] = ()

    @property
    def again(self) -> list[str]:
        """The options that say so."""
        given = {
            "--chart": self.chart,
            "--crd-chart": self.crd_chart,
            "--chart-version": self.version,
            "--gateway-api": self.gateway_api,
            "--proxy-image": self.proxy_image,
        }
        several = [part for one in self.images for part in ("--image-archive", one)]
        several += [part for one in self.values for part in ("--helm-set", one)]
        return [*options_again(given), *several]


@dataclass(frozen=True)
class KindOptions(TargetOptions):
    """What pytest-kind's options, `--kind-config`, `--lookalikes` and those of the stack say."""

    target: ClassVar[str] = "kind"
    cluster_name: str
    keep: bool = False
    kubeconfig: str | None = None
    image: str | None = None
    kind_bin: str | None = None
    config: Path | None = None
    # Of the pod that lookalikes run in; None: they run on the host.
    lookalikes_image: str | None = None
    stack: StackOptions = field(default_factory=StackOptions)

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The options that say so, less those that say where something lies on this machine, or what stays there.

        Only `elsewhere` must the stack be installed again.
        """
        given = {
            "--cluster-name": self.cluster_name if self.cluster_name != CLUSTER_NAME else None,
            "--kind-image": self.image,
            "--kind-config": str(self.config) if self.config and self.config != KIND_CONFIG else None,
            "--lookalikes": self.lookalikes_image and "pods",
            "--lookalikes-image": self.lookalikes_image if self.lookalikes_image != LOOKALIKES_IMAGE else None,
        }
        return [*options_again(given), *(self.stack.again if elsewhere else [])]


def usual() -> KindOptions:
    """The cluster of pytest-kind's name, kept by nobody."""
    return KindOptions(CLUSTER_NAME, config=KIND_CONFIG)


def read(values: Mapping[str, Any]) -> KindOptions:
    """What the options say. Raises InputProblem."""
    config = Path(values["kind_config"]) if values["kind_config"] else KIND_CONFIG
    where = values["lookalikes"] or "host"
    if where not in ("host", "pods"):
        raise InputProblem(f"--lookalikes {where}: unknown", remedy="one of: host, pods")
    if where == "host" and values["lookalikes_image"]:
        raise InputProblem("--lookalikes-image: on the host lookalikes need none", remedy="add --lookalikes pods")
    _check_config(config)
    if not _NAME.fullmatch(values["cluster_name"]):
        remedy = "use small letters, digits, dots and dashes, and begin and end with a letter or digit"
        raise InputProblem(f"--cluster-name {values['cluster_name']!r}: no name for a cluster", remedy=remedy)
    return KindOptions(
        cluster_name=values["cluster_name"],
        keep=values["keep_cluster"],
        kubeconfig=values["kubeconfig"],
        image=values["kind_image"],
        kind_bin=values["kind_bin"],
        config=config,
        lookalikes_image=(values["lookalikes_image"] or LOOKALIKES_IMAGE) if where == "pods" else None,
        stack=_stack(values),
    )


_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
"""Narrower than kind's own rule: the name is also that of files."""


def _check_config(config: Path) -> None:
    remedy = "give a kind configuration, as at kind.sigs.k8s.io/docs/user/configuration"
    try:
        found = yaml.safe_load(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputProblem(f"--kind-config {config}: {error.strerror}", remedy=remedy) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        position = Position(str(config), mark.line + 1, mark.column + 1) if mark else Position(str(config))
        raise InputProblem("this is not YAML", position=position, field="--kind-config", remedy=remedy) from error
    if not isinstance(found, dict) or found.get("kind") != "Cluster":
        raise InputProblem(f"--kind-config {config}: no object of kind Cluster", remedy=remedy)


_IMAGE = re.compile(r"[^/\s]+/[^\s@]+:[^/:@\s]+")


def _stack(values: Mapping[str, Any]) -> StackOptions:
    image = values["proxy_image"]
    if image and not _IMAGE.fullmatch(image):
        remedy = "give it as REGISTRY/REPOSITORY:TAG"
        raise InputProblem(f"--proxy-image {image}: its parts cannot be told apart", remedy=remedy)
    return StackOptions(
        version=values["chart_version"],
        chart=values["chart"],
        crd_chart=values["crd_chart"],
        gateway_api=values["gateway_api"],
        images=tuple(values["image_archive"]),
        proxy_image=image,
        values=tuple(values["helm_set"]),
    )
