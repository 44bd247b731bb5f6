"""Certifies what was given: checks it, lets it stand on a target, plays the tests, and seeks a change that mends it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.certification.checked import attributed, results_of_checks, told_of
from conformance.certification.checks import CHECKS, Defect, Severity, Sheet, check
from conformance.certification.checks.rules.listeners import UNTRIED
from conformance.certification.engine import run_tests
from conformance.certification.selection import GivenTest, check_cases, further_ways, given_tests
from conformance.certification.standing import Standing, look
from conformance.core.problems import SetupProblem
from conformance.core.progress import Progress
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.dialects import dialect_named
from conformance.manifests.gateways import GatewayFacts
from conformance.manifests.input.reading import Given
from conformance.manifests.objects import ObjectId
from conformance.stage.case import CHECKS as AREA
from conformance.stage.scenario.profile import Profile, given_profiles
from conformance.stage.settings import Settings
from conformance.stage.target import UNSEEN, Implementation
from conformance.targets.run import conformance_run
from conformance.verdict.causes import Cause
from conformance.verdict.extent import extents_of
from conformance.verdict.judge import Judge
from conformance.verdict.results import Outcome, Result, Verdict

__all__ = ["Certification", "assumptions", "certify_given"]


@dataclass(repr=False)
class Certification:
    """What a certification has come to so far, stage by stage.

    It is not spelt out as dataclasses are: asyncio.run asks for that, of what it returns, and throws it away, which for
    hundreds of providers were hundreds of megabytes.
    """

    given: Given
    settings: Settings
    verdict: Verdict
    implementation: Implementation = UNSEEN
    defects: list[Defect] = field(default_factory=list)
    checked: list[Result] = field(default_factory=list)
    """What the static checks come to; where cases were chosen, only errors and chosen checks are in the verdict."""
    standing: Standing | None = None
    problem: SetupProblem | None = None
    idle: list[Acceptance] = field(default_factory=list)
    """What the repository accepts and nothing needs."""

    @property
    def failed(self) -> bool:
        """Whether something fails the run."""
        return any(self.verdict.fails(one) for one in self.verdict.results)

    @property
    def unresolved(self) -> bool:
        """Whether something could not be judged, for who is strict."""
        return self.given.strict and any(one.outcome is Outcome.NOT_JUDGED for one in self.verdict.results)

    def counts(self, cause: Cause) -> bool:
        """Whether a cause fails the run."""
        return any(self.verdict.fails(one) or one.outcome is Outcome.SETUP_ERROR for one in cause.results)

    def check(self, version: str | None) -> None:
        """Let the static checks look at what was given; `version` is the gateway's, if it is known."""
        others = _of_others(self.given, self.settings.profiles)
        self.defects = [one for one in check(sheet_of(self.given, version)) if one.about not in others]
        self.checked = results_of_checks(self.defects, self.settings.profiles, self.settings.again())


def _of_others(given: Given, chosen: Sequence[Profile]) -> set[ObjectId]:
    """The objects of providers that are not certified this time: what is wrong with them is none of the others'."""
    if len(chosen) >= len(given.configuration.backends):
        return set()
    mine = {one.id for profile in chosen for one in profile.manifests}
    every = given_profiles(given.manifests, given.dialect, keyless=True)
    return {one.id for profile in every for one in profile.manifests} - mine


async def certify_given(given: Given, settings: Settings, progress: Progress) -> Certification:
    """All stages but the search for a fix. A SetupProblem ends them, and is told in the outcome."""
    found = Certification(given, settings, Verdict(settings.threshold, unknown=settings.unknown))
    ways = further_ways(given.manifests, settings.profiles, settings.dialect)
    tests = given_tests([profile.name for profile in settings.profiles], settings.dialect, ways)
    wanted = _wanted(tests, settings)
    check_cases(settings.cases, CHECKS)
    tests = [test for test in tests if not settings.cases or test.case.id in settings.cases]
    progress.begin("checks")
    found.check(_version(settings))
    progress.stage("checks", counted(found.defects))
    try:
        if not any(one.check in UNTRIED for one in found.defects):
            await _play(found, tests, progress)
    except SetupProblem as problem:
        found.problem = problem
    if settings.cases:
        # A mistake that the checks see fails the run whatever was chosen: a green job must not hide it.
        errors = [one for ones in told_of(found.checked).values() for one in ones]
        found.verdict.results += [one for one in found.checked if one.case in settings.cases or one in errors]
    else:
        untried = _untried(found)
        found.verdict.results[:0] = found.checked
        found.problem = found.problem or (None if found.failed else untried)
    found.verdict.extents = extents_of(found.verdict, wanted)
    return found


