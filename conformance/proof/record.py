"""What earlier runs found, mutant by mutant: kept in fixtures/mutants, and where the next run begins to look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.core.files import write_atomically
from conformance.core.fixtures import fixtures
from conformance.core.redaction import redact
from conformance.core.yaml.dumping import dump
from conformance.manifests.dialects import DIALECTS
from conformance.proof.defects import DEFECTS
from conformance.proof.finding import Matrix

__all__ = ["as_data", "known_tests", "recorded", "write"]

_WIDTH = 120
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def recorded(dialect: str) -> dict[str, Any]:
    """What is kept of a dialect; empty where nothing is."""
    file = fixtures("mutants", f"{dialect}.yaml")
    return yaml.load(file.read_text(encoding="utf-8"), _LOADER) if file.is_file() else {}


def known_tests(dialect: str) -> Mapping[str, Sequence[str]]:
    """By mutant, the test that noticed it first, and the one that did in another dialect; that they do so again is for
    the run to show. One that took it for something of another area is no guide.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(DIALECTS, key=lambda one: one != dialect):
        for one in recorded(name).get("mutants", ()):
            if one.get("test") and one["rightArea"]:
                found.setdefault(one["id"], []).append(one["test"])
    return {mutant: list(dict.fromkeys(tests)) for mutant, tests in found.items()}


def as_data(matrix: Matrix) -> dict[str, Any]:
    """The matrix as plain data, in the order of the mutants."""
    found = {one.mutant: one for one in matrix.findings}
    rows: list[dict[str, Any]] = []
    for name in (name for name in DEFECTS if name in found):
        one, mutant = found[name], DEFECTS[name]
        row: dict[str, Any] = {"id": name, "area": mutant.area, "defect": mutant.defect, "reference": mutant.source}
        row |= {"ended": one.ended.value}
        if one.case:
            row |= {
                "case": one.case,
                "test": one.test,
                "cause": redact(one.cause),
                "rightArea": one.right_area,
                "exactStep": one.exact,
            }
        if matrix.cases is not None:
            row["kills"] = list(one.kills)
        rows.append(row)
    summary = {
        "mutants": len(rows),
        "caught": len(matrix.caught),
        "rightArea": round(matrix.right_area, 1),
        "exactStep": round(matrix.exact, 1),
        "seconds": round(matrix.seconds),
        "cpuSeconds": round(matrix.cpu),
        "jobs": matrix.jobs,
    }
    idle: dict[str, Any] = {"idle": matrix.idle} if matrix.cases is not None else {}
    return {"dialect": matrix.dialect, "summary": summary, **idle, "mutants": rows}


def write(matrix: Matrix, file: Path) -> None:
    """Write the matrix: as JSON where the name ends so, else as YAML."""
    data = as_data(matrix)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if file.suffix == ".json" else dump(data, width=_WIDTH)
    write_atomically(file, text)
