"""Static checks of shapes that nobody would write: they never fail, whatever stands where."""

from __future__ import annotations

import random

import pytest
import yaml

from conformance.certification.checks import check
from conformance.core.problems import InputProblem
from tests.support.checks import documented, edited, sheet_of, with_gateway
from tests.support.hostile import spoilt
from tests.support.mistakes.objects import AGW, GROUPS, KGW, LLM
from tests.support.mistakes.routes import APART
from tests.support.nightly import BY_NIGHT

POLICED = documented("agentgateway-1", "deepseek")
TEXTS = [KGW, AGW, APART, edited(KGW, (LLM, GROUPS)), POLICED, with_gateway(KGW, "allowedRoutes: {}")]


@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(6))
def test_no_shape_makes_a_check_fail(seed: int) -> None:
    chance = random.Random(seed)
    checked = 0
    for text in TEXTS:
        objects = list(yaml.safe_load_all(text))
        for _ in range(120 if BY_NIGHT else 20):
            try:
                sheet = sheet_of(spoilt(objects, chance))
            except InputProblem:
                continue  # what cannot be read is told before
            for one in check(sheet):
                assert one.position.line > 0
            checked += 1
    assert checked > 20


@pytest.mark.parametrize("size", [300])
def test_long_paths_and_keys_take_no_time_worth_telling(size: int) -> None:
    """Regular expressions that go back and forth would not come to an end here."""
    path = "/" + "/".join(f"a{number}" for number in range(size))
    text = edited(KGW, ('"/v1/chat/completions"', f'"{path}"'), ("$MISTRAL_API_KEY", "your" + "x" * 20 + "-x" * size))
    assert [one.check for one in check(sheet_of(text))] == ["path-unlike-vendor"]
