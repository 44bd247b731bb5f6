"""The kind target: a cluster in Docker, with a real gateway installed in it."""

from __future__ import annotations

from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.declaration import TargetKind
from conformance.targets.kind.options import OPTIONS, KindOptions, read, usual

__all__ = ["KIND"]


def _make(options: KindOptions, settings: Settings, run_id: str) -> Target:
    from conformance.targets.kind.target import KindTarget

    return KindTarget(settings.dialect, options, settings.report)


KIND = TargetKind(
    name=KindOptions.target,
    options=OPTIONS,
    elsewhere="only the kind target installs something",
    usual=usual,
    read=read,
    make=_make,
)
