"""The cluster target: a gateway that stands in a cluster of somebody else's."""

from __future__ import annotations

from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.cluster.options import OPTIONS, ClusterOptions, read
from conformance.targets.declaration import TargetKind

__all__ = ["KIND"]


def _make(options: ClusterOptions, settings: Settings, run_id: str) -> Target:
    from conformance.targets.cluster.target import ClusterTarget

    given = settings.profiles if settings.manifests else ()
    return ClusterTarget(settings.dialect, options, run_id, settings.report, given=given)


KIND = TargetKind(
    name=ClusterOptions.target,
    options=OPTIONS,
    elsewhere="only the cluster target finds a gateway standing",
    usual=ClusterOptions,
    read=read,
    make=_make,
)
