"""The table of case areas and targets that the README shows, made from kept report.yaml files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from conformance.stage.case import AREAS

__all__ = ["areas_table"]

_COUNTED = ("pass", "deviation", "not applicable")


def areas_table(reports: Sequence[dict[str, Any]]) -> str:
    """Markdown: a row for each area, a column for each report; a cell is `pass / deviation / not applicable`.

    Observations count as passes: they state what is, and nothing is expected of them. Failures are added where there
    are any, since nobody should overlook them.
    """
    rows = [["area", *(_title(report) for report in reports)], ["---", *("---:" for _ in reports)]]
    counts = [_counts(report) for report in reports]
    for area in AREAS:
        if any(area in one for one in counts):
            rows.append([area, *(_cell(one.get(area, Counter())) for one in counts)])
    rows.append(["**all**", *(_cell(sum(one.values(), Counter())) for one in counts)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _title(report: dict[str, Any]) -> str:
    tested = report["implementation"]
    return f"{report['target']}, {report['dialect']}: {tested['project']} {tested['version']}"


def _counts(report: dict[str, Any]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for one in report["cases"]:
        verdict = "pass" if one["verdict"] == "observed" else one["verdict"]
        counts.setdefault(one["case"].partition("/")[0], Counter())[verdict] += 1
    return counts


def _cell(count: Counter[str]) -> str:
    if not count:
        return "–"
    others = ", ".join(f"{count[one]} {one}" for one in sorted(count) if one not in _COUNTED)
    return " / ".join(str(count[one]) for one in _COUNTED) + (f" ({others})" if others else "")
