"""The manifests of the set-up page, as the suite ships them."""

from __future__ import annotations

from conformance.core.fixtures import fixtures, shown
from conformance.manifests.objects import Manifest, read_manifests

__all__ = ["gateway_manifests"]


def gateway_manifests(dialect: str) -> list[Manifest]:
    """The GatewayClass and Gateway of the set-up page."""
    file = fixtures("manifests", dialect, "gateway.yaml")
    return read_manifests(file.read_text(encoding="utf-8"), shown(file))
