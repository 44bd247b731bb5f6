"""Runs that are ended at random moments: nothing of them is left, and their exit code says what happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence

from tests.faults.outcome import Disturbed, Workplace

__all__ = ["kills"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_INTERRUPTED = 130
_STARTED = 0.1
"""Seconds after which Python itself has started; before it says so itself where it is interrupted."""
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("certify", "nimbus.yaml", "-q", "--report", "report"),
    ("run", "-q", "--provider", "mistral", "-m", "path or secrets", "--report", "report"),
    ("run", "-q", "--provider", "mistral", "-m", "body", "-n", "2"),
)


def kills(number: int, seed: int, more: Sequence[str] = ()) -> Iterator[Disturbed]:
    """`number` runs, by turns of each command and signal, ended anywhere between their start and their end.

    `more` are options that choose another target than the embedded one, where runs have no workers.
    """
    dice = random.Random(seed)
    commands = [(*one, *more) for one in _COMMANDS if not more or "-n" not in one]
    lengths = {one: _length(one) for one in commands}
    for turn in range(number):
        chosen, how = commands[turn % len(commands)], _SIGNALS[turn // len(commands) % len(_SIGNALS)]
        yield _killed(chosen, how, dice.uniform(_STARTED, max(_STARTED, lengths[chosen])))


def _length(command: Sequence[str]) -> float:
    """Seconds that it takes undisturbed."""
    place = Workplace()
    try:
        began = time.monotonic()
        whole = place.ended("whole", place.start(command))
        if whole.code or whole.wrong:
            raise RuntimeError(f"{command}: exit code {whole.code} {whole.wrong}: {whole.printed[-2000:]}")
        return time.monotonic() - began
    finally:
        place.close()


def _killed(command: Sequence[str], how: signal.Signals, after: float) -> Disturbed:
    place = Workplace()
    try:
        process = place.start(command)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            # A terminal sends Ctrl-C to all of a group; the other two meet the command alone.
            (os.killpg if how is signal.SIGINT else os.kill)(process.pid, how)
        found = place.ended(f"{how.name} after {after:.2f} s: {' '.join(command)}", process)
        # CPython ends by SIGINT, which a shell shows as 130, too, where it interrupted code that `exec` runs.
        allowed = {0, -signal.SIGKILL} if how is signal.SIGKILL else {0, _INTERRUPTED, -how, -signal.SIGINT}
        if found.code not in allowed:
            found.wrong.append(f"exit code {found.code}")
        if found.code != -signal.SIGKILL and (left := place.files_left()):
            found.wrong.append(f"files are left: {left}")
        _look_at_report(place, found)
        if how is signal.SIGKILL:
            _next_run_removes(place, found)
        return found
    finally:
        place.close()


def _look_at_report(place: Workplace, found: Disturbed) -> None:
    """What stands there is whole, or nothing does; parts have names that are no report's."""
    report = place.work / "report"
    if (report / "report.yaml").exists():
        verified = place.ended("verify", place.start(("report", "verify", "report")))
        if verified.code:
            found.wrong.append(f"half a report is left: {verified.printed.strip()[-300:]}")


def _next_run_removes(place: Workplace, found: Disturbed) -> None:
    following = place.ended("next", place.start(("certify", "nimbus.yaml", "-q", "--no-fix")))
    if following.code or following.wrong:
        found.wrong.append(f"the next run: exit code {following.code} {following.wrong}")
    if left := place.files_left():
        found.wrong.append(f"files are left: {left}")
