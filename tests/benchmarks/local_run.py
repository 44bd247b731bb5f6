"""Cold and warm wall time of `pytest -k mistral`, beside the bare cost of the same work."""

from __future__ import annotations

import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.timing import seconds

__all__ = ["local_run"]

_ROUNDS = 5
_RUN = [sys.executable, "-m", "pytest", "-q", "-k", "mistral", "-p", "no:randomly", "-p", "no:cacheprovider"]


def local_run() -> Iterator[str]:
    """Rounds of both, one after the other, so that a busy machine slows both alike; medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        recording = str(Path(folder, "recording"))
        subprocess.run(
            [*_RUN, "-p", "tests.benchmarks.recording", "--recording", recording],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=300,
        )
        recorded = pickle.loads(Path(recording).read_bytes())
        yield f"{len(recorded.objects)} objects applied, {len(recorded.requests)} requests sent"
        bare = [sys.executable, "-m", "tests.benchmarks.bare", recording]
        # The first round begins without any compiled module; the rounds after it find them all.
        for name, rounds in (("cold", 1), ("warm", _ROUNDS)):
            pairs = [
                (seconds(_RUN, PYTHONPYCACHEPREFIX=f"{folder}/a"), seconds(bare, PYTHONPYCACHEPREFIX=f"{folder}/b"))
                for _ in range(rounds)
            ]
            suite, alone = (statistics.median(times) for times in zip(*pairs, strict=True))
            yield f"{name}: pytest {suite:.2f} s, bare {alone:.2f} s, ratio {suite / alone:.2f} (aim: at most 3)"
