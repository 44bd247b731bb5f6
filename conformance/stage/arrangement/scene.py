"""Scenes: a scenario with one provider's manifests, standing on a target."""

from __future__ import annotations

import hashlib
from dataclasses import field

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import ManifestSet, ObjectId
from conformance.stage.arrangement.kube import Refused
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import Scenario

__all__ = ["Scene", "SceneKey"]


@dataclass(frozen=True)
class SceneKey:
    """Cases with equal keys share one scene; `owner` is the test that has it to itself, if one does."""

    provider: str
    scenario: Scenario
    owner: str = ""

    @property
    def name(self) -> str:
        """A short name that is a valid part of object names, paths and hosts."""
        if not self.owner:
            return self.scenario.name
        # A test's id is too long for a name, and what is cut off may be all that tells two of them apart.
        return f"{self.scenario.name[:24]}-{hashlib.sha256(self.owner.encode()).hexdigest()[:10]}"


@dataclass
class Scene:
    """A scenario with one provider's manifests, standing on a target."""

    key: SceneKey
    profile: Profile
    manifests: ManifestSet
    configuration: Configuration
    attachments: tuple[Attachment, ...]
    refusals: dict[ObjectId, Refused] = field(default_factory=dict)
    # Why these manifests cannot be made into this scenario; empty when they can.
    unfit: str = ""
    surroundings: Surroundings = field(default_factory=Surroundings)

    def refresh(self) -> None:
        """Read the configuration again after objects were changed."""
        self.configuration = self.surroundings.read(self.manifests, self.configuration.dialect)
