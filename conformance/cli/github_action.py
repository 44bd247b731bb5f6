"""What our GitHub Action runs: certifies, then hands verdict, summary and place of the report to the runner.

Source: GitHub Docs, "Workflow commands for GitHub Actions": GITHUB_OUTPUT takes lines `name=value`,
GITHUB_STEP_SUMMARY takes Markdown, no more than 1 MiB for a step.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from conformance.certification.config.reading import load_config
from conformance.cli.changes import changed_files, fetched, groups
from conformance.cli.commands import certify as certify_command
from conformance.cli.commands.changed import certify_groups, split_options
from conformance.cli.exit_codes import with_exit_code
from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.terminal import one_line, say
from conformance.report.annotations import problem_command

__all__ = ["certify", "main"]

_SUMMARY_LIMIT = 1_000_000
"""Bytes; leaves room for our last line."""

_VERDICTS = {
    ExitCode.CONFORMANT: "conformant",
    ExitCode.FAILED: "not conformant",
    ExitCode.BAD_INPUT: "bad input",
    ExitCode.SETUP_FAILED: "set-up failed",
    ExitCode.INTERRUPTED: "interrupted",
}
NOTHING = "nothing to certify"


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Certify what the inputs say, which come as AGW_...; returns an exit code."""
    report = Path(environment.get("AGW_REPORT") or "agw-conformance-report")
    try:
        code, verdict = certify(environment, report)
    except (InputProblem, SetupProblem) as problem:
        bad_input = isinstance(problem, InputProblem)
        code = ExitCode.BAD_INPUT if bad_input else ExitCode.SETUP_FAILED
        verdict = _VERDICTS[code]
        say(f"agw-conformance: {problem}", sys.stderr)
        if isinstance(problem, InputProblem):
            print(problem_command(problem, environment))
    _append(environment.get("GITHUB_OUTPUT"), f"verdict={verdict}\nreport={one_line(str(report))}\n")
    _append(environment.get("GITHUB_STEP_SUMMARY"), _summary(report, verdict))
    return code


def certify(environment: Mapping[str, str], report: Path) -> tuple[int, str]:
    """The exit code and the verdict for the given paths, else for the changed manifests.

    Raises InputProblem when an input cannot be used, SetupProblem when Git cannot tell what changed.
    """
    if report.is_dir() and any(report.iterdir()):
        raise InputProblem(f"report: {report} is not empty", remedy="choose another folder for this step")
    options = _options(environment)
    if paths := [line.strip() for line in environment.get("AGW_PATHS", "").splitlines() if line.strip()]:
        arguments = [*paths, "--report", str(report), *options]
        code = with_exit_code(functools.partial(certify_command.certify, arguments))
        return code, _VERDICTS[ExitCode(code)]
    base = environment.get("AGW_BASE", "")
    found = groups(changed_files(fetched(base) if base.strip("0") else None), load_config())
    if not found:
        print("nothing to certify: no changed file stands in a folder with a Backend of an AI provider")
        return ExitCode.CONFORMANT, NOTHING
    code = certify_groups(found, report, options)
    return code, _VERDICTS[ExitCode(code)]


def _options(environment: Mapping[str, str]) -> list[str]:
    options: list[str] = []
    for name in ("dialect", "target", "level"):
        if value := environment.get(f"AGW_{name.upper()}"):
            options.append(f"--{name}={value}")
    return [*options, *split_options(environment.get("AGW_ARGS", ""))]


def _summary(report: Path, verdict: str) -> str:
    """The summaries of all folders; without any, the verdict."""
    parts: list[str] = []
    for file in sorted(report.rglob("summary.md")):
        folder = file.parent.relative_to(report)
        heading = f"`{one_line(str(folder)).replace('`', '')}`\n\n" if folder != Path() else ""
        parts.append(heading + file.read_text(encoding="utf-8"))
    if not parts:
        return f"agw-conformance: {verdict}\n"
    kept: list[str] = []
    for part in parts:
        if sum(len(one.encode()) for one in [*kept, part]) > _SUMMARY_LIMIT:
            return "\n".join([*kept, "More folders are in the report: no more fits in here.\n"])
        kept.append(part)
    return "\n".join(kept)


def _append(file: str | None, text: str) -> None:
    if file:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    raise SystemExit(main())
