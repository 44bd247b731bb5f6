"""Prints all benchmarks, and puts them into docs/explanation/speed.md; asserts nothing: absolute times say little."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.benchmarks.certifying import certifying
from tests.benchmarks.local_run import local_run
from tests.benchmarks.scale import scale
from tests.benchmarks.startup import startup
from tests.benchmarks.throughput import throughput
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "explanation" / "speed.md"
_PLACE = re.compile(r"(?<=<!-- measured -->\n```text\n).*?(?=```\n<!-- end of measured -->)", re.DOTALL)


def main() -> None:
    """Run every benchmark and print its lines as they come; the page has them when all have ended."""
    lines = []
    for line in _lines():
        print(line, flush=True)
        lines.append(f"{line}\n")
    PAGE.write_text(_PLACE.sub(lambda _: "".join(lines), PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _lines() -> Iterator[str]:
    yield _machine()
    for title, benchmark in (
        ("certify, beside the libraries that it needs", certifying),
        ("certify, of one provider and of hundreds", scale),
        ("pytest -k mistral, beside the bare cost", local_run),
        ("a lookalike, beside bare uvicorn + Starlette over TLS", throughput),
        ("time to start each embedded part", startup),
    ):
        yield title
        for line in benchmark():
            yield f"  {line}"


def _machine() -> str:
    """What it was measured on, and what else was going on there."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores of {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}; load before it began: {load:.1f}"
    )


if __name__ == "__main__":
    main()
