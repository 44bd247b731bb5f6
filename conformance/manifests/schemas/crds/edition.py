"""The editions of the Gateway API: a release, and one of the two channels that it is installed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from conformance.core.startup.records import dataclass

__all__ = ["RELEASES", "Edition", "Release"]

Release = Literal["1.4", "1.6"]

RELEASES: Mapping[str, Release] = {"kgateway-2.1": "1.4", "agentgateway-1": "1.6"}
"""The release that each dialect's gateway is made for: go.mod of kgateway 2.1 and agentgateway 1.4."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What `standard-install.yaml` of a release has, or `experimental-install.yaml` instead."""

    release: Release
    experimental: bool = False

    @property
    def has_cors(self) -> bool:
        """The filter became standard with 1.5."""
        return self.experimental or self.release != "1.4"
