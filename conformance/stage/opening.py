"""The client of a gateway, and the stages that a test plays on or why it cannot be played on this target."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from conformance.exchange.client import GatewayClient
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.case import Case, NotApplicable, NotJudged
from conformance.stage.limits import unjudged_on
from conformance.stage.objects import refusals_in
from conformance.stage.stage import Stage
from conformance.stage.target import GatewayAt

__all__ = ["client_of", "make_stages"]


@asynccontextmanager
async def client_of(gateway: GatewayAt) -> AsyncIterator[GatewayClient]:
    """A client that sends to this gateway; its connections are closed at the end."""
    client = GatewayClient(gateway.url, gateway.authority)
    try:
        yield client
    finally:
        await client.close()


def make_stages(
    arrangement: Arrangement,
    client: GatewayClient,
    case: Case,
    keys: Sequence[SceneKey],
    hurried: bool,
    made: list[Stage],
    only: str = "",
) -> None:
    """Make a stage for each key, in order, and put it into `made` at once: it is evidence also of what fails here.

    `hurried`: a wait is known to be in vain. `only`: the one further way that the stages are about. Raises
    NotApplicable, NotJudged, Refuted when the API endpoint refuses an object, and SetupProblem when there is no gateway
    any more.
    """
    for need in case.needs:
        if reason := arrangement.target.unsupported(need):
            raise NotApplicable(reason)
    # One with a sign is recognised by what else went right, and that takes its time.
    arrangement.patience.hurried = hurried
    for key in keys:
        scene = arrangement.scenes[key]
        if scene.unfit:
            raise NotApplicable(scene.unfit)
        if case.area not in ("admission", "status") and (reason := _idle(scene)):
            raise NotApplicable(reason)
        stage = Stage(arrangement, scene, client, only)
        if reason := arrangement.target.inexpressible(stage.route_names):
            raise NotApplicable(reason)
        made.append(stage)
        if scene.refusals and not key.scenario.invalid and case.area != "admission":
            one = refusals_in(scene)[0]
            raise Refuted(None, [Mismatch(Facet.ADMISSION, f"{one.what} is accepted", one.message, one.where)])
        if unknown := unjudged_on(stage, case):
            raise NotJudged(unknown[0].told)


def _idle(scene: Scene) -> str:
    """Why no request can be sent to the Backend: rules that divide their traffic give none to it."""
    routes = scene.manifests.of_kind("HTTPRoute")
    if not routes or scene.configuration.routes:
        return ""
    return f"HTTPRoute {routes[0].name} gives all traffic to other Backends: the weight of this one is 0"
