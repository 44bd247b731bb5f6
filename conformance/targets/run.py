"""One run: target up, scenes arranged, and everything taken down again on every way out."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from conformance.core import host
from conformance.core.deadlines import Patience
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.registry import TARGETS

__all__ = ["conformance_run", "make_target"]


def make_target(settings: Settings, run_id: str) -> Target:
    """The target that the settings name; not started yet. `run_id` labels what it makes for this run alone."""
    return TARGETS[settings.target].make(settings.on, settings, run_id)


@asynccontextmanager
async def conformance_run(
    settings: Settings, keys: Iterable[SceneKey], patience: Patience | None = None
) -> AsyncIterator[Arrangement]:
    """The arrangement of a run's scenes, with the target's patience if no other is given.

    Raises SetupProblem when it cannot be made.
    """
    host.check_open_files()
    run_id = secrets.token_hex(4)
    target = make_target(settings, run_id)
    async with AsyncExitStack() as leaving:
        leaving.enter_context(host.own_errors())
        leaving.push_async_callback(target.stop)
        await target.start()
        kubernetes = Kubernetes(target.kubernetes(), run_id)
        leaving.callback(kubernetes.close)
        surroundings = Surroundings(settings.given or ())
        arrangement = Arrangement(target, kubernetes, settings.profiles, settings.dialect, surroundings)
        arrangement.patience = patience or arrangement.patience
        if not target.disposable:
            leaving.push_async_callback(arrangement.applied.clean_up)
        leaving.push_async_callback(target.preserve)
        await arrangement.arrange(keys)
        yield arrangement