def _wanted(tests: Sequence[GivenTest], settings: Settings) -> dict[str, Counter[str]]:
    """By provider how many tests make a verdict, by case; each check is one."""
    wanted = {profile.name: Counter(f"{AREA}/{check}" for check in CHECKS) for profile in settings.profiles}
    for test in tests:
        for provider in {key.provider for key in test.keys}:
            wanted[provider][test.case.id] += 1
    return wanted


def _untried(found: Certification) -> SetupProblem | None:
    """The problem that a target can try nothing of what was given for a provider: that is no verdict."""
    results: dict[str, list[Result]] = defaultdict(list)
    for one in found.verdict.results:
        for name in one.providers:
            results[name].append(one)
    for profile in found.settings.profiles:
        mine = results[profile.name]
        if mine and all(one.outcome is Outcome.NOT_APPLICABLE for one in mine):
            message = f"nothing of {profile.name} can be tried on the {found.settings.target} target"
            return SetupProblem(f"{message}: {mine[0].reason}", remedy="use another target")
    return None


async def _play(found: Certification, tests: Sequence[GivenTest], progress: Progress) -> None:
    settings = found.settings
    progress.begin("objects")
    async with conformance_run(settings, [key for test in tests for key in test.keys]) as arrangement:
        found.implementation = arrangement.target.implementation
        if found.implementation.product and _version(settings) is None:
            # Of a gateway in a cluster version and listeners are only known now, and some checks are about them.
            found.given = with_standing(found.given, arrangement.target.gateway.facts)
            found.check(found.implementation.version)
        found.standing = await look(arrangement)
        progress.stage("objects", f"{found.standing.accepted} accepted")
        progress.begin("exchanges")
        judge = Judge(settings, lambda: arrangement.target.implementation)
        counts = {profile.name: [0, 0, 0] for profile in settings.profiles}
        for test in tests:
            for key in test.keys:
                counts[key.provider][1] += 1
        told = told_of(found.checked)
        async for result in run_tests(tests, arrangement, judge, in_vain=set(told)):
            found.verdict.results.append(attributed(result, told))
            for name in result.providers:
                counts[name][0] += 1
                counts[name][2] += result.outcome is Outcome.FAIL
                progress.provider(name, *counts[name])
        if found.standing.troubles and arrangement.target.brings_gateway:
            # The cases have waited for a real controller; what they went by is what is told.
            found.standing = await look(arrangement)


def with_standing(given: Given, stands: GatewayFacts | None) -> Given:
    """The same with the Gateway of a cluster as it is, in place of what was taken for granted of it."""
    if stands is None:
        return given
    place = (stands.namespace, stands.name)
    known = (stands if (one.namespace, one.name) == place else one for one in given.gateways)
    return replace(given, gateways=tuple(known))


def sheet_of(given: Given, version: str | None) -> Sheet:
    """What static checks look at; without a version, with that of the gateway that the dialect is measured on."""
    return Sheet(
        given.manifests,
        given.configuration,
        given.dialect,
        given.gateways,
        version or dialect_named(given.dialect).GATEWAY_VERSION,
        version is None,
        given.routes,
        given.facts,
        {(one.namespace, one.name): one for one in given.services},
        given.assumed,
        given.strict,
        frozenset((one.kind, one.namespace, one.name) for left in given.left_out if (one := left.manifest)),
        given.natives,
        given.sources,
        given.acceptances,
        tuple(one for left in given.left_out if (one := left.manifest)),
        bool(given.rendered),
    )


def assumptions(given: Given) -> list[Defect]:
    """What is an error for who is strict, and else is not, for it is assumed."""
    lenient, strict = (check(sheet_of(replace(given, strict=strict), None)) for strict in (False, True))
    return [one for one in strict if one not in lenient]


def counted(defects: Sequence[Defect]) -> str:
    """How many errors and warnings, in words."""
    errors = sum(one.severity is Severity.ERROR for one in defects)
    named = [(errors, "error"), (len(defects) - errors, "warning")]
    return ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in named if number) or "nothing found"


def _version(settings: Settings) -> str | None:
    tested, imitated = settings.on.implementation, settings.on.imitated
    if imitated is not None:
        return imitated.version
    return tested.version if tested.product and tested is not UNSEEN else settings.gateway_version
