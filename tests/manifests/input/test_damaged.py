"""Whatever happens to a file of manifests, there is one message, or they can be drafted from."""

from __future__ import annotations

import random

import pytest

from conformance.core.problems import InputProblem
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import catalogue
from conformance.stage.scenario.scenario import Material, draft_of
from tests.support.inputs import profiles_of
from tests.support.nimbus import NIMBUS


def mutated(generator: random.Random) -> str:
    """The manifests with one of the things that happen to files."""
    lines = NIMBUS.split("\n")
    at = generator.randrange(len(lines) - 1)
    kind = generator.randrange(6)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at] = " " * generator.randrange(9) + lines[at].lstrip()
    elif kind == 2:
        values = ["5", "true", "null", "[]", "{}", "''", "[1]", "{a: 1}", "x", "'5'", "- x"]
        lines[at] = lines[at].split(":")[0] + ": " + generator.choice(values)
    elif kind == 3:
        lines.insert(at, lines[generator.randrange(len(lines))])
    elif kind == 4:
        position = generator.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:position] + generator.choice("\t:{}[]&*!|>%@`#\x00é-") + lines[at][position:]
    else:
        lines = lines[: at + 1]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_to_a_file_there_is_a_message_or_scenes(seed: int) -> None:
    generator = random.Random(seed)
    scenarios = [scenario for case in catalogue() for scenario in case.scenarios if not scenario.invalid]
    material = Material("CA", "OTHER", "kgateway-system", "agentgateway")
    told: list[InputProblem] = []
    for _ in range(80):
        text = mutated(generator)
        try:
            profiles = profiles_of(text)
        except InputProblem as problem:
            told.append(problem)
            continue
        for profile in profiles:
            for scenario in generator.sample(scenarios, 4):
                key = SceneKey(profile.name, scenario)
                try:
                    draft_of(scenario, profile.manifests, profile.provider, key.name, material)
                except LookupError:
                    continue  # these manifests cannot be varied so: the cases do not apply
                except Exception as error:
                    raise AssertionError(f"{scenario.name} of\n{text}") from error
    assert [problem for problem in told if problem.position is None] == []
