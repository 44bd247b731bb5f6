"""Each reader that is fuzzed has inputs to begin with, and does with them what it may."""

from __future__ import annotations

import contextlib
from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.readers import READERS


@pytest.mark.parametrize("name", READERS)
def test_seeds_are_read_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reader, seeds = READERS[name], 0
    for seed in islice(reader.seeds(), 10):
        seeds += 1
        with contextlib.suppress(*reader.refuses):
            reader.read(seed)
    assert seeds
