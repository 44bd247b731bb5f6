"""Gateway profiles: each does what its list of deviations says and no more, so that its report is the real one's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance.core.problems import InputProblem
from conformance.proof.sight import SEES
from conformance.targets.embedded import profiles
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.embedded.profiles import PROFILES, Change, Profile, profile_of
from conformance.verdict.results import Outcome
from tests.support.nightly import BY_NIGHT, share
from tests.support.profiles import REPORTS, all_of, entries_of, expected_of, played

# Only gateways in a cluster have pods; and there all requests come in by one port of the documented Gateway.
_IN_CLUSTERS = {
    "lifecycle/control-plane-restart",
    "lifecycle/proxy-restart",
    "secrets/hidden-in-config-dump",
    "lifecycle/last-route-deleted",
    "routing/listener-host",
}
# The binary's own configuration knows no copies of requests to a provider.
_IN_FILES = {"routing/mirror-filter", "routing/mirror-share"}
ONE_SIDED = {
    "kind-agentgateway-1": _IN_CLUSTERS,
    # The standard channel of the Gateway API 1.4 has no such filter.
    "kind-kgateway-2.1": {*_IN_CLUSTERS, "routing/cors-answers", "routing/cors-preflight"},
    "standalone-1.4.1": _IN_FILES,
    "standalone-main": _IN_FILES,
    "standalone-agentgateway-1-main": _IN_FILES,
    # Nor had it, in 0.10, places for keys, alternative names, weights, or two modifiers in one rule.
    "standalone-0.10.5": {
        *_IN_FILES,
        "auth/client-cannot-replace-moved-key",
        "auth/header-name-alone",
        "auth/header-name-moves-key",
        "auth/prefix-changes",
        "auth/prefix-spacing",
        "routing/filters-of-rule-and-backend",
        "routing/weight-zero",
        "routing/weights-shared",
        "tls/alternative-name-accepted",
        "tls/alternative-name-required",
        "tls/wildcard-is-one-label",
    },
}
"""By report, the cases that either the embedded target or the one of the report cannot play."""


def named(profile: Profile) -> str:
    return f"{profile.name}-{profile.dialect}"


def of_day(profile: Profile) -> Iterator[str]:
    """Tests to play by day: the first of each entry that must show, and a few of the others."""
    real = expected_of(profile)
    tests = [one for one in all_of(profile) if one.name in real]
    for entry in entries_of(profile):
        fitting = [one for one in tests if entry.covers(one.case.id, one.name) and real[one.name] == "deviation"]
        yield from [] if entry.sometimes else [one.name for one in fitting[:1]]
    yield from [one.name for one in share(tests, 7, 120) if real[one.name] == "pass"]


def test_every_report_has_its_profile() -> None:
    assert {(one.name, one.dialect) for one in PROFILES} == set(REPORTS)
    for one in PROFILES:
        assert one.imitated.told in one.implementation.imitates
        assert not one.implementation.product


@pytest.mark.parametrize("profile", PROFILES, ids=named)
def test_changes_and_entries_go_together(profile: Profile) -> None:
    made = [entry for change in profile.changes for entry in change.entries]
    assert len(made) == len(set(made))
    # What shows only now and then is a deviation whether it shows or not.
    assert set(made) == {(one.case, one.test) for one in entries_of(profile) if not one.sometimes}
    for change in profile.changes:
        assert change.entries, change
        assert change.steps, change
        assert set(change.steps) <= set(SEES), change


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES if BY_NIGHT else [PROFILES[0], PROFILES[-1]], ids=named)
async def test_the_report_is_the_real_ones(profile: Profile) -> None:
    real, chosen = expected_of(profile), set(of_day(profile))
    tests = [one for one in all_of(profile) if one.name in real and (BY_NIGHT or one.name in chosen)]
    differing, one_sided = {}, set[str]()
    for one in await played(profile, tests):
        pair = one.outcome.value, real[one.test]
        if Outcome.NOT_APPLICABLE.value in pair and pair[0] != pair[1]:
            one_sided.add(one.case)
        elif pair[0] != pair[1]:
            differing[one.test] = (*pair, one.reason)
    assert differing == {}
    assert one_sided <= ONE_SIDED[REPORTS[profile.name, profile.dialect]]


def needed(profile: Profile) -> list[Change]:
    return share(profile.changes, 5, 12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "change"),
    [
        pytest.param(profile, change, id=f"{named(profile)}-{change.entries[0][0]}")
        for profile in (PROFILES[0], PROFILES[-1])
        for change in needed(profile)
    ],
)
async def test_without_a_change_its_entries_do_not_show(
    profile: Profile, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = replace(profile, changes=tuple(one for one in profile.changes if one is not change))
    monkeypatch.setattr(profiles, "PROFILES", (less,))
    tests, real = [], expected_of(profile)
    for case, part in change.entries:
        fitting = [one for one in all_of(profile) if one.case.id == case and part in one.name]
        tests += [one for one in fitting if real.get(one.name) == "deviation"][:1]
    for one in await played(less, tests):
        assert one.outcome is Outcome.FAIL, one.case
        assert one.reason.startswith("listed deviation no longer occurs"), one.case


@pytest.mark.parametrize(
    ("asked", "dialect", "told"),
    [
        ("1.5", "", "--gateway-profile 1.5: unknown"),
        ("newest", "", "--gateway-profile newest: unknown"),
        ("0.10", "agentgateway-1", "that gateway was not measured with the dialect agentgateway-1"),
    ],
)
def test_what_cannot_be_imitated(asked: str, dialect: str, told: str) -> None:
    with pytest.raises(InputProblem) as caught:
        EmbeddedOptions(gateway_profile=asked).of(dialect)
    assert told in caught.value.message
    assert str(caught.value.remedy).startswith("one of: agentgateway-1.4")


def test_short_names() -> None:
    assert [profile_of(one).name for one in ("1.4", "main", "0.10", "kgateway-2.1")] == list(profiles.NAMES)
    assert profile_of("1.4", "kgateway-2.1").imitated.target == "standalone"
