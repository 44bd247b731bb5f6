"""The options of the targets that need a cluster; pytest-kind's own keep their names and meaning."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, Protocol

import yaml

from conformance.core.problems import InputProblem, Position
from conformance.stage.settings import KIND_CONFIG, LOOKALIKES_IMAGE, ClusterOptions, KindOptions, StackOptions, place

__all__ = ["add_target_options", "check_target_options", "cluster_options", "kind_options", "stack_options"]

_FOR_KIND = {
    "chart": "the gateway's chart: a folder, a .tgz file or an oci:// reference",
    "crd_chart": "the chart of its CRDs, likewise",
    "chart_version": "the version of charts that are references",
    "gateway_api": "the Gateway API's CRDs: a file or an https:// address",
    "proxy_image": "the proxy's image, when it is not the control plane's default",
    "lookalikes": "where lookalikes run: host, beside the node (default), or pods",
    "kind_config": "a kind configuration (default: one node, the gateway's port published on loopback)",
}

_FOR_CLUSTER = {
    "gateway": ("NAMESPACE/NAME", "the Gateway to test, which is never changed (default: the documented one)"),
    "gateway_url": ("URL", "how we reach it (default: a port-forward to one of its pods through the cluster's API)"),
    "ca_secret": (
        "NAMESPACE/NAME",
        "a Secret with tls.crt and tls.key of an authority that the gateway trusts, to sign lookalikes' certificates"
        " (default: a new one; when the gateway does not trust it, the run says what to do)",
    ),
}

_LISTS = {
    "image_archive": ("FILE", "load the images of this archive into the node; repeatable"),
    "helm_set": ("KEY=VALUE", "a value for the gateway's chart; repeatable"),
}


class _Group(Protocol):
    """Where options are declared."""

    def addoption(self, name: str, **rest: Any) -> None:
        """As argparse's add_argument."""


def add_target_options(group: _Group) -> None:
    """Declare the options in a group."""
    for name, text in _FOR_KIND.items():
        group.addoption(_flag(name), default=None, metavar="REF", help=f"kind: {text}")
    for name, (metavar, text) in _FOR_CLUSTER.items():
        group.addoption(_flag(name), default=None, metavar=metavar, help=f"cluster: {text}")
    group.addoption(
        "--allow-dns-change",
        action="store_true",
        help="cluster: let cluster DNS (CoreDNS in kube-system) answer the providers' names, and those below the same"
        " parent domains, with lookalikes while the run lasts; without it manifests get in-cluster names",
    )
    group.addoption(
        "--lookalikes-image",
        default=None,
        metavar="REF",
        help=f"kind, cluster: the image of lookalikes' pod, built from our Dockerfile (default: {LOOKALIKES_IMAGE})",
    )
    for name, (metavar, text) in _LISTS.items():
        group.addoption(_flag(name), action="append", default=[], metavar=metavar, help=f"kind: {text}")


def check_target_options(option: argparse.Namespace) -> None:
    """Raise InputProblem for an option of the kind or cluster target where another target is asked for."""
    for name in (*_FOR_KIND, *_LISTS) if option.target != "kind" else ():
        if getattr(option, name):
            raise InputProblem(f"{_flag(name)}: only the kind target installs something", remedy="add --target kind")
    for name in (*_FOR_CLUSTER, "allow_dns_change") if option.target != "cluster" else ():
        if getattr(option, name):
            remedy = "add --target cluster"
            raise InputProblem(f"{_flag(name)}: only the cluster target finds a gateway standing", remedy=remedy)
    if option.lookalikes_image and option.target not in ("kind", "cluster"):
        raise InputProblem("--lookalikes-image: here lookalikes need none", remedy="add --target kind or cluster")


def kind_options(option: argparse.Namespace) -> KindOptions:
    """What pytest-kind's options, --kind-config and --lookalikes say. Raises InputProblem."""
    config = Path(option.kind_config) if option.kind_config else KIND_CONFIG
    where = option.lookalikes or "host"
    if where not in ("host", "pods"):
        raise InputProblem(f"--lookalikes {where}: unknown", remedy="one of: host, pods")
    if where == "host" and option.lookalikes_image:
        raise InputProblem("--lookalikes-image: on the host lookalikes need none", remedy="add --lookalikes pods")
    _check_config(config)
    if not _NAME.fullmatch(option.cluster_name):
        remedy = "use small letters, digits, dots and dashes, and begin and end with a letter or digit"
        raise InputProblem(f"--cluster-name {option.cluster_name!r}: no name for a cluster", remedy=remedy)
    return KindOptions(
        cluster_name=option.cluster_name,
        keep=option.keep_cluster,
        kubeconfig=option.kubeconfig,
        image=option.kind_image,
        kind_bin=option.kind_bin,
        config=config,
        lookalikes_image=(option.lookalikes_image or LOOKALIKES_IMAGE) if where == "pods" else None,
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


def cluster_options(option: argparse.Namespace) -> ClusterOptions:
    """What --kubeconfig and the options of the cluster target say. Raises InputProblem."""
    url = option.gateway_url
    if url is not None and not re.fullmatch(r"http://[^/?#@]+/?", url):
        raise InputProblem(f"--gateway-url {url}: not usable", remedy="give http://HOST or http://HOST:PORT")
    if option.kubeconfig and not Path(option.kubeconfig).is_file():
        raise InputProblem(f"--kubeconfig {option.kubeconfig}: no such file", remedy="give a kubeconfig")
    return ClusterOptions(
        image=option.lookalikes_image or LOOKALIKES_IMAGE,
        kubeconfig=Path(option.kubeconfig) if option.kubeconfig else None,
        gateway=place(option.gateway, "--gateway") if option.gateway else None,
        url=url,
        allow_dns_change=option.allow_dns_change,
        ca_secret=place(option.ca_secret, "--ca-secret") if option.ca_secret else None,
    )


def stack_options(option: argparse.Namespace) -> StackOptions:
    """What is to be installed instead of the published defaults."""
    if option.proxy_image and not _IMAGE.fullmatch(option.proxy_image):
        remedy = "give it as REGISTRY/REPOSITORY:TAG"
        raise InputProblem(f"--proxy-image {option.proxy_image}: its parts cannot be told apart", remedy=remedy)
    return StackOptions(
        version=option.chart_version,
        chart=option.chart,
        crd_chart=option.crd_chart,
        gateway_api=option.gateway_api,
        images=tuple(option.image_archive),
        proxy_image=option.proxy_image,
        values=tuple(option.helm_set),
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
