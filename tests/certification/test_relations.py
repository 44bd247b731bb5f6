"""What changes nothing: in whatever order objects stand, however they are laid out, and whoever stands beside them."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.certification.checks import Defect, check
from conformance.core.providers.shipped import load_provider
from conformance.manifests.render import render
from tests.certification.test_checks_mistakes import MISTAKES
from tests.support.checks import Mistake, sheet_of

pytestmark = pytest.mark.slow

KNOWN = st.sampled_from(MISTAKES)


def told(text: str, mistake: Mistake) -> Counter[tuple[str, ...]]:
    """What is told of manifests, and of which field of which object, but not where in the file that stands."""
    sheet = sheet_of(text, version=mistake.version, dialect=dialect_of(mistake), facts=mistake.facts)
    return Counter(map(_told, check(sheet)))


SYMMETRIC = ("key-at-two-vendors", "policy-conflict", "policies-rival")
"""Of two that do not go together the later one is told of."""


def _told(one: Defect) -> tuple[str, ...]:
    if one.check in SYMMETRIC:
        return one.check, "", "", str(one.severity), ""
    return one.check, str(one.about), one.field, str(one.severity), one.remedy


def dialect_of(mistake: Mistake) -> str:
    return sheet_of(mistake.edited, version=mistake.version, facts=mistake.facts).dialect


def documents(text: str) -> list[str]:
    return [one for one in text.split("---\n") if one.strip()]


@given(KNOWN, st.randoms(use_true_random=False))
def test_the_order_of_objects(mistake: Mistake, chance: random.Random) -> None:
    other = documents(mistake.edited)
    chance.shuffle(other)
    assert told("---\n".join(f"{one.rstrip()}\n" for one in other), mistake) == told(mistake.edited, mistake)


@given(KNOWN)
def test_the_layout(mistake: Mistake) -> None:
    data = [one for one in yaml.safe_load_all(mistake.edited) if one]
    assert told(yaml.safe_dump_all(data, default_flow_style=True), mistake) == told(mistake.edited, mistake)


@given(KNOWN, st.sampled_from(["groq", "together", "ollama"]))
def test_another_provider_beside_it(mistake: Mistake, name: str) -> None:
    assume(name not in mistake.edited)
    beside = render(load_provider(name), dialect_of(mistake)).replace(f"${name.upper()}_API_KEY", f"{name}-Zk3Qv81xPw")
    both = told(f"{mistake.edited.rstrip()}\n---\n{beside}", mistake)
    # What is wrong with the Gateway is so for the other one's route, too.
    ours = {one: count for one, count in both.items() if not one[1].endswith((f"/{name}", f"/{name}-secret"))}
    assert ours == told(mistake.edited, mistake)
