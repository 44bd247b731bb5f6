"""What a command raises becomes one message and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from conformance.core.host import own_errors
from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.terminal import say

__all__ = ["with_exit_code"]


def with_exit_code(command: Callable[[], int], *, lists_only: bool = False) -> int:
    """Call `command`; returns its exit code, or that of what it raised, told in one message.

    Of one that `lists_only` nobody needs to read the end.
    """
    try:
        with _sigterm_like_ctrl_c(), own_errors():
            return command()
    except InputProblem as problem:
        return _say(problem, ExitCode.BAD_INPUT)
    except SetupProblem as problem:
        return _say(problem, ExitCode.SETUP_FAILED)
    except BrokenPipeError:
        return _without_reader(lists_only)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


@contextlib.contextmanager
def _sigterm_like_ctrl_c() -> Iterator[None]:
    """Whoever ends us politely gets everything cleaned up, whatever we are at."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there signals can be handled
        return

    def interrupt(signum: int, frame: object) -> None:
        # Not KeyboardInterrupt at once: whoever runs a loop ends its tasks in order on this one.
        signal.raise_signal(signal.SIGINT)

    previous = signal.signal(signal.SIGTERM, interrupt)
    before = signal.getsignal(signal.SIGINT)
    if before in {signal.SIG_IGN, signal.SIG_DFL}:
        # Ignored: so start scripts their background jobs; it would be ignored also when we send it to ourselves.
        # Default: so it is while our modules are imported.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
        signal.signal(signal.SIGINT, before)


def _without_reader(lists_only: bool) -> int:
    """Whoever read our output has seen enough of a list; of a verdict, nobody knows what it would have been."""
    # What is still buffered must go somewhere, or the interpreter complains when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if lists_only:
        return ExitCode.CONFORMANT
    return _say(SetupProblem("nobody read the output to its end, so there is no verdict"), ExitCode.SETUP_FAILED)


def _say(problem: Exception, code: ExitCode) -> int:
    with contextlib.suppress(OSError):  # nobody reads it, or a log is full: then the exit code must say it
        # What a set-up failed of may be told in lines; in what somebody wrote, a line break is a part of it.
        lines = str(problem).split("\n") if isinstance(problem, SetupProblem) else [str(problem)]
        for line in (f"agw-conformance: {lines[0]}", *lines[1:]):
            say(line, sys.stderr)
    return code
