"""Errors of the machine that we run on: no more open files, a full disk, no memory. They are never a verdict."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from conformance.core.problems import SetupProblem

__all__ = ["NOTED", "check_open_files", "host_problem", "mark", "note", "noted_since", "own_errors", "raise_open_files"]

_ENOUGH = 10_240
"""More open files than any run needs, and what macOS allows at most."""
_NEEDED = 32
"""What the smallest certification opens beyond what is open when it begins, and some more."""

_FILES = "allow more with `ulimit -n 256`, or end what holds so many"
_SPACE = "make room, or let TMPDIR name a folder on another disk"
_REMEDIES = {
    errno.EMFILE: _FILES,
    errno.ENFILE: "end what holds so many files open, or allow more (Linux: sysctl fs.file-max)",
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EADDRNOTAVAIL: "wait a minute until closed connections have given their ports back, and run again",
    errno.ENOMEM: "end what takes so much, and run again",
    errno.ENOBUFS: "end what takes so much, and run again",
}
_NO_THREAD = "can't start new thread"

NOTED: list[SetupProblem] = []
"""What was noted in this process, the first first."""


def host_problem(error: BaseException | None) -> SetupProblem | None:
    """The problem where an error, or what it came of, says that this machine has no more to give; else None."""
    for one in _causes(error):
        if isinstance(one, SetupProblem):
            return None  # somebody has said it better
        if isinstance(one, OSError) and one.errno in _REMEDIES:
            limit = f" (the limit is {_limits()[0]})" if one.errno == errno.EMFILE else ""
            message = f"this machine has no more to give: {os.strerror(one.errno)}{limit}"
            return SetupProblem(message, remedy=_REMEDIES[one.errno])
        if isinstance(one, MemoryError) or (isinstance(one, RuntimeError) and str(one) == _NO_THREAD):
            what = str(one) if isinstance(one, RuntimeError) else os.strerror(errno.ENOMEM)
            return SetupProblem(f"this machine has no more to give: {what}", remedy=_REMEDIES[errno.ENOMEM])
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of, the nearest first."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]


def note(error: BaseException | None) -> bool:
    """Remember it where a part of ours has met such an error, and can but answer as if somebody else were to blame."""
    if (problem := host_problem(error)) is None:
        return False
    NOTED.append(problem)
    return True


def mark() -> int:
    """The present end of what was noted."""
    return len(NOTED)


def noted_since(mark: int) -> SetupProblem | None:
    """The first that was noted since a mark: from then on no result says anything about a gateway."""
    return NOTED[mark] if len(NOTED) > mark else None


@contextlib.contextmanager
def own_errors() -> Iterator[None]:
    """Raise SetupProblem in place of what says that this machine has no more to give."""
    try:
        yield
    except Exception as error:
        if (problem := host_problem(error)) is None:
            raise
        raise problem from error


def raise_open_files() -> None:
    """Take as many open files as we are allowed: what is set at first is often a quarter of what a run needs."""
    soft, hard = _limits()
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # then it stays as it is
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check_open_files() -> None:
    """Raise SetupProblem where too few files can be opened to begin at all."""
    limit = _limits()[0]
    try:
        free = limit - sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError as error:
        if host_problem(error) is None:
            return  # nobody can tell here
        free = 0
    if limit != resource.RLIM_INFINITY and free < _NEEDED:
        message = f"this process may have {limit} files open, which leaves {free}, and needs {_NEEDED} at least"
        raise SetupProblem(message, remedy=_FILES)


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
