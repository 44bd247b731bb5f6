"""The embedded target: the reference implementation in this process, with mutants of each of its parts."""

from __future__ import annotations

from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.declaration import TargetKind
from conformance.targets.embedded.options import OPTIONS, EmbeddedOptions, read

__all__ = ["KIND"]


def _make(options: EmbeddedOptions, settings: Settings, run_id: str) -> Target:
    from conformance.targets.embedded.target import EmbeddedTarget

    if (profile := options.profile) is not None:
        return EmbeddedTarget(
            dialect=settings.dialect,
            seams=profile.seams,
            controller=profile.controller,
            admission=profile.admission,
            implementation=profile.implementation,
        )
    if options.mutant is None:
        return EmbeddedTarget(dialect=settings.dialect)
    from conformance.targets.embedded.mutations import MUTANTS

    mutant = MUTANTS[options.mutant]
    return EmbeddedTarget(
        dialect=settings.dialect, seams=mutant.seams, controller=mutant.controller, admission=mutant.admission
    )


KIND = TargetKind(
    name=EmbeddedOptions.target,
    options=OPTIONS,
    elsewhere="only the embedded target has mutants",
    usual=EmbeddedOptions,
    read=read,
    make=_make,
    deviates=False,
    many=True,
)
