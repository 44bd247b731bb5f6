"""What objects' statuses must say, what they say, and what it means when the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.core.problems import Place
from conformance.core.startup.records import dataclass
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet

__all__ = ["Condition", "condition_of", "conditions_of", "differences", "entries_of"]


@dataclass(frozen=True)
class Condition:
    """A condition as it must be; an empty reason is any, `message` is a part of it, `generation` the observed one."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    generation: int | None = None

    def fits(self, found: Mapping[str, Any]) -> bool:
        """Whether a condition of a status is so."""
        return (
            found.get("status") == self.status
            and self.reason in ("", found.get("reason"))
            and self.message in found.get("message", "")
            and self.generation in (None, found.get("observedGeneration"))
        )

    def __str__(self) -> str:
        text = f"{self.type} {self.status}{f' ({self.reason})' if self.reason else ''}"
        if self.message:
            text += f" {self.message!r}"
        return text if self.generation is None else f"{text} of generation {self.generation}"

    def seen(self, found: Mapping[str, Any]) -> Condition | None:
        """A condition of a status, as far as this one says anything of it; None for none."""
        if not found:
            return None
        return Condition(
            self.type,
            str(found.get("status")),
            str(found.get("reason") or ""),
            str(found.get("message") or ""),
            found.get("observedGeneration", 0) if self.generation is not None else None,
        )


def entries_of(item: Mapping[str, Any], controller: str | None = None) -> Iterator[Mapping[str, Any]]:
    """The parts of a status that hold conditions: the status itself, and its parents or ancestors.

    With a controller only its own parents and ancestors.
    """
    status = item.get("status") or {}
    yield status
    for entry in (*(status.get("parents") or ()), *(status.get("ancestors") or ())):
        if controller in (None, entry.get("controllerName")):
            yield entry


def conditions_of(entry: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The conditions of one such part, by type."""
    return {one["type"]: one for one in entry.get("conditions") or ()}


def condition_of(item: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """The first condition of a type in a status, whoever wrote it; empty when there is none."""
    return next((found[type_] for entry in entries_of(item) if type_ in (found := conditions_of(entry))), {})


def differences(
    about: str,
    item: Mapping[str, Any],
    wanted: Sequence[Condition],
    *,
    controller: str | None,
    where: Place | None = None,
) -> list[Mismatch]:
    """What in an object's status is not as wanted; empty when one parent or ancestor is so in everything."""
    best: list[Mismatch] | None = None
    for entry in entries_of(item, controller):
        found = conditions_of(entry)
        here = [
            _mismatch(about, one, found.get(one.type, {}), where)
            for one in wanted
            if not one.fits(found.get(one.type, {}))
        ]
        if not here:
            return []
        # What some entry says tells more than that another one says nothing.
        if best is None or len(here) < len(best) or best[0].about is Facet.CONDITION_MISSING:
            best = here
    return best or []


def _mismatch(about: str, wanted: Condition, found: Mapping[str, Any], where: Place | None) -> Mismatch:
    seen = wanted.seen(found)
    said = str(seen) if seen else f"no condition {wanted.type}"
    return Mismatch(_kind(wanted, found), f"{about}: {wanted}", said, where, seen)


def _kind(wanted: Condition, found: Mapping[str, Any]) -> Facet:
    if not found:
        return Facet.CONDITION_MISSING
    if found.get("status") == wanted.status:
        stale = wanted.generation not in (None, found.get("observedGeneration"))
        return Facet.CONDITION_STALE if stale else Facet.CONDITION_REASON
    return Facet.CONDITION_REFUSES if wanted.status == "True" else Facet.CONDITION_CLAIMS
