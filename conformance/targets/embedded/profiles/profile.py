"""A profile: the reference with all that a released gateway does otherwise than documented."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any, TypeVar

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.admission import Admission
from conformance.manifests.schemas.errors import FieldError
from conformance.stage.target import REFERENCE_GATEWAY, Imitated, Implementation
from conformance.targets.embedded.mutations.admission.overlooking import Overlooking
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.gateway.seams import REFERENCE, Seams

__all__ = ["Around", "Change", "Profile"]

Around = Callable[[Any], Any]
"""Makes of a step what takes its place; it may ask the step that was there, so that several go together."""

T = TypeVar("T", Seams, ControllerSeams)

Arounds = Callable[[], Mapping[str, Around]]
"""By step. Made anew for each gateway or controller: some changes remember things."""


def _none() -> Mapping[str, Around]:
    return {}


@dataclass(frozen=True)
class Change:
    """One thing that a release does otherwise, and the entries of its list of deviations that come of it.

    `entries` are (case, test) as the list has them. `overlooks`: what admission lets pass.
    """

    entries: tuple[tuple[str, str], ...]
    gateway: Arounds = _none
    controller: Arounds = _none
    overlooks: Callable[[FieldError], bool] | None = None

    @property
    def steps(self) -> list[str]:
        """What it changes: fields of the seams, and `admission`."""
        return [*self.gateway(), *self.controller(), *(["admission"] if self.overlooks else [])]


@dataclass(frozen=True)
class Profile:
    """The reference as a release in one dialect; `changes` take effect one around the other, the first innermost."""

    name: str
    dialect: str
    imitated: Imitated
    changes: tuple[Change, ...] = field(repr=False)

    @property
    def implementation(self) -> Implementation:
        """Still our own: whatever it does, no product does it."""
        return replace(REFERENCE_GATEWAY, imitates=self.imitated.told)

    @property
    def seams(self) -> Seams:
        """The gateway's steps."""
        return _around(REFERENCE, (one.gateway() for one in self.changes))

    @property
    def controller(self) -> ControllerSeams:
        """The controller's decisions."""
        return _around(REFERENCE_CONTROLLER, (one.controller() for one in self.changes))

    @property
    def admission(self) -> Admission | None:
        """What the API endpoint takes; None: what it should."""
        passes = [one.overlooks for one in self.changes if one.overlooks is not None]
        return Overlooking(lambda cause: any(one(cause) for one in passes)) if passes else None


def _around(seams: T, changes: Iterable[Mapping[str, Around]]) -> T:
    for arounds in changes:
        seams = replace(seams, **{step: make(getattr(seams, step)) for step, make in arounds.items()})
    return seams
