"""What the API endpoint and the controllers say of the objects, once these stand on a target."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.core.problems import Position
from conformance.core.redaction import redact
from conformance.exchange.expectations.refusals import refused_field, told
from conformance.exchange.expectations.statuses import conditions_of, entries_of
from conformance.manifests.objects import BACKEND, Manifest
from conformance.stage.arrangement.arrangement import Arrangement
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
    """Look at the objects of all scenes that have them as they were given."""
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
    troubles = [said for one in reporting for said in await _troubles(arrangement, one)]
    return Standing(len(seen) - len(refused), tuple(refused.values()), len(reporting), tuple(troubles))


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
