"""The fence: a way of the suite's own through the gateway, known to arrive where earlier requests would have, too."""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from conformance.core import deadlines
from conformance.core.startup.records import dataclass
from conformance.exchange.messages import ClientResponse, Headers
from conformance.manifests.dialects import read_configuration
from conformance.stage.arrangement.attachments import attachments_of
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.scenario.profile import fence_profile
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.target import Target

__all__ = ["Fence", "beside_fence", "fence_for", "until_marked"]

_MARK = "x-agw-conformance-mark"
_PAUSE = 0.1


@dataclass(frozen=True)
class Fence:
    """A scene of no case, and what a request through it has."""

    scene: Scene
    path: str
    headers: Headers


def fence_for(target: Target, surroundings: Surroundings, dialect: str) -> Fence:
    """The fence beside whichever Gateway the documented or the given routes are at."""
    profile = fence_profile(dialect)
    if target.brings_gateway:
        profile = target.placed(surroundings.entering(profile, dialect))
    else:
        surroundings.attach_fence(profile.manifests, dialect)
    configuration = read_configuration(profile.manifests, dialect)
    attachments = tuple(attachments_of(DOCUMENTED, profile, configuration))
    scene = Scene(SceneKey(profile.name, DOCUMENTED), profile, profile.manifests, configuration, attachments)
    [route, *_] = configuration.routes
    headers = tuple(("Host", host.replace("*", "any", 1)) for host in route.hostnames[:1])
    return Fence(scene, route.rules[0].matches[0].path, headers)


def beside_fence(fence: Fence) -> tuple[str, dict[str, Any], str]:
    """A further route to where the fence leads: its path, the object, and the mark that its answers have."""
    mark = secrets.token_hex(4)
    route = copy.deepcopy(fence.scene.manifests.of_kind("HTTPRoute")[0].data)
    route["metadata"]["name"] += f"-{mark}"
    rule = route["spec"]["rules"][0]
    path = rule["matches"][0]["path"]["value"] = f"{fence.path}-{mark}"
    marking = {"set": [{"name": _MARK, "value": mark}]}
    rule["filters"] = [{"type": "ResponseHeaderModifier", "responseHeaderModifier": marking}]
    return path, route, mark


async def until_marked(send: Callable[[], Awaitable[ClientResponse]], mark: str, seconds: float) -> bool:
    """Whether an answer within these seconds has the mark."""
    end = deadlines.now() + seconds
    while (await send()).header(_MARK) != mark:
        if deadlines.now() > end:
            return False
        # The data plane tells nobody when it follows; only the next request can.
        await asyncio.sleep(_PAUSE)
    return True
