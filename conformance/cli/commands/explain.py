"""`explain`: what a check or a case is about, why it matters, wrong and right, and where the rule is from."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from conformance.certification.checks import CHECKS
from conformance.certification.checks.explanations import explanations
from conformance.certification.config.ids import check_id, known_ids
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say, visible
from conformance.stage.case import CHECKS as AREA
from conformance.stage.case import catalogue

__all__ = ["explained", "run"]

_WIDTH = 100
_INDENT = 9


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem."""
    if options.check is None:
        for one in known_ids():
            say(one.removeprefix(f"{AREA}/"))
        return ExitCode.CONFORMANT
    for line in explained(options.check):
        say(line)
    return ExitCode.CONFORMANT


def explained(written: str) -> Iterator[str]:
    """The lines about a check or case. Raises InputProblem for an id that there is not."""
    name, remedy = check_id(written)
    if not name:
        raise InputProblem(f"there is no check and no case {visible(written)!r}", remedy=remedy)
    yield name
    if name.startswith(f"{AREA}/"):
        yield from _check(name.removeprefix(f"{AREA}/"))
        return
    (case,) = (one for one in catalogue() if one.id == name)
    yield from _told("what", case.statement)
    yield from _told("level", f"{case.level}; {_NOT_PLAYED if not case.certifies else _PLAYED}")
    yield from _told("needs", ", ".join(case.needs)) if case.needs else ()
    yield from _told("source", case.source)


_PLAYED = "certify plays it for given manifests"
_NOT_PLAYED = "only `run` and `certify --full` play it"


def _check(name: str) -> Iterator[str]:
    about, more = CHECKS[name], explanations()[name]
    yield from _told("what", about.description)
    yield from _told("why", more.why)
    yield from _told("source", about.source)
    for heading, example in (("wrong", more.wrong), ("right", more.right)):
        if example:
            yield ""
            yield f"{heading}:"
            yield from (f"    {line}" for line in example.splitlines())


def _told(heading: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=heading.ljust(_INDENT), subsequent_indent=" " * _INDENT, break_on_hyphens=False
    )
