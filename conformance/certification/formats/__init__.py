"""A certification for programs: one document on standard output in place of the text for people."""

from __future__ import annotations

from collections.abc import Callable

from conformance.certification.certification import Certification
from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass

__all__ = ["FORMATS", "Format", "format_named"]

FORMATS = ("text", "json", "sarif", "github", "junit")
"""What `--format` takes; each but the first is a module here, or of the reports."""


@dataclass(frozen=True)
class Format:
    """How a certification is written, and how input that cannot be used is. What they return holds no key."""

    certified: Callable[[Certification], str]
    refused: Callable[[InputProblem], str]


def format_named(name: str) -> Format | None:
    """The format of a name; None for text, which is told as it comes. What only one format needs is not imported."""
    if name == "json":
        from conformance.certification.formats import plain

        return Format(plain.certified, plain.refused)
    if name == "sarif":
        from conformance.certification.formats import sarif

        return Format(sarif.certified, sarif.refused)
    if name == "github":
        from conformance.report.annotations import problem_command, workflow_commands

        return Format(lambda found: "\n".join(workflow_commands(found.verdict)), problem_command)
    if name == "junit":
        from conformance.report.junit import junit
        from conformance.verdict.results import Verdict

        return Format(
            lambda found: junit(found.verdict, str(found.problem or "")).rstrip("\n"),
            lambda problem: junit(Verdict(), str(problem)).rstrip("\n"),
        )
    return None
