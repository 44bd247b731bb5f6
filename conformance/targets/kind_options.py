"""What the options of the kind target come to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.data import fixtures

__all__ = ["CLUSTER_NAME", "KIND_CONFIG", "LOOKALIKES_IMAGE", "KindOptions", "StackOptions"]

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
