"""What a kind is to the embedded Kubernetes API endpoint: its names, versions and columns."""

from __future__ import annotations

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.columns import Column

__all__ = ["Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `version` is the one objects are kept in; `served_versions` differ from it in name only."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = False
    columns: tuple[Column, ...] = ()
    served_versions: tuple[str, ...] = ()
    # What the API server warns of when such a version is used.
    deprecations: tuple[tuple[str, str], ...] = ()

    @property
    def api_version(self) -> str:
        """`group/version`, and `v1` for the core group."""
        return self.api_version_of(self.version)

    def api_version_of(self, version: str) -> str:
        """The apiVersion of one of the served versions."""
        return f"{self.group}/{version}" if self.group else version

    @property
    def key(self) -> tuple[str, str]:
        """(group, kind): what identifies the kind over all its versions."""
        return self.group, self.kind

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions served, the preferred one first."""
        return (self.version, *self.served_versions)

    @property
    def resource(self) -> str:
        """The name that error messages use: `secrets`, `backends.gateway.kgateway.dev`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified(self) -> str:
        """The name that validation errors use: `Secret`, `Backend.gateway.kgateway.dev`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def has_generation(self) -> bool:
        """Custom resources count the changes of their spec; the core kinds here do not."""
        return bool(self.group)
