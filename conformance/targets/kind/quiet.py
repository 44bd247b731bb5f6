"""Catches what programs write that somebody else starts for us, and picks out what is wrong."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator

from conformance.core.redaction import redact

__all__ = ["quiet", "what_is_wrong"]

_COMMAND = re.compile(r': command ".*" failed with error: [^:]*$')


@contextlib.contextmanager
def quiet(into: int | None = None) -> Iterator[Callable[[], str]]:
    """KindCluster lets kind write to our own streams; this keeps it, in an open file, and tells what is wrong.

    Programs started meanwhile have the file open for as long as they run.
    """
    with tempfile.TemporaryFile() as own:
        file = own.fileno() if into is None else into
        start = os.lseek(file, 0, os.SEEK_END)

        def said() -> str:
            size = os.fstat(file).st_size - start
            return what_is_wrong(os.pread(file, size, start).decode(errors="replace"))

        with _redirected(file):
            yield said


def what_is_wrong(output: str) -> str:
    """The line of kind's output that says what is wrong, and what the program said that it had started in vain."""
    lines = [line.strip() for line in redact(output).splitlines() if line.strip()]
    wrong = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it said nothing")
    inner = [line.removeprefix("Command Output: ") for line in lines if line.startswith("Command Output: ")]
    if not inner:
        return wrong
    return f"{_COMMAND.sub('', wrong)}: {inner[0]}"


@contextlib.contextmanager
def _redirected(to: int) -> Iterator[None]:
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    for number, _ in kept:
        os.dup2(to, number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
