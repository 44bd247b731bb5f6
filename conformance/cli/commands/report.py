"""`report`: what can be made from reports that were kept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conformance.core.files import write_atomically
from conformance.core.fixtures import shown
from conformance.core.problems import ExitCode, InputProblem, Position
from conformance.core.terminal import say
from conformance.manifests.input.reading import read_input
from conformance.report.areas_table import areas_table
from conformance.report.kept.reading import alterations, kept_verdict, other_manifests, read_kept, read_report
from conformance.report.kept.shards import merged
from conformance.report.summary import verdict_lines
from conformance.report.write import check_writable, write_reports
from conformance.verdict.causes import causes_of
from conformance.verdict.results import Outcome

__all__ = ["BEGIN", "END", "merge", "run", "show", "table", "verify"]

BEGIN = "<!-- agw-conformance report table: begin -->"
END = "<!-- agw-conformance report table: end -->"


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    match options.what:
        case "table":
            return table(options.reports, options.into)
        case "verify":
            return verify(options.place, options.manifests)
        case "merge":
            return merge(options.reports, options.into)
        case _:
            return show(options.place)


def table(reports: Sequence[str], into: str | None) -> int:
    """Print the table of areas and targets, or put it into a file between the marks for it. Returns an ExitCode.

    Raises InputProblem for what is no report, and for a file without the marks.
    """
    text = areas_table([read_report(Path(one)) for one in reports])
    if into is None:
        for line in text.splitlines():
            say(line)
        return ExitCode.CONFORMANT
    file = Path(into)
    try:
        old = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputProblem(f"cannot be read: {error.strerror}", position=Position(shown(file))) from error
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputProblem(
            "has no place for the table", position=Position(shown(file)), remedy=f"add {BEGIN} and {END}"
        )
    write_atomically(file, f"{before}{BEGIN}\n{text}{END}{after}")
    return ExitCode.CONFORMANT


def verify(place: str, manifests: Sequence[str]) -> int:
    """Say whether a report was altered or belongs to other manifests. Returns FAILED when either is so.

    Of a folder all files of the report must be there; of a report.yaml that is given by itself, none beside it need be.
    Raises InputProblem for what is no report, has no digests, or are no manifests.
    """
    folder, report = read_kept(Path(place))
    found = alterations(folder, report, alone=not Path(place).is_dir())
    if manifests:
        found += other_manifests(report, read_input(manifests, environment=None).manifests)
    for line in found:
        say(f"✗ {line}")
    if found:
        return ExitCode.FAILED
    names = sorted(report["files"])
    here = [name for name in names if (folder / Path(name).name).exists()]
    say(f"✓ as it was written: {', '.join(['report.yaml', *here])}")
    if gone := [name for name in names if name not in here]:
        say(f"  not here: {', '.join(gone)}")
    if manifests:
        say(f"✓ of these manifests: {len(report['inputs']['objects'])} objects")
    say(f"  {report['date']}, {report['tested']}")
    return ExitCode.CONFORMANT


def merge(places: Sequence[str], into: str) -> int:
    """Write the report of a run of which there are the reports of its shards, and say its verdict.

    Returns an ExitCode as that run would. Raises InputProblem for what are no such reports, SetupProblem where the new
    one cannot be written.
    """
    check_writable(Path(into))
    verdict, facts = merged([Path(one) for one in places])
    write_reports(Path(into), verdict, facts)
    show(into)
    if facts.problem or any(one.outcome is Outcome.SETUP_ERROR for one in verdict.results):
        return ExitCode.SETUP_FAILED
    return ExitCode.FAILED if any(map(verdict.fails, verdict.results)) else ExitCode.CONFORMANT


def show(place: str) -> int:
    """Print the summary of a report: table, verdicts, causes with remedies. Raises InputProblem for what is none."""
    folder, report = read_kept(Path(place))
    verdict = kept_verdict(report, folder / "report.yaml")
    lines = verdict_lines(verdict) if verdict.results else []
    for cause in causes_of(verdict.results):
        lines += ["", f"{'warning: ' * verdict.warns(cause.results)}{cause.cause} ({', '.join(cause.providers)})"]
        told = (("id", cause.id), ("at", cause.where), ("remedy", cause.remedy), ("fails", ", ".join(cause.cases)))
        lines += [f"  {name:7} {text}" for name, text in told if text]
    if "setupProblem" in report:
        lines += ["", f"set-up failed: {report['setupProblem']}"]
    lines += ["", f"Tested: {report['tested']}, on {report['date']}."]
    if command := (report.get("reproduce") or {}).get("command"):
        lines.append(f"Again:  {command}")
    for line in lines:
        say(line)
    return ExitCode.CONFORMANT
