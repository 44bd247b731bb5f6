"""Accepted findings by a comment: `# agw-conformance: accept CHECK-ID reason`, on the line or right above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from conformance.certification.config.ids import UNACCEPTABLE, check_id, is_of_acceptances
from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document
from conformance.core.yaml.scalars import KubectlLoader
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.objects import Manifest

__all__ = ["acceptances_in"]

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*agw-conformance:")
_ACCEPT = re.compile(r"\s*accept\s+(?P<check>\S+)\s+(?P<reason>\S.*?)\s*")
_FORM = "write # agw-conformance: accept CHECK-ID reason"
Mark = tuple[int, int]
"""Line and column, from 0."""


def acceptances_in(texts: Mapping[str, str]) -> Iterator[Acceptance]:
    """Those of all texts, by the names of their files. Raises InputProblem for a comment that says something else."""
    for file, text in texts.items():
        if "agw-conformance:" in text:
            yield from _of_file(file, text.splitlines(), list(_scalars(text)))


def _scalars(text: str) -> Iterator[tuple[Mark, Mark]]:
    """Where values and keys begin and end: what looks like a comment in there is none."""
    try:
        for token in yaml.scan(text, Loader=KubectlLoader):
            if isinstance(token, yaml.ScalarToken):
                start, end = token.start_mark, token.end_mark
                # Behind the sign of a block there may be a comment.
                block = token.style in ("|", ">")
                yield (start.line + 1, 0) if block else (start.line, start.column), (end.line, end.column)
    except yaml.YAMLError:
        return  # a template, say; reading it tells what is wrong with it


def _of_file(file: str, lines: list[str], scalars: list[tuple[Mark, Mark]]) -> Iterator[Acceptance]:
    for number, line in enumerate(lines, 1):
        places = ((one.start(), one.end()) for one in _COMMENT.finditer(line))
        outside = (one for one in places if not any(start <= (number - 1, one[0]) < end for start, end in scalars))
        if (found := next(outside, None)) is None:
            continue
        before, behind = line[: found[0]], line[found[1] :]
        position = Position(file, number, len(before) + 1)
        if (said := _ACCEPT.fullmatch(behind)) is None:
            raise InputProblem("a comment for agw-conformance that says nothing", position=position, remedy=_FORM)
        check, remedy = check_id(said["check"])
        if not check:
            raise InputProblem(f"there is no check {said['check']!r}", position=position, remedy=remedy)
        if is_of_acceptances(check):
            raise InputProblem(f"{check} {UNACCEPTABLE}", position=position, remedy="take the comment away")
        origin = Manifest({}, Document({}, {(): position}))
        line_meant = number if before.strip() else _next_with_content(lines, number)
        yield Acceptance(check, said["reason"], origin, files=file, line=line_meant)


def _next_with_content(lines: list[str], number: int) -> int:
    """The line below a comment, further comments between left out."""
    for index, line in enumerate(lines[number:], number + 1):
        if line.strip() and not line.strip().startswith("#"):
            return index
    return number
