"""Is the way through the gateway to new Services there? Something is sent to the newest of them until it arrives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import read_configuration
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import Material, Scenario, draft_of
from conformance.stage.target import Target
from conformance.targets.cluster.probe import Explains, until_good
from mock_providers.behaviour import Identity

__all__ = ["Canary"]


@dataclass
class Canary:
    """Sent each time when Services were made. Those made before the last are no later to be followed than it is.

    Nothing tells when a node's rules lead to a Service, and without a program on a node only the gateway can try.
    """

    target: Target
    kubernetes: Kubernetes
    profile: Profile
    """What stands behind the gateway, anew each time: the suite's own way through it."""
    lead: Callable[[Attachment], Awaitable[Any]]
    """Lets a host lead to a lookalike."""
    explains: Explains
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def send(self, material: Material) -> None:
        """Return when the newest Service is reached. Raises SetupProblem when it is not."""
        scenario = Scenario(f"canary-{next(self.numbers)}")
        profile = self.target.placed(self.profile)
        manifests = draft_of(scenario, profile.manifests, profile.provider, scenario.name, material).manifests
        configuration = read_configuration(manifests)
        [(_, llm)] = configuration.llms()
        host, path = llm.host or "", configuration.routes[0].rules[0].matches[0].path
        identity: Identity = "good" if profile.provider.tls else "plaintext"
        await self.lead(Attachment(host, llm.port or 0, profile.provider, identity))
        refused = await self.kubernetes.apply_all(one.data for one in manifests)
        for one, why in refused.items():
            raise SetupProblem(f"{one} is refused: {why}", remedy="is --dialect right?")
        await until_good(self.target, path, host, self.explains)
        for manifest in manifests:
            await self.kubernetes.delete(manifest.data)
