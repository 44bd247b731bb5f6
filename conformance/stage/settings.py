"""What a run is to do, and on which target: the values that options come to."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import ManifestSet
from conformance.stage.case import Level
from conformance.stage.scenario.profile import Profile
from conformance.stage.target import Implementation

__all__ = [
    "CLUSTER_NAME",
    "DNS_NOT_CHANGED",
    "DOCUMENTED_PROVIDERS",
    "KIND_CONFIG",
    "LOOKALIKES_IMAGE",
    "TARGETS",
    "Binary",
    "ClusterOptions",
    "KindOptions",
    "Settings",
    "StackOptions",
    "place",
]

LOOKALIKES_IMAGE = "agentgateway-conformance:dev"
"""As the README builds it."""

CLUSTER_NAME = "pytest-kind"
"""pytest-kind's default."""

KIND_CONFIG = fixtures("kind", "cluster.yaml")
"""One node, the gateway's port published on loopback."""


@dataclass(frozen=True)
class KindOptions:
    """What pytest-kind's options, `--kind-config` and `--lookalikes` say."""

    cluster_name: str
    keep: bool = False
    kubeconfig: str | None = None
    image: str | None = None
    kind_bin: str | None = None
    config: Path | None = None
    # Of the pod that lookalikes run in; None: they run on the host.
    lookalikes_image: str | None = None

    @property
    def again(self) -> list[str]:
        """The options that say so, less those that say where something lies on this machine, or what stays there."""
        given = {
            "--cluster-name": self.cluster_name if self.cluster_name != CLUSTER_NAME else None,
            "--kind-image": self.image,
            "--kind-config": str(self.config) if self.config and self.config != KIND_CONFIG else None,
            "--lookalikes": self.lookalikes_image and "pods",
            "--lookalikes-image": self.lookalikes_image if self.lookalikes_image != LOOKALIKES_IMAGE else None,
        }
        return [part for flag, value in given.items() if value for part in (flag, value)]


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


DNS_NOT_CHANGED = "cluster DNS is not changed (--allow-dns-change)"
"""How the reason begins for every case that is left out because of it."""


@dataclass(frozen=True)
class ClusterOptions:
    """Which cluster and Gateway, how it is reached, and what the run may do there."""

    image: str
    # None: what kubectl would take.
    kubeconfig: Path | None = None
    # Namespace and name; None: the documented one of the dialect.
    gateway: tuple[str, str] | None = None
    # None: by a port-forward to one of its pods.
    url: str | None = None
    allow_dns_change: bool = False
    # Namespace and name of a Secret with an authority that the gateway trusts.
    ca_secret: tuple[str, str] | None = None

    @property
    def again(self) -> list[str]:
        """The options that say so."""
        given = {
            "--kubeconfig": self.kubeconfig and str(self.kubeconfig),
            "--gateway": self.gateway and "/".join(self.gateway),
            "--gateway-url": self.url,
            "--ca-secret": self.ca_secret and "/".join(self.ca_secret),
        }
        options = [part for flag, value in given.items() if value for part in (flag, value)]
        return [*options, *(["--allow-dns-change"] if self.allow_dns_change else [])]


TARGETS = ("embedded", "standalone", "kind", "cluster")

DOCUMENTED_PROVIDERS = ("mistral", "deepseek")


@dataclass(frozen=True)
class Settings:
    """What a run is to do."""

    profiles: tuple[Profile, ...]
    target: str = TARGETS[0]
    dialect: str = DIALECTS[0]
    threshold: Level = Level.SHOULD
    report: Path | None = None
    # Whether results keep what was on the wire.
    evidence: bool = False
    manifests: tuple[str, ...] = ()
    # What stands in them; None: the page's.
    given: ManifestSet | None = None
    cases: tuple[str, ...] = ()
    mutant: str | None = None
    binary: Binary | None = None
    kind: KindOptions | None = None
    cluster: ClusterOptions | None = None
    stack: StackOptions = field(default_factory=StackOptions)
    # None: by the gateway's version.
    deviation_list: str | None = None
    # The options that only `certify` has; None: it is not `certify` that runs the cases.
    certify: tuple[str, ...] | None = None
    # Whether documented hosts and ports are the run's own to use (standalone target).
    private_network: bool = False

    @property
    def literal(self) -> bool:
        """Whether the gateway gets the documented manifests, with the documented hosts and ports."""
        if self.cluster is not None and not self.cluster.allow_dns_change:
            return False
        if self.certify is not None or self.manifests:
            return False
        return self.target != "standalone" or self.private_network

    def called(self, name: str) -> str:
        """What `--provider` calls the profile of this name: a person's own file, where it is from one."""
        return next((one.file for one in self.profiles if one.name == name and one.file), name)

    @property
    def again(self) -> str:
        """The beginning of the command that runs a part of this run again."""
        if self.certify is not None:
            command = ["certify", *self.manifests, *self.certify]
        else:
            command = ["run", *(part for one in self.manifests for part in ("--manifests", one))]
        for option, value, default in (
            ("--target", self.target, TARGETS[0]),
            ("--dialect", self.dialect, DIALECTS[0]),
            ("--mutant", self.mutant, None),
            ("--agentgateway-bin", self.binary and self.binary.path, None),
            ("--deviations", self.deviation_list, None),
        ):
            command += [option, str(value)] if value != default else []
        command += self.kind.again if self.kind is not None else []
        command += self.cluster.again if self.cluster is not None else []
        return shlex.join(["agw-conformance", *command])


def place(text: str, flag: str) -> tuple[str, str]:
    """What `NAMESPACE/NAME` says. Raises InputProblem for anything else."""
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise InputProblem(f"{flag} {text}: not usable", remedy="give NAMESPACE/NAME")
    return namespace, name


@dataclass(frozen=True)
class Binary:
    """An agentgateway that can be run. `version` is as it says itself, e.g. `1.4.1`."""

    path: str
    version: str

    @property
    def line(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor, *_ = (int(part) for part in self.version.split("-")[0].split(".")[:2])
        return major, minor

    @property
    def implementation(self) -> Implementation:
        """What is under test, for reports."""
        return Implementation(
            organization="agentgateway",
            project="agentgateway",
            url="https://github.com/agentgateway/agentgateway",
            version=self.version,
        )
