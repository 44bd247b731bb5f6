"""docs/reference/mutants.md: every mutant, and the case that notices it, from what is recorded in fixtures/mutants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.manifests.dialects import DIALECTS
from conformance.proof.record import recorded
from conformance.stage.case import AREAS
from conformance.targets.embedded.mutations import MUTANTS

__all__ = ["page"]

_INTRODUCTION = """# Mutants and the cases that catch them

Made by `make table` from `fixtures/mutants`, which `make mutants` renews. Each mutant is the reference (gateway,
controller or API endpoint) with one defect; `agw-conformance mutants` plays each to the cases until one fails. Beside
each dialect stands the case that failed first, in brackets what its diagnosis missed: `area` where the told cause is in
another area than the broken rule, `step` where it does not name the very step. A dash: the dialect does not have what
the mutant breaks.
"""


def page() -> str:
    """The page as Markdown."""
    found = {name: recorded(name) for name in DIALECTS}
    rows = {name: {one["id"]: one for one in data["mutants"]} for name, data in found.items()}
    lines = [_INTRODUCTION, "| dialect | mutants | caught | right area | exact step |", "|---|---|---|---|---|"]
    for name, data in found.items():
        told = data["summary"]
        shares = f"{told['rightArea']:.1f} % | {told['exactStep']:.1f} %"
        lines.append(f"| {name} | {told['mutants']} | {told['caught']} | {shares} |")
    for area, letter in AREAS.items():
        lines += _area(area, letter, rows)
    return "\n".join([*lines, ""])


def _area(area: str, letter: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The table of one area; nothing where no mutant is of it."""
    mutants = [one for one in MUTANTS.values() if one.area == area]
    if not mutants:
        return
    yield from ("", f"## {letter}. {area}", "", f"| mutant | defect | breaks | {' | '.join(rows)} |")
    yield "|---|---|---|" + "---|" * len(rows)
    for one in mutants:
        cases = " | ".join(_case(of.get(one.name), one.is_of(dialect)) for dialect, of in rows.items())
        yield f"| `{one.name}` | {one.defect} | {one.source} | {cases} |"


def _case(row: Mapping[str, Any] | None, there: bool) -> str:
    if row is None:
        return "not played yet" if there else "-"
    if "case" not in row:
        return f"**{row['ended']}**"
    missed = "" if row["exactStep"] and row["rightArea"] else " (step)" if row["rightArea"] else " (area)"
    return f"`{row['case']}`{missed}"


if __name__ == "__main__":
    print(page(), end="")
