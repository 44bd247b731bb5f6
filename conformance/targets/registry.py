"""All targets that there are, by name."""

from __future__ import annotations

from typing import Any

from conformance.core.problems import InputProblem
from conformance.targets import cluster, embedded, kind, standalone
from conformance.targets.declaration import TargetKind

__all__ = ["TARGETS", "target_named"]

TARGETS: dict[str, TargetKind[Any]] = {
    one.name: one for one in (embedded.KIND, standalone.KIND, kind.KIND, cluster.KIND)
}


def target_named(name: str) -> TargetKind[Any]:
    """The target of a name. Raises InputProblem when there is none."""
    if name not in TARGETS:
        raise InputProblem(f"--target {name}: unknown", remedy=f"one of: {', '.join(TARGETS)}")
    return TARGETS[name]
