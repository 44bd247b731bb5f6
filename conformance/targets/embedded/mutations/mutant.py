"""A mutant: the reference with one defect, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.admission import Admission
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.gateway.seams import REFERENCE, Seams

__all__ = ["Mutant", "gateway", "made", "steered"]

Changes = Callable[[], Mapping[str, Any]]


def _none() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Mutant:
    """The reference with one defect; `defect` is one sentence, `source` is where the rule is from that it breaks.

    `area` is that of the catalogue which the rule belongs to, and `told` the words by which a diagnosis names the very
    step. `only` is the dialect that has what it breaks, where not all have. `share`: it shows in so many exchanges of
    all. `seams` and `controller` are made anew each time, since some defects remember things: take them once for each
    gateway or controller that is started.
    """

    name: str
    defect: str
    area: str
    source: str
    told: str
    gateway_changes: Changes = _none
    controller_changes: Changes = _none
    admission: Admission | None = None
    only: str = ""
    share: float = 1.0

    @property
    def seams(self) -> Seams:
        """The gateway's steps with the defect among them."""
        return replace(REFERENCE, **self.gateway_changes())

    @property
    def controller(self) -> ControllerSeams:
        """The controller's decisions with the defect among them."""
        return replace(REFERENCE_CONTROLLER, **self.controller_changes())

    @property
    def steps(self) -> list[str]:
        """The steps that it changes: fields of the seams, and `admission`."""
        return [*self.gateway_changes(), *self.controller_changes(), *(["admission"] if self.admission else [])]

    def is_of(self, dialect: str) -> bool:
        """Whether the dialect has what it breaks."""
        return self.only in ("", dialect)


def gateway(
    name: str, defect: str, area: str, source: str, told: str, *, only: str = "", share: float = 1.0, **changes: Any
) -> Mutant:
    """A mutant whose gateway has these steps."""
    return Mutant(name, defect, area, source, told, gateway_changes=lambda: changes, only=only, share=share)


def steered(
    name: str, defect: str, area: str, source: str, told: str, *, only: str = "", share: float = 1.0, **changes: Any
) -> Mutant:
    """A mutant whose controller takes these decisions."""
    return Mutant(name, defect, area, source, told, controller_changes=lambda: changes, only=only, share=share)


def made(
    name: str,
    defect: str,
    area: str,
    source: str,
    told: str,
    seam: str,
    factory: Callable[[], Any],
    *,
    controller: bool = False,
    only: str = "",
    share: float = 1.0,
) -> Mutant:
    """A mutant with a step that remembers: the factory makes it for each gateway or controller."""

    def changes() -> Mapping[str, Any]:
        return {seam: factory()}

    sides = (_none, changes) if controller else (changes, _none)
    return Mutant(name, defect, area, source, told, *sides, only=only, share=share)
