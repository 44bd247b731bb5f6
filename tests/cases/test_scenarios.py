"""Scenarios of the cases: every one can be made of the documented manifests, and names tell them apart."""

from __future__ import annotations

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.stage.case import catalogue
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.scenario.scenario import Material, Scenario, draft_of
from conformance.stage.settings import DOCUMENTED_PROVIDERS

MATERIAL = Material("trusted", "other", "kgateway-system", "agentgateway")

NEWER = (
    *("failover", "failover-unlike"),
    *("transformed", "answered", "host-kept"),
    *("key-in-query", "key-in-cookie", "keys-of-policies", "two-keys", "callers"),
    *("apis-prefix", "apis-prefix-model", "apis-rewrite"),
    *("fields-of-policies", "prompts-of-policies", "aliases-of-policies", "two-policies", "key-of-another-name"),
    *("path-prefix", "path-prefix-slash"),
    *("in-a-row", "two-levels", "redirected-same-method"),
    *(f"nameless-{identity}" for identity in ("wrong-name", "other-authority", "expired")),
)
"""Scenarios of what kgateway 2.1 has no way to say: health, policies on routes, other places for keys, several APIs,
prefixes of paths."""


def scenarios() -> set[Scenario]:
    return {scenario for case in catalogue() for scenario in case.scenarios}


@pytest.mark.parametrize("provider", DOCUMENTED_PROVIDERS)
def test_documented_manifests_can_be_made_into_every_scenario(provider: str) -> None:
    # At a run a scenario that cannot be made of someone's manifests is not applicable; of the page's it must be.
    profiles = {dialect: documented_profile(provider, dialect) for dialect in DIALECTS}
    for scenario in scenarios():
        profile = profiles["agentgateway-1" if scenario.name in NEWER else "kgateway-2.1"]
        draft = draft_of(scenario, profile.manifests, profile.provider, scenario.name, MATERIAL)
        assert len(draft.manifests) > 0, scenario.name


def test_one_name_is_one_set_of_manifests() -> None:
    changes = {scenario.name: scenario.changes for scenario in scenarios()}
    clashing = {one.name for one in scenarios() if changes[one.name] != one.changes}
    assert not clashing
