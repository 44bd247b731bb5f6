"""SIGTERM ends a run as Ctrl-C does, so that whatever was started is taken down in order."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable
from typing import Any

__all__ = ["interrupt_on_sigterm"]


def interrupt_on_sigterm(add_cleanup: Callable[[Callable[[], None]], None]) -> None:
    """Let SIGTERM interrupt this process; `add_cleanup` takes what puts the signals back as they were."""

    def interrupt(signum: int, frame: Any) -> None:
        # Not KeyboardInterrupt at once: whoever runs a loop ends its tasks in order on this one.
        signal.raise_signal(signal.SIGINT)

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: whoever runs pytest there handles signals
        return
    add_cleanup(functools.partial(_restore, signal.SIGTERM, previous))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So start scripts their background jobs; it would be ignored also when we send it to ourselves.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        add_cleanup(functools.partial(_restore, signal.SIGINT, signal.SIG_IGN))


def _restore(number: signal.Signals, handler: Any) -> None:
    signal.signal(number, handler)
