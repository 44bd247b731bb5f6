"""The real `agentgateway` binary as data plane: where it is, what it is told, in which network it runs."""

from __future__ import annotations

from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.declaration import TargetKind
from conformance.targets.standalone.namespace import own_network
from conformance.targets.standalone.options import OPTIONS, StandaloneOptions, read

__all__ = ["KIND"]


def _make(options: StandaloneOptions, settings: Settings, run_id: str) -> Target:
    if options.corruption is not None:
        from conformance.targets.standalone.corruptions import CORRUPTIONS
        from conformance.targets.standalone.corruptions.target import CorruptedTarget

        return CorruptedTarget(options.binary, CORRUPTIONS[options.corruption], dialect=settings.dialect)
    from conformance.targets.standalone.target import StandaloneTarget

    return StandaloneTarget(options.binary, dialect=settings.dialect)


KIND = TargetKind(
    name=StandaloneOptions.target,
    options=OPTIONS,
    elsewhere="only the standalone target runs a binary of this machine",
    usual=StandaloneOptions,
    read=read,
    make=_make,
    own_network=own_network,
)
