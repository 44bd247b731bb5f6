"""Accepted findings by a comment: `# agw-conformance: accept CHECK-ID reason`, on the line or right above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.certification.config.ids import check_id
from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.objects import Manifest

__all__ = ["acceptances_in"]

_COMMENT = re.compile(r"^(?P<before>.*?)(?:^|(?<=\s))#\s*agw-conformance:(?P<said>.*)$")
_ACCEPT = re.compile(r"\s*accept\s+(?P<check>\S+)\s+(?P<reason>\S.*?)\s*")
_FORM = "write # agw-conformance: accept CHECK-ID reason"


def acceptances_in(texts: Mapping[str, str]) -> Iterator[Acceptance]:
    """Those of all texts, by the names of their files. Raises InputProblem for a comment that says something else."""
    for file, text in texts.items():
        if "agw-conformance:" in text:
            yield from _of_file(file, text.splitlines())


def _of_file(file: str, lines: list[str]) -> Iterator[Acceptance]:
    for number, line in enumerate(lines, 1):
        if (found := _COMMENT.match(line)) is None:
            continue
        position = Position(file, number, len(found["before"]) + 1)
        if (said := _ACCEPT.fullmatch(found["said"])) is None:
            raise InputProblem("a comment for agw-conformance that says nothing", position=position, remedy=_FORM)
        check, remedy = check_id(said["check"])
        if not check:
            raise InputProblem(f"there is no check {said['check']!r}", position=position, remedy=remedy)
        origin = Manifest({}, Document({}, {(): position}))
        line_meant = number if found["before"].strip() else _next_with_content(lines, number)
        yield Acceptance(check, said["reason"], origin, files=file, line=line_meant)


def _next_with_content(lines: list[str], number: int) -> int:
    """The line below a comment, further comments between left out."""
    for index, line in enumerate(lines[number:], number + 1):
        if line.strip() and not line.strip().startswith("#"):
            return index
    return number
