"""Runs with gateway profiles, and the committed reports of the gateways that these imitate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import yaml

from conformance.certification.engine import run_tests
from conformance.certification.selection import GivenTest
from conformance.core.deadlines import Patience
from conformance.proof.tests import all_tests
from conformance.stage.case import catalogue
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import DOCUMENTED_PROVIDERS, Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.embedded.profiles import Profile
from conformance.targets.run import conformance_run
from conformance.verdict.deviations import Deviation, list_for, load
from conformance.verdict.judge import Judge
from conformance.verdict.results import Result
from tests.support.paths import ROOT

__all__ = ["REPORTS", "all_of", "entries_of", "expected_of", "played"]

REPORTS = {
    ("agentgateway-1.4", "agentgateway-1"): "kind-agentgateway-1",
    ("agentgateway-1.4", "kgateway-2.1"): "standalone-1.4.1",
    ("agentgateway-main", "kgateway-2.1"): "standalone-main",
    ("agentgateway-main", "agentgateway-1"): "standalone-agentgateway-1-main",
    ("agentgateway-0.10", "kgateway-2.1"): "standalone-0.10.5",
    ("kgateway-2.1", "kgateway-2.1"): "kind-kgateway-2.1",
}
"""By profile and dialect, the report of the gateway that is imitated."""


def expected_of(profile: Profile) -> Mapping[str, str]:
    """The verdicts of the real gateway's report, by test as it is called here.

    Of tests that are newer than it only those are known that a list of deviations was given an entry for.
    """
    entries = [one for one in entries_of(profile) if not one.sometimes]
    real, found = _read(REPORTS[profile.name, profile.dialect]), {}
    for test in all_of(profile):
        if verdicts := [real[name] for name in _names_of(test.name) if name in real]:
            found[test.name] = verdicts[0]
        elif any(one.covers(test.case.id, test.name) for one in entries):
            found[test.name] = "deviation"
    return found


def _names_of(test: str) -> list[str]:
    """A test's name, and as pytest has it: empty labels, other letters and functions are written otherwise."""
    written = re.sub(r"<function (\w+) at \w+>", r"\1", test.encode("ascii", "backslashreplace").decode())
    return [test, written, f"{test.removesuffix(']')}-]"]


@cache
def _read(name: str) -> Mapping[str, str]:
    text = (ROOT / "reports" / name / "report.yaml").read_text(encoding="utf-8")
    return {one["test"]: one["verdict"] for one in yaml.load(text, yaml.CSafeLoader)["cases"]}


def entries_of(profile: Profile) -> tuple[Deviation, ...]:
    """What the lists say of the gateway that is imitated."""
    imitated = profile.imitated
    cases = [one.id for one in catalogue()]
    return load(list_for(imitated.version), cases, version=imitated.version, target=imitated.target)


def all_of(profile: Profile) -> list[GivenTest]:
    """All tests that can fail, with each of the documented providers."""
    first, *others = DOCUMENTED_PROVIDERS
    found = all_tests(DOCUMENTED_PROVIDERS, profile.dialect)
    for name in others:
        found += [one for one in all_tests((name, first), profile.dialect) if not one.together]
    return found


async def played(profile: Profile, tests: Iterable[GivenTest]) -> list[Result]:
    """What comes of these tests in a run with the profile."""
    chosen = list(tests)
    profiles = tuple(documented_profile(name, profile.dialect) for name in DOCUMENTED_PROVIDERS)
    options = EmbeddedOptions(gateway_profile=profile.name).of(profile.dialect)
    settings = Settings(profiles, options, dialect=profile.dialect)
    keys = [key for test in chosen for key in test.keys]
    # As for mutants: much of it fails, and need not be waited for.
    async with conformance_run(settings, keys, Patience(0.07, 0.3)) as arrangement:
        judge = Judge(settings, lambda: arrangement.target.implementation)
        return [one async for one in run_tests(chosen, arrangement, judge)]
