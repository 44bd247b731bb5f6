"""`certify`: a verdict for given manifests, or for those that the suite makes for a provider."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.certify.certification import Certification, certify_given
from conformance.certify.options import arguments_of_a_run, read_certify_options, secret_variables
from conformance.certify.reading import Given, read_input
from conformance.certify.text import lines_of
from conformance.cluster_options import place
from conformance.options import Settings, check_options, choose_profiles, settings_of
from conformance.problems import ExitCode, InputProblem
from conformance.profile import given_profiles
from conformance.progress import progress_for
from conformance.redaction import redact
from conformance.report.annotations import on_github, problem_command, workflow_commands
from conformance.scratch import ScratchFolder
from conformance.verdict import Outcome

__all__ = ["certify"]


def certify(arguments: Sequence[str]) -> int:
    """Certify what the arguments name. Returns an ExitCode; raises InputProblem and SetupProblem."""
    options = read_certify_options(arguments)
    if options.target == "standalone":
        _enter_private_network()
    if options.full:
        return _full(arguments, options)
    try:
        return _certify(options)
    except InputProblem as problem:
        if on_github():
            print(redact(problem_command(problem)))
        raise


def _certify(options: argparse.Namespace) -> int:
    check_options(options)
    given = _read(options)
    options.manifests = options.paths
    profiles = choose_profiles(given_profiles(given.manifests, given.dialect), options.provider)
    settings = settings_of(options, given.manifests, given.dialect, profiles)
    if settings.report is not None:
        _check_writable(settings.report)
    # Who reads a log wants to know what takes long; on the embedded target nothing does.
    quiet = options.quiet or (settings.target == "embedded" and not sys.stderr.isatty())
    with progress_for(sys.stderr, quiet=quiet) as progress:
        found = asyncio.run(certify_given(given, settings, progress))
    for line in lines_of(found, quiet=options.quiet, verbose=options.verbose):
        print(redact(line))
    if on_github():
        for line in workflow_commands(found.verdict):
            print(line)
    if settings.report is not None:
        _write(found, settings)
    if found.problem is not None:
        raise found.problem
    if any(one.outcome is Outcome.SETUP_ERROR for one in found.verdict.results):
        return ExitCode.SETUP_FAILED
    return ExitCode.FAILED if found.failed else ExitCode.CONFORMANT


def _read(options: argparse.Namespace) -> Given:
    gateway = place(options.gateway, "--gateway") if options.gateway else None
    return read_input(
        options.paths,
        secrets=secret_variables(options.secret),
        gateway=gateway,
        dialect=options.dialect,
        environment=os.environ,
    )


def _write(found: Certification, settings: Settings) -> None:
    # Only who writes reports waits for what they are made with.
    from conformance.report.facts import run_facts
    from conformance.report.write import write_reports

    assert settings.report is not None
    write_reports(settings.report, found.verdict, run_facts(settings, found.implementation, found.problem))


def _check_writable(folder: Path) -> None:
    from conformance.report.write import check_writable

    check_writable(folder)


def _enter_private_network() -> None:
    """Begin again in a network of the run's own where the target wants one, before there is anything to clean up."""
    from conformance.standalone import namespace

    if command := namespace.decide():
        namespace.enter(command)


def _full(arguments: Sequence[str], options: argparse.Namespace) -> int:
    from conformance.commands.run import run_cases

    others = arguments_of_a_run(arguments, options.paths)
    given = [part for path in options.paths for part in ("--manifests", path)]
    if "-" not in options.paths:
        return run_cases([*given, *others])
    with ScratchFolder() as folder:
        # Standard input can be read once, but every worker needs the manifests.
        copy = folder / "stdin.yaml"
        copy.write_bytes(sys.stdin.buffer.read())
        return run_cases([*given, "--stdin", str(copy), *others])
