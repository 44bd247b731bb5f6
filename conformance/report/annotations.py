"""GitHub's workflow commands: what failed is shown on the manifests' lines in a pull request.

Source: GitHub Docs, "Workflow commands for GitHub Actions", `::error file=...,line=...,col=...,title=...::message`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import redact
from conformance.core.terminal import visible
from conformance.verdict.causes import Cause, causes_of
from conformance.verdict.results import Outcome, Verdict

__all__ = ["on_github", "problem_command", "workflow_commands"]

_MOST = 10
"""GitHub shows no more than ten errors and ten warnings of a step."""


def on_github(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a GitHub Actions runner reads what we print."""
    return environment.get("GITHUB_ACTIONS") == "true"


def workflow_commands(verdict: Verdict, environment: Mapping[str, str] = os.environ) -> list[str]:
    """A line for each cause: an error where it fails the run, else a warning."""
    causes = causes_of(verdict.results)
    errors = [one for one in causes if any(_counts(verdict, one))]
    warnings = [one for one in causes if one not in errors]
    lines: list[str] = []
    for command, found in (("error", errors), ("warning", warnings)):
        lines += [_line(command, one, environment) for one in found[:_MOST]]
    return lines


def problem_command(problem: InputProblem, environment: Mapping[str, str] = os.environ) -> str:
    """The line for input that cannot be used."""
    return _command("error", problem.position, "agw-conformance: bad input", str(problem), environment)


def _counts(verdict: Verdict, cause: Cause) -> list[bool]:
    return [verdict.fails(one) or one.outcome is Outcome.SETUP_ERROR for one in cause.results]


def _line(command: str, cause: Cause, environment: Mapping[str, str]) -> str:
    first, more = cause.results[0], len(cause.cases) - 1
    cases = first.case if not more else f"{first.case} and {more} more"
    position, field = (cause.where.position, cause.where.field) if cause.where else (None, "")
    message = "\n".join(
        line
        for line in (
            f"{field}: {cause.cause}" if field else cause.cause,
            f"Remedy: {cause.remedy}" if cause.remedy else "",
            f"{first.level} {first.case}: {first.statement}",
        )
        if line
    )
    return _command(command, position, f"{', '.join(cause.providers)}: {cases}", message, environment)


def _command(command: str, position: Position | None, title: str, message: str, environment: Mapping[str, str]) -> str:
    properties: dict[str, str] = {}
    if position is not None and (file := _in_workspace(position.file, environment)):
        numbers = {"line": position.line, "col": position.column}
        properties = {"file": file, **{name: str(value) for name, value in numbers.items() if value}}
    properties["title"] = title
    told = ",".join(f"{name}={_property(redact(value))}" for name, value in properties.items())
    return f"::{command} {told}::{_data(redact(message))}"


def _in_workspace(file: str, environment: Mapping[str, str]) -> str:
    """The path as GitHub knows it; empty for what lies outside of the checkout, or came by standard input."""
    root = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    path = Path(file).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) and path.exists() else ""


def _data(text: str) -> str:
    return visible(text, keep="\t\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
