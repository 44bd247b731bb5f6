"""The mistakes people and machines make, each with one message and one exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["BeyondSuite", "ExitCode", "InputProblem", "Place", "Position", "SetupProblem"]


class ExitCode(IntEnum):
    """Exit codes of `agw-conformance`."""

    CONFORMANT = 0
    FAILED = 1
    BAD_INPUT = 2
    SETUP_FAILED = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file that a person wrote; line and column count from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A field of what a person wrote, dotted as Kubernetes writes it; empty where only the position is known."""

    position: Position
    field: str = ""

    def __str__(self) -> str:
        return f"{self.position} {self.field}".rstrip()


class InputProblem(Exception):
    """Input that cannot be used: names where, which field, what was expected and how to mend it. Exit code 2."""

    def __init__(
        self, message: str, *, position: Position | None = None, field: str | None = None, remedy: str | None = None
    ) -> None:
        self.message = message
        self.position = position
        self.field = field
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.position}: " if self.position else ""
        field = f"{self.field}: " if self.field else ""
        remedy = f" - {self.remedy}" if self.remedy else ""
        return f"{where}{field}{self.message}{remedy}"


class BeyondSuite(InputProblem):
    """Input that may well be right and whose effect this suite does not know: nothing in it can be mended."""


class SetupProblem(Exception):
    """Our own set-up could not be made (port taken, no cluster): what, and the remedy. Exit code 3."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} - {remedy}" if remedy else message)
