"""`changed`: the manifests that a change concerns, listed or certified, folder by folder."""

from __future__ import annotations

import argparse
import functools
import shlex
from collections.abc import Sequence
from pathlib import Path

from conformance.certification.config.reading import load_config
from conformance.cli.changes import Group, changed_files, groups
from conformance.cli.exit_codes import with_exit_code
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say

__all__ = ["certify_groups", "changed", "run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    config = options.config
    how = {"certify": options.certify, "report": options.report, "options": options.options}
    return changed(options.files, options.base, config=config, **how)


def changed(
    files: Sequence[str],
    base: str | None,
    *,
    certify: bool,
    report: str | None,
    options: str,
    config: str | None = None,
) -> int:
    """List or certify the folders of `files`, else of what differs from `base`. Returns an ExitCode.

    `options` are further ones of `certify`, as on a command line. Raises InputProblem, SetupProblem.
    """
    said = load_config(config)
    found = groups([Path(one) for one in files] if files else changed_files(base), said)
    if not certify:
        for group in found:
            for file in group.files:
                say(str(file))
        return ExitCode.CONFORMANT
    if not found:
        print("nothing to certify: no changed file stands in a folder with a Backend of an AI provider")
        return ExitCode.CONFORMANT
    also = ["--config", config] if config else []
    return certify_groups(found, Path(report) if report else None, [*also, *split_options(options)])


def certify_groups(found: Sequence[Group], report: Path | None, options: Sequence[str]) -> int:
    """Certify each folder by itself, and say which: two may hold the same objects. Returns the worst exit code.

    Each folder's report goes to the folder of the same name below `report`.
    """
    # Imported here: who only lists should not wait for it.
    from conformance.cli.commands.certify import certify

    worst = 0
    for group in found:
        say(f"== {group.folder}", flush=True)
        places = ["--report", str(report / _inside(group.folder))] if report else []
        given = [_no_option(one) for one in group.files] if group.arguments is None else group.arguments
        arguments = [*given, *places, *options]
        code = with_exit_code(functools.partial(certify, arguments))
        if code == ExitCode.INTERRUPTED:
            return code
        worst = max(worst, code)
    return worst


def split_options(options: str) -> list[str]:
    """The words of a command line. Raises InputProblem when a quotation does not end."""
    try:
        return shlex.split(options)
    except ValueError as error:
        remedy = "write them as for a shell"
        raise InputProblem(f"--options {options}: {str(error).lower()}", remedy=remedy) from error


def _inside(folder: Path) -> Path:
    """The folder as seen from here. Raises InputProblem when it lies elsewhere: so would its report."""
    there, here = folder.resolve(), Path.cwd().resolve()
    if not there.is_relative_to(here):
        remedy = "run this in the folder of the checkout"
        raise InputProblem(f"{folder}: lies outside of this folder, so --report has no place for it", remedy=remedy)
    return there.relative_to(here)


def _no_option(file: Path) -> str:
    return f"./{file}" if str(file).startswith("-") else str(file)
