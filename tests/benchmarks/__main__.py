"""Prints all benchmarks; asserts nothing, since absolute times say little about a shared machine."""

from __future__ import annotations

from tests.benchmarks.certifying import certifying
from tests.benchmarks.local_run import local_run
from tests.benchmarks.scale import scale
from tests.benchmarks.startup import startup
from tests.benchmarks.throughput import throughput


def main() -> None:
    """Run every benchmark and print its lines as they come."""
    for title, benchmark in (
        ("certify, beside the libraries that it needs", certifying),
        ("certify, of one provider and of hundreds", scale),
        ("pytest -k mistral, beside the bare cost", local_run),
        ("a lookalike, beside bare uvicorn + Starlette over TLS", throughput),
        ("time to start each embedded part", startup),
    ):
        print(title)
        for line in benchmark():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
