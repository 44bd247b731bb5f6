"""The manifests of docs/how-to/clients.md on the reference gateway and on the real one, for the whole session."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from conformance.manifests.input.reading import read_input
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.scenario.profile import given_profiles
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.run import conformance_run
from conformance.targets.standalone.options import StandaloneOptions
from mock_providers import Behaviour
from mock_providers.journal import CORRELATION_HEADER
from tests.support.paths import ROOT
from tests.support.standalone import REAL, needs_binary

PAGE = (ROOT / "docs" / "how-to" / "clients.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's code blocks."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return found


def manifests() -> str:
    """The page's, and those that it says Mistral's are."""
    (text,) = blocks("yaml")
    other = text.replace("api.openai.com", "api.mistral.ai").replace("$OPENAI_API_KEY", "$MISTRAL_API_KEY")
    other = re.sub(r"(name: |value: /)openai", r"\1mistral", other)
    return f"{text}---\n{other}"


@dataclass
class Gateway:
    """A gateway with OpenAI and Mistral behind it, and what their lookalikes are to do."""

    arrangement: Arrangement

    @property
    def url(self) -> str:
        """Where clients find it."""
        return self.arrangement.target.gateway.url

    async def planned(self, name: str, behaviour: Behaviour) -> dict[str, str]:
        """The headers with which a request gets this treatment."""
        await self.arrangement.target.lookalikes.plan(name, behaviour)
        return {CORRELATION_HEADER: name}

    async def arrivals(self, name: str) -> int:
        """How often a request of this name arrived."""
        seen = await self.arrangement.target.lookalikes.since(0)
        return sum(one.correlation_id == name for one in seen.requests)


def _written(folder: Path) -> Path:
    file = folder / "clients.yaml"
    file.write_text(manifests(), encoding="utf-8")
    return file


@pytest_asyncio.fixture(scope="session", params=["reference", pytest.param("real", marks=needs_binary)])
async def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """The page's manifests, standing."""
    file = _written(tmp_path_factory.mktemp("page"))
    keys = {"OPENAI_API_KEY": "sk-clients-openai-4711", "MISTRAL_API_KEY": "sk-clients-mistral-4711"}
    given = read_input([str(file)], dialect=None, environment=keys, assume=True)
    profiles = tuple(given_profiles(given.manifests, given.dialect))
    on = EmbeddedOptions() if request.param == "reference" else StandaloneOptions(REAL)
    settings = Settings(profiles, on, dialect=given.dialect, given=given.manifests)
    async with conformance_run(settings, [SceneKey(one.name, DOCUMENTED) for one in profiles]) as arrangement:
        yield Gateway(arrangement)
