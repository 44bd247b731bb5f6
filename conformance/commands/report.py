"""`report`: what can be made from reports that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.data import shown
from conformance.problems import ExitCode, InputProblem, Position
from conformance.report.areas_table import areas_table, read_report
from conformance.report.write import write_atomically

__all__ = ["BEGIN", "END", "table"]

BEGIN = "<!-- agw-conformance report table: begin -->"
END = "<!-- agw-conformance report table: end -->"


def table(reports: Sequence[str], into: str | None) -> int:
    """Print the table of areas and targets, or put it into a file between the marks for it. Returns an ExitCode.

    Raises InputProblem for what is no report, and for a file without the marks.
    """
    text = areas_table([read_report(Path(one)) for one in reports])
    if into is None:
        print(text, end="")
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
