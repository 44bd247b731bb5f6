"""What the parts of the endpoint pass each other: a request's target, its options, a write's outcome."""

from __future__ import annotations

from dataclasses import field

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas import FieldValidation
from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.jsontree import Json

__all__ = ["Options", "ResourcePath", "WriteResult"]


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """What a request's path names; an empty name is the collection, no namespace is all of them."""

    kind: Kind
    version: str
    namespace: str | None = None
    name: str = ""
    subresource: str = ""

    @property
    def api_version(self) -> str:
        """The apiVersion that the client speaks."""
        return self.kind.api_version_of(self.version)


@dataclass(frozen=True, slots=True)
class Options:
    """A write's options, from its query."""

    manager: str
    manager_given: bool = False
    dry_run: bool = False
    force: bool = False
    validation: FieldValidation = "Warn"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """A write's result: HTTP status, the stored object (not to be changed), warnings."""

    code: int
    object: Json
    warnings: list[str] = field(default_factory=list)
