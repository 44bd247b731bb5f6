"""The image of the lookalikes' pod, which both targets with a cluster can run."""

from __future__ import annotations

from conformance.targets.declaration import Option

__all__ = ["LOOKALIKES_IMAGE", "OPTION"]

LOOKALIKES_IMAGE = "agentgateway-conformance:dev"
"""As the README builds it."""

OPTION = Option(
    "--lookalikes-image",
    f"the image of lookalikes' pod, built from our Dockerfile (default: {LOOKALIKES_IMAGE})",
    elsewhere="here lookalikes need none",
)
