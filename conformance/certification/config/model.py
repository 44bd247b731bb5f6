"""A repository's configuration, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from conformance.core.startup.records import dataclass
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.objects import Manifest

__all__ = ["NAME", "Config", "ConfigGroup"]

NAME = ".agw-conformance.yaml"
"""How the file is called, at the root of a repository or in the folder where one works."""


@dataclass(frozen=True)
class ConfigGroup:
    """What is certified together: files and folders, as paths from the working folder.

    `dialect` and `gateway_version` are None where nothing is said. `values` are files for Helm charts, `variables` what
    Flux or envsubst would fill in.
    """

    name: str
    paths: tuple[str, ...]
    dialect: str | None = None
    gateway_version: str | None = None
    values: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """What the file says; without one, nothing.

    `keys`: a made-up key for each variable that is named. `gateways` stand elsewhere, and count as given where a route
    names them.
    """

    file: str = ""
    groups: tuple[ConfigGroup, ...] = ()
    dialect: str | None = None
    gateway_version: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    gateways: tuple[Manifest, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def group(self, name: str) -> ConfigGroup | None:
        """The group of a name."""
        return next((one for one in self.groups if one.name == name), None)

    def environment(self, variables: Mapping[str, str]) -> Mapping[str, str]:
        """The environment, with a made-up key where a variable that is named has no value there."""
        return {**variables, **{name: key for name, key in self.keys.items() if not variables.get(name)}}
