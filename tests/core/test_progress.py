"""Progress: which kind suits a stream, what each writes, and a terminal in order however it ends."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from conformance.core.progress import LiveProgress, PlainProgress, Progress, QuietProgress, progress_for
from conformance.core.redaction import register_key
from conformance.core.terminal import wants_colour
from tests.support.hangs import HANGS

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def work(progress: Progress) -> None:
    """What `certify` reports of two providers."""
    progress.begin("read")
    progress.stage("read", "5 objects of 2 providers")
    progress.begin("exchanges")
    progress.provider("mistral", 0, 2, 0)
    progress.provider("mistral", 1, 2, 1)
    progress.provider("deepseek", 2, 2, 0)
    progress.provider("mistral", 2, 2, 1)
    progress.provider("mistral", 2, 2, 1)
    progress.provider("nobody", 0, 0, 0)
    progress.stage("exchanges", "4 cases, 1 failed")


@pytest.mark.parametrize(
    ("stream", "quiet", "environment", "expected"),
    [
        (Terminal, False, {"TERM": "xterm"}, LiveProgress),
        (Terminal, False, {"TERM": "xterm", "NO_COLOR": "", "CI": "false"}, LiveProgress),
        (Terminal, False, {}, LiveProgress),
        (Terminal, True, {"TERM": "xterm"}, QuietProgress),
        (Terminal, False, {"TERM": "dumb"}, PlainProgress),
        (Terminal, False, {"TERM": "xterm", "NO_COLOR": "1"}, PlainProgress),
        (Terminal, False, {"TERM": "xterm", "CI": "true"}, PlainProgress),
        (io.StringIO, False, {"TERM": "xterm", "FORCE_COLOR": "1"}, PlainProgress),
        (io.StringIO, True, {}, QuietProgress),
    ],
)
def test_what_suits_a_stream(
    stream: Callable[[], TextIO], quiet: bool, environment: dict[str, str], expected: type[Progress]
) -> None:
    assert type(progress_for(stream(), quiet, environment)) is expected


def test_colour_is_for_terminals_that_have_it_even_where_lines_may_not_change() -> None:
    assert wants_colour(Terminal(), {"CI": "true"})
    assert not wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert not wants_colour(io.StringIO(), {})


def test_plain_lines_are_one_for_each_stage_and_each_finished_provider() -> None:
    stream = io.StringIO()
    with PlainProgress(stream) as progress:
        work(progress)
    assert stream.getvalue().splitlines() == [
        "stage read: 5 objects of 2 providers",
        "provider deepseek: 2 of 2 cases",
        "provider mistral: 2 of 2 cases, 1 failed",
        "provider nobody: no cases",
        "stage exchanges: 4 cases, 1 failed",
    ]


def test_a_later_stage_counts_providers_anew() -> None:
    stream = io.StringIO()
    with PlainProgress(stream) as progress:
        for name in ("exchanges", "fix finder"):
            progress.begin(name)
            progress.provider("mistral", 1, 1, 0)
    assert stream.getvalue().splitlines() == ["provider mistral: 1 of 1 cases"] * 2


def test_quiet_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_for(sys.stderr, quiet=True) as progress:
        work(progress)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("made", [PlainProgress, lambda stream: LiveProgress(stream, {"TERM": "xterm"})])
def test_names_and_texts_move_no_cursor_and_tell_no_key(made: Callable[[TextIO], Progress]) -> None:
    register_key("the key of progress", "sk-progress-0123456789")
    stream = Terminal()
    with made(stream) as progress:
        progress.stage("read", "sk-progress-0123456789")
        progress.begin("exchanges")
        progress.provider("[red]evil\x1b]0;title\x07\r\n::error::x", 1, 1, 0)
    written = stream.getvalue()
    assert r"[red]evil\x1b]0;title\x07\r\n::error::x" in written
    assert "\x1b]" not in written
    assert "sk-progress" not in written
    assert "<the key of progress>" in written


def test_plain_lines_outlive_their_reader() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream, PlainProgress(stream) as progress:
        work(progress)
        # Whoever else writes there meets no broken pipe either, such as the interpreter when it ends.
        stream.write("more\n")


def test_live_lines_change_and_are_gone_at_the_end() -> None:
    stream = Terminal()
    with LiveProgress(stream, {"TERM": "xterm", "COLUMNS": "80"}) as progress:
        progress.begin("read")
        progress.stage("read", "5 objects")
        progress.begin("exchanges")
        progress.provider("mistral", 1, 2, 1)
        before = stream.getvalue()
    assert SHOW not in before
    written = stream.getvalue()
    for line in ("5 objects", "exchanges", "1 of 2 cases, 1 failed"):
        assert line in written
    last = written.rpartition(SHOW)[2]
    # As many lines are taken back as the last picture has.
    assert last.count("\x1b[1A\x1b[2K") == 3
    assert not last.replace("\x1b[1A", "").replace("\x1b[2K", "").strip()


SCRIPT = """
import signal, sys
from conformance.core.progress import progress_for
with progress_for(sys.stderr, environment={"TERM": "xterm"}) as progress:
    progress.begin("exchanges")
    progress.provider("mistral", 1, 2, 0)
    print("ready", flush=True)
    signal.pause()
"""


@contextmanager
def on_a_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process whose standard error is a terminal, and this terminal's other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    try:
        with process:
            yield process, ours
    finally:
        process.kill()
        os.close(ours)


def all_of(terminal: int) -> str:
    """What was written there, until nobody can write any more."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # EIO: Linux's way to tell the end
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def test_ctrl_c_leaves_the_terminal_in_order() -> None:
    with on_a_terminal("-c", SCRIPT) as (process, terminal):
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        written = all_of(terminal)
        assert process.wait(timeout=HANGS) == -signal.SIGINT
    assert written.count(HIDE) == written.count(SHOW) == 1
    assert written.index(HIDE) < written.index(SHOW)
    assert "KeyboardInterrupt" in written.partition(SHOW)[2]


@pytest.mark.parametrize("quiet", [True, False])
def test_plain_lines_need_no_rich(quiet: bool) -> None:
    code = (
        "import sys, io; from conformance.core.progress import progress_for\n"
        f"with progress_for(io.StringIO(), {quiet}) as progress: progress.stage('read', 'x')\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS)
    assert done.stdout == "False\n"
