"""A mutant: the reference with one defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.manifests.schemas.admission import Admission, SchemaAdmission
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.gateway.seams import REFERENCE, Seams

__all__ = ["Mutant", "gateway", "made", "steered"]

Changes = Callable[[], Mapping[str, Any]]


def _none() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Mutant:
    """The reference with one defect; `defect` is one sentence.

    `seams` and `controller` are made anew each time, since some defects remember things: take them once for each
    gateway or controller that is started.
    """

    name: str
    defect: str
    gateway_changes: Changes = _none
    controller_changes: Changes = _none
    admission: Admission = field(default_factory=SchemaAdmission)

    @property
    def seams(self) -> Seams:
        """The gateway's steps with the defect among them."""
        return replace(REFERENCE, **self.gateway_changes())

    @property
    def controller(self) -> ControllerSeams:
        """The controller's decisions with the defect among them."""
        return replace(REFERENCE_CONTROLLER, **self.controller_changes())


def gateway(name: str, defect: str, **changes: Any) -> Mutant:
    """A mutant whose gateway has these steps."""
    return Mutant(name, defect, gateway_changes=lambda: changes)


def steered(name: str, defect: str, **changes: Any) -> Mutant:
    """A mutant whose controller takes these decisions."""
    return Mutant(name, defect, controller_changes=lambda: changes)


def made(name: str, defect: str, seam: str, factory: Callable[[], Any], *, controller: bool = False) -> Mutant:
    """A mutant with a step that remembers: the factory makes it for each gateway or controller."""

    def changes() -> Mapping[str, Any]:
        return {seam: factory()}

    return Mutant(name, defect, *((_none, changes) if controller else (changes, _none)))
