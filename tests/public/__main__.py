"""Certify the listed files out of fetched repositories, and print what came of it: python -m tests.public FOLDER."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.public.certified import Result, Source, certified
from tests.public.listed import listed


def main() -> None:
    """One line a unit as it ends, then the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.public", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds OWNER+NAME/repo, a git directory each")
    parser.add_argument("--only", default="", metavar="TEXT", help="units whose name has TEXT in it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep files and answers there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = given.keep or Path(temporary)
        results = []
        for number, unit in enumerate(listed()):
            if given.only not in unit.name:
                continue
            place = scratch / f"{number:03}"
            result = certified(unit, Source(given.folder), place)
            (place / "answer.json").write_text(json.dumps(result.raw, indent=1), encoding="utf-8")
            results.append(result)
            print(_line(result), flush=True)
    print("\n".join(counts(results)))


def _line(result: Result) -> str:
    complete = "" if result.complete else " (no complete provider)"
    return " | ".join([str(result.code), result.unit.name + complete, result.verdict, "; ".join(result.why)])


def counts(results: Sequence[Result]) -> list[str]:
    """The counts that the README gives."""
    complete = [one for one in results if one.complete]
    judged = sum(one.has_verdict for one in complete)
    codes = Counter(one.code for one in complete)
    return [
        f"{sum(len(one.unit.paths) for one in results)} files of {len({one.unit.repository for one in results})} "
        f"repositories in {len(results)} units, {len(complete)} with a complete provider",
        f"of these {judged} get a verdict ({judged / max(len(complete), 1):.0%})",
        *(f"exit {code}: {number}" for code, number in sorted(codes.items())),
    ]


if __name__ == "__main__":
    main()
