"""The fix finder with the real engine: the same cases that fail judge every candidate, on the embedded target."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.certification.certification import sheet_of
from conformance.certification.checks import Severity, check
from conformance.certification.mending import Around, Score, Search, dialect_in, find_fix
from conformance.certification.trial import try_out
from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.reading import Given, known_gateways, read_input
from conformance.stage.case import Level
from tests.support.nimbus import KEY, edited


class Bench:
    """A folder with manifests, and the engine."""

    def __init__(self, folder: Path, texts: Mapping[str, str]) -> None:
        self.texts = {str(folder / name): text for name, text in texts.items()}

    def read(self, texts: Mapping[str, str]) -> Given:
        for name, text in texts.items():
            Path(name).write_text(text)
        return read_input(list(texts), environment={**os.environ, "NIMBUS_API_KEY": KEY})

    async def evaluate(self, texts: Mapping[str, str]) -> Score:
        trial = await try_out(self.read(texts), Level.SHOULD)
        return Score(failed=len(trial.failures) + bool(trial.unusable), defects=len(trial.defects))

    def search(self) -> Search:
        try:
            given = self.read(self.texts)
            faults = [one.position for one in check(sheet_of(given, None)) if one.severity is Severity.ERROR]
            around = Around(given.dialect, given.gateways, faults)
        except InputProblem as problem:
            dialect = dialect_in(self.texts, DIALECTS[0])
            faults = [problem.position] if problem.position else []
            around = Around(dialect, known_gateways([], dialect), faults)
        return asyncio.run(find_fix(self.texts, self.evaluate, around, seconds=60))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("    hostname: llm.nimbus.example", "    hostname: llm.nimbsu.example", id="hostname"),
        pytest.param("full: /api/v3/chat", "full: /api/v3/api/v3/chat", id="path"),
        pytest.param("    - name: nimbus\n      group", "    - name: nimbsu\n      group", id="backend"),
        pytest.param("  - name: agentgateway", "  - name: agent-gateway", id="gateway"),
        pytest.param("      port: 8443\n", '      port: "8443"\n', id="type"),
        pytest.param("            name: nimbus-key", "            name: nimbus", id="secret"),
    ],
)
def test_the_change_is_undone(old: str, new: str, tmp_path: Path) -> None:
    found = Bench(tmp_path, {"nimbus.yaml": edited((old, new))}).search()
    assert found.fix is not None, found.note
    assert list(found.fix.texts.values()) == [edited()], found.fix.diff
    assert KEY not in found.fix.diff + found.fix.patch


@pytest.mark.slow
def test_a_key_encoded_twice_goes_where_it_is_decoded(tmp_path: Path) -> None:
    encoded = base64.b64encode(KEY.encode()).decode()
    text = edited(("$NIMBUS_API_KEY", encoded))
    found = Bench(tmp_path, {"nimbus.yaml": text}).search()
    assert found.fix is not None, found.note
    assert list(found.fix.texts.values()) == [text.replace("stringData", "data")]
    assert encoded not in found.fix.diff + found.fix.patch
    assert found.fix.hidden
