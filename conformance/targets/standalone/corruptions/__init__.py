"""What a relay around the real gateway changes, so that the whole behaves like a gateway with a defect."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.targets.standalone.corruptions.clients import TO_CLIENTS
from conformance.targets.standalone.corruptions.corruption import Corruption
from conformance.targets.standalone.corruptions.providers import TO_PROVIDERS

__all__ = ["CORRUPTIONS", "Corruption"]

CORRUPTIONS: Mapping[str, Corruption] = {one.name: one for one in (*TO_PROVIDERS, *TO_CLIENTS)}
"""By name."""
