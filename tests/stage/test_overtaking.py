"""A gateway that has not followed a change in time may be behind with all changes: a later one tells."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from conformance.core.deadlines import Patience
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Refuted, Status
from conformance.exchange.expectations.upstream import ModelArrives
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.opening import client_of
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.stage import Stage
from conformance.targets.embedded.target import EmbeddedTarget
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import GatewayConfig


class Behind:
    """A controller that hands nothing on while it is `stuck`, until there is a route of a name that begins so."""

    def __init__(self) -> None:
        self.stuck: str | None = None
        self.handed = GatewayConfig(())

    def settled(self, config: GatewayConfig, objects: Objects) -> GatewayConfig:
        names = [route.name for listener in config.listeners for route in listener.routes]
        if self.stuck is None or (self.stuck and any(self.stuck in one for one in names)):
            self.stuck, self.handed = None, config
        return self.handed


@pytest.fixture
async def behind() -> Behind:
    return Behind()


@pytest.fixture
async def stage(behind: Behind) -> AsyncIterator[Stage]:
    target = EmbeddedTarget(controller=ControllerSeams(settled=behind.settled))
    target.tells = False
    await target.start()
    kubernetes = Kubernetes(target.kubernetes(), "behind")
    try:
        arrangement = Arrangement(target, kubernetes, [documented_profile("mistral", "kgateway-2.1")], "kgateway-2.1")
        arrangement.patience = Patience(0.001, 0.01)
        key = SceneKey("mistral", DOCUMENTED)
        await arrangement.arrange([key])
        async with client_of(target.gateway) as client:
            yield Stage(arrangement, arrangement.scenes[key], client)
    finally:
        kubernetes.close()
        await target.stop()


async def changed_model(stage: Stage) -> Exchange:
    await stage.chat()
    await stage.change_backend(model=stage.other_model())
    return await stage.settles(stage.chat, Status(200), ModelArrives())


async def test_what_was_behind_is_awaited(stage: Stage, behind: Behind) -> None:
    behind.stuck = "agw-conformance-fence-"
    old = stage.llm.model
    exchange = await changed_model(stage)
    assert exchange.arrivals[0].json()["model"] == stage.llm.model != old
    assert behind.stuck is None
    routes = await stage.kubernetes.list("gateway.networking.k8s.io/v1", "HTTPRoute", "kgateway-system")
    assert not [one for one in routes if "agw-conformance-fence-" in one["metadata"]["name"]]


async def test_what_follows_nothing_does_not_follow(stage: Stage, behind: Behind) -> None:
    behind.stuck = ""
    with pytest.raises(Refuted, match="the gateway follows Backend kgateway-system/mistral within"):
        await changed_model(stage)


async def test_nothing_is_asked_where_the_target_tells(stage: Stage, behind: Behind) -> None:
    behind.stuck = "agw-conformance-fence-"
    stage.target.tells = True
    with pytest.raises(Refuted):
        await changed_model(stage)
    assert behind.stuck
