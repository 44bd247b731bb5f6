"""`cases`: the catalogue, for people, for programs, and as the table of lines and cases."""

from __future__ import annotations

import argparse
import json
from typing import Any

from conformance.stage.case import AREAS, Case, catalogue

__all__ = ["LEFT_OUT", "LINES", "list_cases", "run", "table"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return list_cases(as_json=options.json, as_table=options.table)


def list_cases(*, as_json: bool, as_table: bool) -> int:
    """Print the catalogue."""
    cases = catalogue()
    if as_json:
        print(json.dumps([_data(case) for case in cases], indent=2, ensure_ascii=False))
    elif as_table:
        print(table(cases), end="")
    else:
        for case in cases:
            print(f"{case.level.ljust(6)} {case.id}\n       {case.statement}\n       {case.source}")
        print(f"{len(cases)} cases")
    return 0


def _data(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "area": case.area,
        "level": case.level.value,
        "statement": case.statement,
        "source": case.source,
        "lines": list(case.lines),
        "needs": list(case.needs),
        "scenario": case.scenario.name,
    }


def table(cases: list[Case]) -> str:
    """Markdown: which cases cover each line of the catalogue, lines left out with the reason, and each case's lines."""
    lines = ["# Lines of the catalogue and the cases that cover them", ""]
    lines += [
        "Made by `agw-conformance cases --table`.",
        "",
        "| line | area | cases, or why there is none |",
        "|---|---|---|",
    ]
    for number, letter in LINES.items():
        covering = [f"`{case.id}`" for case in cases if number in case.lines]
        text = ", ".join(covering) or LEFT_OUT.get(number, "**nothing covers it**")
        lines.append(f"| {number} | {letter} | {text} |")
    lines += ["", "# Cases", "", "| case | level | lines | statement |", "|---|---|---|---|"]
    for case in cases:
        numbers = ", ".join(map(str, case.lines))
        lines.append(f"| `{case.id}` | {case.level} | {numbers} | {case.statement} |")
    areas = ", ".join(f"{letter} {area}" for area, letter in AREAS.items())
    return "\n".join(
        [*lines, "", f"Areas: {areas}. Lines of the areas P and Q belong to the area that they concern.", ""]
    )


_AREAS = {
    "A": (1, 13),
    "B": (14, 30),
    "C": (31, 38),
    "D": (39, 45),
    "E": (46, 67),
    "F": (68, 74),
    "G": (75, 84),
    "H": (85, 90),
    "I": (91, 99),
    "J": (100, 112),
    "K": (113, 121),
    "L": (122, 130),
    "M": (131, 137),
    "N": (138, 143),
    "O": (144, 146),
    "P": (147, 166),
    "Q": (167, 189),
}

LINES = {number: letter for letter, (first, last) in _AREAS.items() for number in range(first, last + 1)}
"""Line number -> area letter."""

LEFT_OUT = {
    144: "a note of `agw-conformance docs`",
    145: "a note of `agw-conformance docs`",
    146: "a note of `agw-conformance docs`",
    162: "comes later",
}
