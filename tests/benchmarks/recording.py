"""A pytest plugin that writes down what a run attached, applied and sent, so that the bare cost can be measured."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange.client import GatewayClient
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.lookalikes import Attachment
from conformance.targets.embedded.target import EmbeddedTarget

__all__ = ["Recording"]


@dataclass
class Recording:
    """One run's traffic with its target."""

    attachments: list[Attachment] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[ClientRequest, list[tuple[str, str]]]] = field(default_factory=list)


_recording = Recording()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write it."""
    parser.addoption("--recording", required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Listen in on the three ways to the target."""
    attach, apply, send = EmbeddedTarget.attach, Kubernetes._apply, GatewayClient.send

    async def recorded_attach(self: EmbeddedTarget, attachments: Iterable[Attachment]) -> None:
        wanted = list(attachments)
        _recording.attachments += wanted
        await attach(self, wanted)

    def recorded_apply(self: Kubernetes, data: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
        if not dry_run:
            _recording.objects.append(self.labelled(data))
        return apply(self, data, dry_run=dry_run)

    async def recorded_send(self: GatewayClient, request: ClientRequest, **how: Any) -> ClientResponse:
        _recording.requests.append((request, self.headers(request)))
        return await send(self, request, **how)

    for owner, name, replacement in (
        (EmbeddedTarget, "attach", recorded_attach),
        (Kubernetes, "_apply", recorded_apply),
        (GatewayClient, "send", recorded_send),
    ):
        setattr(owner, name, replacement)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was recorded."""
    Path(session.config.getoption("--recording")).write_bytes(pickle.dumps(_recording))
