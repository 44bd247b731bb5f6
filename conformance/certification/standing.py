"""What the API endpoint and the controllers say of the objects, once these stand on a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.core.problems import Position
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass
from conformance.exchange.expectations.refusals import refused_field, told
from conformance.exchange.expectations.statuses import conditions_of, entries_of
from conformance.manifests.objects import BACKEND, Manifest
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.object_watch import Objects
from conformance.stage.scenario.scenario import DOCUMENTED

__all__ = ["Said", "Standing", "look"]

_REPORTING = ("Gateway", BACKEND, "HTTPRoute", "BackendTLSPolicy")


@dataclass(frozen=True)
class Said:
    """What is said against an object, which stands at this position of the input."""

    position: Position
    about: str
    text: str


@dataclass(frozen=True)
class Standing:
    """How many objects the API endpoint took, what it refused, and how many statuses tell of what trouble."""

    accepted: int
    refused: tuple[Said, ...]
    reporting: int
    troubles: tuple[Said, ...]


async def look(arrangement: Arrangement) -> Standing:
    """Look at the objects of all scenes that have them as they were given, once the controllers have spoken of them."""
    seen: dict[object, Manifest] = {}
    refused: dict[object, Said] = {}
    for key, scene in arrangement.scenes.items():
        if key.scenario is not DOCUMENTED:
            continue
        for one in scene.manifests:
            seen[one.id] = one
            if one.id in scene.refusals:
                message = scene.refusals[one.id].message
                refused[one.id] = Said(one.at(*refused_field(message)), str(one.id), told(message))
    reporting = [one for one in seen.values() if one.role in _REPORTING and one.id not in refused]
    await _heard(arrangement, reporting)
    troubles = [said for one in reporting for said in await _troubles(arrangement, one)]
    return Standing(len(seen) - len(refused), tuple(refused.values()), len(reporting), tuple(troubles))


async def _heard(arrangement: Arrangement, reporting: Iterable[Manifest]) -> None:
    """Wait, as the cases do, for what takes a real controller its time; ours have said all when nothing is left to do.

    What nobody says anything of in time is told as such.
    """
    if not arrangement.target.brings_gateway:
        return
    kinds: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in reporting:
        kinds.setdefault((one.api_version, one.kind), set()).add((one.namespace, one.name))
    for (api_version, kind), places in kinds.items():

        def spoken(objects: Objects, places: set[tuple[str, str]] = places) -> bool:
            return all(place in objects and _is_spoken_of(objects[place]) for place in places)

        await arrangement.wait(api_version, kind, spoken, everyone=True)


def _is_spoken_of(item: Mapping[str, Any]) -> bool:
    """Whether there are conditions, and about the object as it is."""
    conditions = [one for entry in entries_of(item) for one in entry.get("conditions") or []]
    generation = item["metadata"].get("generation", 0)
    return bool(conditions) and all(one.get("observedGeneration", generation) >= generation for one in conditions)


async def _troubles(arrangement: Arrangement, one: Manifest) -> list[Said]:
    item = await arrangement.kubernetes.get(one.api_version, one.kind, one.namespace, one.name)
    if item is None:
        return [Said(one.at(), str(one.id), "it has gone")]
    found = {
        f"{kind} {condition.get('status')} ({condition.get('reason')}): {condition.get('message', '')}".rstrip(": ")
        for entry in entries_of(item)
        for kind, condition in conditions_of(entry).items()
        if _is_trouble(kind, condition.get("status"))
    }
    if not any(entry.get("conditions") for entry in entries_of(item)):
        found = {"no controller says anything of it"}
    return [Said(one.at(), str(one.id), redact(text)) for text in sorted(found)]


def _is_trouble(kind: str, status: object) -> bool:
    # GW Gateway conditions: these two say that something is wrong when they are true.
    return status == "True" if kind in ("Conflicted", "OverlappingTLSConfig") else status != "True"
