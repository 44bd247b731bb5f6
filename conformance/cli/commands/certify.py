"""`certify`: a verdict for given manifests, or for those that the suite makes for a provider."""

from __future__ import annotations

import argparse
import asyncio
import functools
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.certification.certification import Certification, assumptions
from conformance.certification.formats import Format, format_named
from conformance.certification.request import CertifyRequest
from conformance.certification.source import Source, read_given, read_source
from conformance.certification.text import lines_of, lines_of_input
from conformance.certification.whole import certify_source, settings_for, write
from conformance.cli.certify_options import CertifyOptions, arguments_of_a_run, read_certify_options
from conformance.cli.exit_codes import with_exit_code
from conformance.cli.watching import again, changes, watched
from conformance.cli.writing import FixOptions
from conformance.cli.writing import write as write_change
from conformance.core.files import ScratchFolder
from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.progress import progress_for
from conformance.core.terminal import say
from conformance.manifests.acceptance import Acceptance
from conformance.report.annotations import on_github, problem_command, workflow_commands
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.registry import TARGETS
from conformance.verdict.results import Outcome

if TYPE_CHECKING:
    from conformance.certification.mending import Search

__all__ = ["certify", "run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return certify(rest)


def certify(arguments: Sequence[str]) -> int:
    """Certify what the arguments name. Returns an ExitCode; raises InputProblem and SetupProblem."""
    form: Format | None = None
    try:
        options = read_certify_options(arguments)
        form = format_named(options.format)
        # Before there is anything to clean up.
        if enter := TARGETS[options.request.run.on.target].own_network():
            enter()
        if options.full:
            return _full(arguments, options.request)
        return _watch(options) if options.watch else _certify_parts(options, form)
    except InputProblem as problem:
        if form is not None:
            print(form.refused(problem))
        elif on_github():
            print(problem_command(problem))
        raise


def _certify_parts(options: CertifyOptions, form: Format | None) -> int:
    """Each part by itself; a mistake in one keeps no other from its verdict. Returns the worst exit code."""
    idle: list[list[Acceptance]] = []
    if len(options.named) == 1:
        return _certify(options.request, options, form, idle)
    worst = 0
    for name, request in options.named:
        say(f"== {name}", flush=True)
        code = with_exit_code(functools.partial(_certify, request, options, form, idle))
        if code == ExitCode.INTERRUPTED:
            return code
        worst = max(worst, code)
    for one in idle[0] if len(idle) == len(options.named) else ():
        # Those for some files have been told of there.
        if not one.files and all(one in others for others in idle):
            say(f"warning: {one.origin.at(*one.path)}: nothing is found that {one.check} accepts - take it away")
    return worst


def _watch(options: CertifyOptions) -> int:
    """All once, then what is saved; ends by an interruption."""
    if with_exit_code(functools.partial(_certify_parts, options, None)) == ExitCode.INTERRUPTED:
        return ExitCode.INTERRUPTED
    sys.stdout.flush()

    def certify_part(request: CertifyRequest, source: Source | None) -> int:
        code = with_exit_code(functools.partial(_certify, request, options, None, [], source))
        if code == ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        # Who watches by way of a file or a pipe wants it now.
        sys.stdout.flush()
        return code

    folders = watched(request for _, request in options.named)
    say(f"watching {', '.join(map(str, folders))}; Ctrl-C ends it", flush=True)
    for saved in changes(folders):
        again(saved, options.named, certify_part)
    return ExitCode.INTERRUPTED


def _certify(
    request: CertifyRequest,
    options: CertifyOptions,
    form: Format | None,
    idle: list[list[Acceptance]],
    source: Source | None = None,
) -> int:
    try:
        source = source or read_source(request)
    except InputProblem as problem:
        if form is None:
            _mend_input(problem, request, options.fix)
        raise
    settings = settings_for(request, source)
    # Who reads a log wants to know what takes long; on the embedded target nothing does.
    quiet = options.quiet or (isinstance(settings.on, EmbeddedOptions) and not sys.stderr.isatty())
    with progress_for(sys.stderr, quiet=quiet) as progress:
        found, search = asyncio.run(certify_source(source, settings, request, progress))
    unwritten = _unwritten(found)
    if form is not None:
        print(form.certified(found))
    else:
        _tell(found, search, options)
    if options.fix.wanted and search is not None and search.fix is not None:
        write_change(search.fix, source.texts, options.fix)
    idle.append(found.idle)
    if failure := unwritten or found.problem:
        raise failure
    if any(one.outcome is Outcome.SETUP_ERROR for one in found.verdict.results):
        return ExitCode.SETUP_FAILED
    if found.failed:
        return ExitCode.FAILED
    return ExitCode.BAD_INPUT if found.unresolved else ExitCode.CONFORMANT


def _unwritten(found: Certification) -> SetupProblem | None:
    """Why there is no report though one was asked for; what is told names none then, and is told all the same."""
    try:
        write(found)
    except SetupProblem as problem:
        found.settings = replace(found.settings, report=None)
        return problem
    return None


def _tell(found: Certification, search: Search | None, options: CertifyOptions) -> None:
    for line in lines_of(found, search, quiet=options.quiet, verbose=options.verbose):
        say(line)
    if on_github():
        for line in workflow_commands(found.verdict):
            print(line)


def _mend_input(problem: InputProblem, request: CertifyRequest, fix: FixOptions) -> None:
    """Print the change by which input that cannot be used becomes conformant, if there is one."""
    paths = request.run.manifests
    if not request.fix or not paths or "-" in paths:
        return
    from conformance.certification.fixing import seek_fix_of_input

    search = asyncio.run(seek_fix_of_input(problem, request))
    if search is not None and search.fix is not None:
        for line in lines_of_input(problem, search):
            say(line)
        if fix.wanted:
            write_change(search.fix, search.before, fix)


def _full(arguments: Sequence[str], request: CertifyRequest) -> int:
    paths = request.run.manifests
    others = arguments_of_a_run(arguments, paths)
    given = [part for path in paths for part in ("--manifests", path)]
    if "-" not in paths:
        return _run_all([*given, *others], request, None)
    with ScratchFolder() as folder:
        # Standard input can be read once, but every worker needs the manifests.
        copy = folder / "stdin.yaml"
        copy.write_bytes(sys.stdin.buffer.read())
        return _run_all([*given, "--stdin", str(copy), *others], request, copy)


def _run_all(arguments: Sequence[str], request: CertifyRequest, stdin: Path | None) -> int:
    """The run; for who is strict, nothing that is assumed passes, whatever the cases say."""
    from conformance.cli.commands.run import run_cases

    given = read_given(request, request.run.manifests, stdin) if request.strict else None
    errors = assumptions(given) if given is not None else []
    code = run_cases(arguments)
    for one in errors:
        say(f"error: {one}")
    return ExitCode.FAILED if errors and code == ExitCode.CONFORMANT else code
