"""Area L: pods of the gateway and of its control plane are replaced, and nothing of the configuration is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from conformance.cases import Level, Stage, case
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    ModelArrives,
    Reached,
    RequestTarget,
    Secured,
    verify,
)

SERVED = (ArrivedOnce(), Reached(), RequestTarget(), Credential(), ModelArrives(), Secured())


@case(
    "lifecycle/proxy-restart",
    Level.MUST,
    "After the gateway's pods were replaced every provider is served as before, with nothing applied anew.",
    source="FACTS 7.2",
    lines=[127],
    needs=("pods",),
)
async def test_proxy_restart(stages: Mapping[str, Stage]) -> None:
    for stage in stages.values():
        verify(await stage.chat(), *SERVED)

    await next(iter(stages.values())).operations.replace_pods("gateway")
    for stage in stages.values():
        await stage.settles(stage.chat, *SERVED)


@case(
    "lifecycle/control-plane-restart",
    Level.MUST,
    "While the control plane's pods are replaced, and afterwards, every provider is served as before.",
    source="FACTS 7.2",
    lines=[127],
    needs=("pods",),
)
async def test_control_plane_restart(stages: Mapping[str, Stage]) -> None:
    replacing = asyncio.create_task(next(iter(stages.values())).operations.replace_pods("control plane"))
    try:
        while not replacing.done():
            for stage in stages.values():
                verify(await stage.chat(), *SERVED)
    finally:
        await replacing
    for stage in stages.values():
        await stage.settles(stage.chat, *SERVED)
