"""The table of case areas and targets that the README shows, made from kept report.yaml files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.core.fixtures import shown
from conformance.core.problems import InputProblem, Position
from conformance.stage.case import AREAS

__all__ = ["areas_table", "read_report"]

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


def read_report(path: Path) -> dict[str, Any]:
    """A report.yaml. Raises InputProblem for what is none."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputProblem(f"cannot be read: {error.strerror}", position=Position(shown(path))) from error
    except (yaml.YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        # The others are what PyYAML lets through for numbers that are none, and for what is too deep for it.
        raise InputProblem("is not YAML", position=Position(shown(path))) from error
    if not isinstance(data, dict) or data.get("kind") != "ConformanceReport" or not isinstance(data.get("cases"), list):
        raise InputProblem(
            "is no ConformanceReport", position=Position(shown(path)), remedy="give a report.yaml of ours"
        )
    return data


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
