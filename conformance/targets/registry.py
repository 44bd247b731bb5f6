"""All targets that there are, by name."""

from __future__ import annotations

from typing import Any

from conformance.targets import cluster, embedded, kind, standalone
from conformance.targets.declaration import TargetKind

__all__ = ["TARGETS"]

TARGETS: dict[str, TargetKind[Any]] = {
    one.name: one for one in (embedded.KIND, standalone.KIND, kind.KIND, cluster.KIND)
}
