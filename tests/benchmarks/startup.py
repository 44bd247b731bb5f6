"""How long each part of the embedded target takes to start."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from conformance.core.providers.shipped import load_provider
from conformance.manifests.schemas import SchemaAdmission
from conformance.targets.embedded.target import EmbeddedTarget
from conformance.targets.reference.controller import Controller
from conformance.targets.reference.gateway import ReferenceGateway
from conformance.targets.reference.kubeapi import KubeApiServer, Store
from mock_providers import Attachment, Lookalikes

__all__ = ["startup"]

_ROUNDS = 9


def startup() -> Iterator[str]:
    """Medians in milliseconds."""
    parts: dict[str, Callable[[], Any]] = {
        "Kubernetes API endpoint": lambda: KubeApiServer(Store(), SchemaAdmission()),
        "controller": lambda: Controller(Store(), lambda config: None),
        "reference gateway": lambda: ReferenceGateway(
            dial=lambda host, port: None, system_trust=str, log=lambda line: None
        ),
        "lookalike (authority, certificate, port)": _Lookalike,
        "embedded target, whole": EmbeddedTarget,
    }
    for name, make in parts.items():
        times = [asyncio.run(_start(make)) for _ in range(_ROUNDS)]
        yield f"{name}: {statistics.median(times) * 1000:.1f} ms"


async def _start(make: Callable[[], Any]) -> float:
    began = time.perf_counter()
    part = make()
    await part.start()
    took = time.perf_counter() - began
    await part.stop()
    return took


class _Lookalike:
    """One lookalike with an authority of its own."""

    def __init__(self) -> None:
        self._lookalikes = Lookalikes()

    async def start(self) -> None:
        await self._lookalikes.start()
        provider = load_provider("mistral")
        await self._lookalikes.attach(Attachment(provider.host, provider.port, provider))

    async def stop(self) -> None:
        await self._lookalikes.stop()
