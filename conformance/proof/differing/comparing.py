"""Sends each probe through both gateways and gathers what differs; a difference is reduced to what it needs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from conformance.proof.differing.facts import differences_of, facts_of
from conformance.proof.differing.probes import Probe
from conformance.proof.stages import stages_of
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.settings import Settings
from conformance.stage.stage import Stage
from conformance.stage.target import Implementation

__all__ = ["Difference", "Pair", "grouped", "pair_of"]


@dataclass(frozen=True)
class Difference:
    """A fact that the two sides show differently; `probe` is the least that was found to make it."""

    fact: str
    left: str
    right: str
    probe: Probe

    @property
    def kind(self) -> tuple[str, str, str]:
        """What differences that are alike have in common: long values count by their being there."""
        return self.fact, _class(self.left), _class(self.right)


_SHORT = 60
_STATUS = 3  # digits, of which each counts


def _class(value: str) -> str:
    if value.isdecimal() and len(value) != _STATUS:
        return "a number"
    return value if len(value) <= _SHORT else "something"


class Pair:
    """Two stages of one scene, each before its own gateway."""

    def __init__(self, left: Stage, right: Stage) -> None:
        self._sides = (left, right)

    @property
    def implementations(self) -> tuple[Implementation, Implementation]:
        """What they are."""
        left, right = (one.target.implementation for one in self._sides)
        return left, right

    async def differences(self, probe: Probe) -> list[Difference]:
        """What differs of this probe, each reduced."""
        found = []
        for one in await self._differ(probe):
            found.append(await self._reduced(one))
        return found

    async def _differ(self, probe: Probe) -> list[Difference]:
        return [Difference(*one, probe) for one in differences_of(*await self._facts(probe))]

    async def _facts(self, probe: Probe) -> tuple[dict[str, str], dict[str, str]]:
        # Answers tell the id of their exchange.
        correlation = secrets.token_hex(8)
        wanted, behaviour = probe.request(), probe.behaviour()
        sent = (replace(one.request(**wanted), correlation_id=correlation) for one in self._sides)
        exchanges = (one.send(request, behaviour=behaviour) for one, request in zip(self._sides, sent, strict=True))
        left, right = await asyncio.gather(*exchanges)
        for one in self._sides:
            one.exchanges.clear()  # there may be thousands
        return facts_of(left), facts_of(right)

    async def _reduced(self, difference: Difference) -> Difference:
        """The same kind of difference by a probe of fewer elements, as long as there is one."""
        for name in difference.probe.names:
            again = await self._differ(difference.probe.without(name))
            alike = next((one for one in again if one.kind == difference.kind), None)
            if alike is not None:
                return await self._reduced(alike)
        return difference


@asynccontextmanager
async def pair_of(left: Settings, right: Settings, provider: str) -> AsyncIterator[Pair]:
    """The documented scene of a provider on both targets. Raises SetupProblem where one cannot be had."""
    key = SceneKey(provider, DOCUMENTED)
    async with stages_of(left, [key]) as one, stages_of(right, [key]) as other:
        yield Pair(one[key], other[key])


def grouped(differences: Iterable[Difference]) -> list[tuple[Difference, int]]:
    """The first of each kind, that of the fewest elements, and how many there are."""
    found: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        found.setdefault(one.kind, []).append(one)
    return [(min(ones, key=lambda one: len(one.probe.names)), len(ones)) for ones in found.values()]
