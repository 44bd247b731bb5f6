"""Policies of the gateways' own APIs and what they are attached to, each at the field of a manifest that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from conformance.core.problems import Place, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.objects import Manifest, ObjectId

__all__ = ["AttachedPolicy", "Origin", "Target"]


@dataclass(frozen=True)
class Origin:
    """The field of a manifest that something was read from."""

    manifest: Manifest
    path: FieldPath = ()

    @property
    def position(self) -> Position:
        """File, line and column of the field."""
        return self.manifest.at(*self.path)

    @property
    def place(self) -> Place:
        """Where the field stands, and its name."""
        return Place(self.position, dotted(self.path))

    def below(self, *path: str | int) -> Origin:
        """A field below this one."""
        return Origin(self.manifest, (*self.path, *path))


@dataclass(frozen=True)
class Target:
    """What a policy is attached to, in its own namespace: an object by name or, where that is None, by labels.

    `section` is a part of it: a listener, a rule, a provider.
    """

    origin: Origin
    group: str
    kind: str
    name: str | None
    labels: Mapping[str, str] = field(default_factory=dict)
    section: str | None = None


@dataclass(frozen=True)
class AttachedPolicy:
    """A policy of the gateway's own API. What it says is read from its object by who has to know it."""

    id: ObjectId
    origin: Origin
    targets: tuple[Target, ...]
