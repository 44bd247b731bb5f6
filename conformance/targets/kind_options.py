"""What the options of the kind target come to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOOKALIKES_IMAGE", "KindOptions", "StackOptions"]

LOOKALIKES_IMAGE = "agentgateway-conformance:dev"
"""As the README builds it."""


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
