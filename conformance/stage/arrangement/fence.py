"""The fence: a way of the suite's own through the gateway, known to arrive where earlier requests would have, too."""

from __future__ import annotations

from conformance.core.startup.records import dataclass
from conformance.exchange.messages import Headers
from conformance.manifests.dialects import read_configuration
from conformance.stage.arrangement.attachments import attachments_of
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.scenario.profile import fence_profile
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.target import Target

__all__ = ["Fence", "fence_for"]


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
