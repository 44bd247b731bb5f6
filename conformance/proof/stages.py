"""Stages without tests: scenes of a target for whoever sends requests to it, until they are done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.opening import client_of
from conformance.stage.settings import Settings
from conformance.stage.stage import Stage
from conformance.targets.run import conformance_run

__all__ = ["stages_of"]


@asynccontextmanager
async def stages_of(settings: Settings, keys: Sequence[SceneKey]) -> AsyncIterator[dict[SceneKey, Stage]]:
    """By key, the stages of the scenes that the manifests can be made into. Raises SetupProblem without a target."""
    async with conformance_run(settings, keys) as arrangement, client_of(arrangement.target.gateway) as client:
        fit = [key for key in keys if not arrangement.scenes[key].unfit]
        yield {key: Stage(arrangement, arrangement.scenes[key], client) for key in fit}
