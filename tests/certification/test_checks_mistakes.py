"""Every mistake is told once, by its check, at its field; and an error is what the oracle or admission minds, too."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.certification.checks import CHECKS
from tests.support.checks import KEYS, Mistake, defects, pointed_at
from tests.support.mistakes.attached import ATTACHED_MISTAKES
from tests.support.mistakes.backends import BACKEND_MISTAKES
from tests.support.mistakes.keys import KEY_MISTAKES
from tests.support.mistakes.listeners import LISTENER_MISTAKES
from tests.support.mistakes.objects import OBJECT_MISTAKES
from tests.support.mistakes.policies import POLICY_MISTAKES
from tests.support.mistakes.routes import ROUTE_MISTAKES
from tests.support.mistakes.rules import RULE_MISTAKES
from tests.support.mistakes.shared_keys import SHARED_KEY_MISTAKES

MISTAKES = [
    *(*BACKEND_MISTAKES, *KEY_MISTAKES, *POLICY_MISTAKES, *ROUTE_MISTAKES, *RULE_MISTAKES, *OBJECT_MISTAKES),
    *ATTACHED_MISTAKES,
    *LISTENER_MISTAKES,
    *SHARED_KEY_MISTAKES,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_told_once_at_its_field_with_a_remedy_and_no_key(mistake: Mistake) -> None:
    found = defects(mistake.text, *mistake.edits, version=mistake.version, facts=mistake.facts)
    assert Counter(one.check for one in found) == Counter([mistake.check, *mistake.beside]), found
    (mine,) = [one for one in found if one.check == mistake.check]
    assert mine.severity == mistake.severity
    assert pointed_at(mistake.edited, mine).startswith(mistake.at)
    for one in found:
        assert not any(key in str(one) for key in KEYS.values())
        assert one.remedy
        assert one.source
        assert one.field


def test_every_check_has_a_mistake_that_it_tells() -> None:
    of_the_repository = {"acceptance-expired", "acceptance-unused"}  # tests/certification/config/test_accepting.py
    assert {mistake.check for mistake in MISTAKES} == set(CHECKS) - of_the_repository
