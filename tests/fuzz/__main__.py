"""Feeds a reader what reaches new code in it; keeps each input that it does otherwise with than to read or refuse it.

atheris is not among what the lock files name: `pip install atheris` into the environment first.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.readers import Reader

SLOW = 5.0
"""CPU seconds for an input; what takes longer is a finding."""


def main() -> int:
    """Fuzz one reader. Returns 1 where something was found."""
    options = _options()
    try:
        atheris = importlib.import_module("atheris")
    except ModuleNotFoundError:
        print("atheris is not installed: pip install atheris", file=sys.stderr)
        return 3
    with atheris.instrument_imports(include=["conformance", "mock_providers"]):
        from tests.fuzz.readers import READERS
    if options.reader not in READERS:
        print(f"{options.reader}: no reader; there are {', '.join(READERS)}", file=sys.stderr)
        return 2
    reader, found = READERS[options.reader], Path(options.found).absolute()
    found.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    status = _fuzz(atheris, reader, found, options)
    kept = set(found.iterdir()) - before
    print(f"{options.reader}: {len(kept)} found in {options.seconds} s, exit code {status}")
    return 1 if kept or status else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("reader", help="which one; a wrong name lists them")
    parser.add_argument("--seconds", type=int, default=600, help="how long (default: 600)")
    parser.add_argument("--found", default="fuzzed", help="folder for the inputs that are kept (default: fuzzed)")
    return parser.parse_args()


def _fuzz(atheris: Any, reader: Reader, found: Path, options: argparse.Namespace) -> int:
    """The exit code of libFuzzer, which ends its process when the time is over: so it gets one of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(reader.seeds()):
            Path(corpus, str(number)).write_bytes(seed)
        limits = [f"-max_total_time={options.seconds}", "-max_len=20000", "-timeout=120", "-rss_limit_mb=4096"]
        # Where an input ends the process, by time or memory, libFuzzer itself keeps it.
        limits += [f"-artifact_prefix={found}/{options.reader}-", "-print_final_stats=1"]
        fuzzing = os.fork()
        if not fuzzing:
            os.chdir(scratch)
            atheris.Setup([sys.argv[0], str(corpus), *limits], _keeping(reader, found / options.reader))
            atheris.Fuzz()
        return os.waitstatus_to_exitcode(os.waitpid(fuzzing, 0)[1])


def _keeping(reader: Reader, kept: Path) -> Callable[[bytes], None]:
    """The reader, with what it should not do told, and the input kept: once for each place in our code."""
    places: set[str] = set()

    def feed(data: bytes) -> None:
        place = _outcome(reader, data)
        if place and place not in places:
            places.add(place)
            file = Path(f"{kept}-{hashlib.sha256(data).hexdigest()[:12]}")
            file.write_bytes(data)
            print(f"{file}: {place}", flush=True)

    return feed


def _outcome(reader: Reader, data: bytes) -> str:
    """Where it went wrong, or nothing."""
    began = time.process_time()
    try:
        reader.read(data)
    except reader.refuses:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is: that is what is looked for
        return _place(error)
    seconds = time.process_time() - began
    return "slow" if seconds > SLOW else ""


def _place(error: Exception) -> str:
    """An error by its type and the line of ours where it came up."""
    trace = traceback.extract_tb(error.__traceback__)
    own = [one for one in trace if "/conformance/" in one.filename or "/mock_providers/" in one.filename]
    last = (own or trace)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}: {error!s:.100}"


raise SystemExit(main())
