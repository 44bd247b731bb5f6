"""One run: target up, scenes arranged, and everything taken down again on every way out."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.settings import Settings
from conformance.stage.target import Target

__all__ = ["conformance_run", "make_target"]


def make_target(settings: Settings, run_id: str) -> Target:
    """The target that the settings name; not started yet. `run_id` labels what it makes for this run alone."""
    if settings.binary is not None:
        from conformance.targets.standalone.target import StandaloneTarget

        return StandaloneTarget(settings.binary, dialect=settings.dialect)
    if settings.kind is not None:
        from conformance.targets.kind.target import KindTarget

        return KindTarget(settings.dialect, settings.kind, settings.stack, settings.report)
    if settings.cluster is not None:
        from conformance.targets.cluster.target import ClusterTarget

        given = settings.profiles if settings.manifests else ()
        return ClusterTarget(settings.dialect, settings.cluster, run_id, settings.report, given=given)
    # Imported here: other targets need none of the embedded parts.
    from conformance.targets.embedded.target import EmbeddedTarget

    if settings.mutant is None:
        return EmbeddedTarget(dialect=settings.dialect)
    from conformance.targets.embedded.mutations import MUTANTS

    mutant = MUTANTS[settings.mutant]
    return EmbeddedTarget(
        dialect=settings.dialect, seams=mutant.seams, controller=mutant.controller, admission=mutant.admission
    )


@asynccontextmanager
async def conformance_run(settings: Settings, keys: Iterable[SceneKey]) -> AsyncIterator[Arrangement]:
    """The arrangement of a run's scenes. Raises SetupProblem when it cannot be made."""
    run_id = secrets.token_hex(4)
    target = make_target(settings, run_id)
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(target.stop)
        await target.start()
        kubernetes = Kubernetes(target.kubernetes(), run_id)
        leaving.callback(kubernetes.close)
        surroundings = Surroundings(settings.given or ())
        arrangement = Arrangement(target, kubernetes, settings.profiles, settings.dialect, surroundings)
        if not target.disposable:
            leaving.push_async_callback(arrangement.applied.clean_up)
        leaving.push_async_callback(target.preserve)
        await arrangement.arrange(keys)
        yield arrangement
