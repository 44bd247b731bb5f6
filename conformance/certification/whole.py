"""A certification from the request to the verdict and, where something fails, the change that mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.certification.certification import Certification, certify_given
from conformance.certification.config.accepting import UNUSED, accept, idle, in_force, unused
from conformance.certification.request import CertifyRequest, settings_of, version_of
from conformance.certification.source import Source
from conformance.core.problems import InputProblem, Position
from conformance.core.progress import Progress
from conformance.stage.settings import Settings
from conformance.verdict.blame import NOT_IN_MANIFESTS, alike

if TYPE_CHECKING:
    from conformance.certification.mending import Search

__all__ = ["certify_source", "settings_for", "write"]


def settings_for(request: CertifyRequest, source: Source) -> Settings:
    """What the request comes to for what it names.

    Raises SetupProblem for a missing binary, this or InputProblem for a report that could not be written.
    """
    given = source.given
    own = tuple(part for one in request.secrets for part in ("--secret", one))
    own += ("--strict",) if request.strict else ()
    own += ("--gateway-version", request.gateway_version) if request.gateway_version else ()
    settings = settings_of(
        request.run,
        given.manifests,
        given.dialect,
        source.profiles,
        certify=own,
        evidence=request.evidence,
        gateway_version=request.gateway_version,
    )
    on = settings.on
    versioned = on.implementation.product or on.imitated is not None
    if request.config.gateway_version and not request.gateway_version and not versioned:
        settings = replace(settings, gateway_version=_configured_version(request, given.dialect))
    if settings.report is not None:
        # Only who writes reports waits for what they are made with.
        from conformance.report.write import check_writable

        check_writable(settings.report)
    return settings


def _configured_version(request: CertifyRequest, dialect: str) -> str:
    try:
        return version_of(request.config.gateway_version or "", request.run, dialect)
    except InputProblem as problem:
        where = Position(request.config.file)
        raise InputProblem(problem.message, position=where, field="gatewayVersion", remedy=problem.remedy) from None


async def certify_source(
    source: Source, settings: Settings, request: CertifyRequest, progress: Progress
) -> tuple[Certification, Search | None]:
    """The certification, and what came of the search for a change; None: none was sought."""
    found = await certify_given(source.given, settings, progress)
    await _look_twice(found, source, request)
    _accept(found, scattered=request.scattered)
    if not found.failed or found.problem is not None or not request.fix or not source.texts:
        return found, None
    # Only who needs mending waits for what it is done with.
    from conformance.certification.fixing import seek_fix

    progress.begin("fix")
    search = await seek_fix(found, source, request)
    found.verdict.fix = search.fix if search else None
    progress.stage("fix", search.note if search else "not sought")
    return found, search


def _accept(found: Certification, *, scattered: bool) -> None:
    """Take what the repository accepts off the failures; what accepts nothing is a warning."""
    if not found.given.acceptances:
        return
    results, acceptances = found.verdict.results, in_force(found.given.acceptances)
    found.idle = idle(acceptances, results)
    # Without a file it may be meant for what is certified besides.
    asked = not found.settings.cases or UNUSED in found.settings.cases
    told = [one for one in found.idle if asked and (one.files or not scattered)]
    warnings = unused(told, found.settings.profiles, found.settings.again())
    names = {one.case for one in warnings}
    kept = (one for one in results if one.case not in names)
    found.verdict.results[:] = [*accept([*kept], acceptances), *warnings]


async def _look_twice(found: Certification, source: Source, request: CertifyRequest) -> None:
    """Blame no gateway for what the reference gateway does not pass either with the same manifests."""
    results = found.verdict.results
    blaming = [one for one in results if one.remedy.startswith(NOT_IN_MANIFESTS)]
    if not blaming or not found.implementation.product or found.problem is not None:
        return
    from conformance.certification.trial import try_out

    failed = [one.case for one in blaming]
    trial = await try_out(source.given, found.settings.threshold, failed, wanted=request.run.providers)
    if trial.good:
        return
    reason = trial.unusable or next((one.message for one in trial.defects), "") or trial.failures[0].cause
    found.verdict.results[:] = [replace(one, remedy=alike(reason)) if one in blaming else one for one in results]


def write(found: Certification) -> None:
    """Write the reports, if any were asked for. Raises SetupProblem."""
    settings = found.settings
    if settings.report is None:
        return
    from conformance.report.facts import run_facts
    from conformance.report.write import write_reports

    write_reports(settings.report, found.verdict, run_facts(settings, found.implementation, found.problem))
