"""Area C: the request target upstream."""

from __future__ import annotations

import pytest

from conformance.case import Level, case
from conformance.expect import ArrivedOnce, Status, Target, verify
from conformance.scenario import Scenario
from conformance.stage import Stage


@case(
    "path/full-replaces-path",
    Level.MUST,
    "path.full is the request target upstream, whatever path below the route's prefix the client used.",
    source="SEED Mistral 4, 5; SEED table path",
    lines=[31, 32],
)
@pytest.mark.parametrize("below", ["", "/", "/foo/bar"])
async def test_full_replaces_path(stage: Stage, below: str) -> None:
    exchange = await stage.chat(below=below)
    verify(exchange, Status(200), ArrivedOnce(), Target())


CUSTOM_PATH = Scenario("custom-path", (lambda draft: draft.change_backend(path="/openai/v1/chat/completions"),))


@case(
    "path/custom-full-verbatim",
    Level.MUST,
    "A path.full other than the default is used as it is written.",
    source="SEED table path; envoyproxy/ai-gateway#1629",
    lines=[34, 147],
    scenario=CUSTOM_PATH,
)
async def test_custom_full_verbatim(stage: Stage) -> None:
    verify(await stage.chat(), ArrivedOnce(), Target())
