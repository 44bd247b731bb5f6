"""Progress of long work, on standard error: live lines on a terminal, plain lines in a log, or none."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from conformance.core.redaction import redact
from conformance.core.terminal import is_live, one_line

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

__all__ = ["LiveProgress", "PlainProgress", "Progress", "QuietProgress", "progress_for"]


class Progress(Protocol):
    """Told what happens by whoever does the work; shows it until the context ends.

    On a terminal nothing else may be written meanwhile; what is to stay is printed after the context.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def begin(self, name: str) -> None:
        """A stage begins."""
        ...

    def stage(self, name: str, text: str) -> None:
        """A stage has ended, with this to say."""
        ...

    def provider(self, name: str, done: int, total: int, failed: int) -> None:
        """Of a provider's `total` cases, `done` are done and `failed` of these failed; in the stage that runs."""
        ...


def progress_for(stream: TextIO, quiet: bool = False, environment: Mapping[str, str] = os.environ) -> Progress:
    """What suits the stream: live lines only where a person looks at them."""
    if quiet:
        return QuietProgress()
    return LiveProgress(stream, environment) if is_live(stream, environment) else PlainProgress(stream)


class QuietProgress:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Nothing is left behind."""

    def begin(self, name: str) -> None:
        """Not shown."""

    def stage(self, name: str, text: str) -> None:
        """Not shown."""

    def provider(self, name: str, done: int, total: int, failed: int) -> None:
        """Not shown."""


class PlainProgress:
    """A line for each stage and each finished provider; each begins with a word of ours.

    A runner of GitHub Actions would obey a line that begins with `::`, as a provider's name might.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream
        self._finished: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Every line is written already."""

    def begin(self, name: str) -> None:
        """Providers' counts begin again; the line comes when there is something to say."""
        self._finished.clear()

    def stage(self, name: str, text: str) -> None:
        """One line."""
        self._write(f"stage {name}: {text}")

    def provider(self, name: str, done: int, total: int, failed: int) -> None:
        """One line when all are done."""
        if done >= total and name not in self._finished:
            self._finished.add(name)
            self._write(f"provider {name}: {_counted(done, total, failed)}")

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            print(one_line(redact(line)), file=self._stream, flush=True)
        except BrokenPipeError:
            # Nobody reads how it goes on; the verdict does not depend on it. What is still buffered must go
            # somewhere, or the interpreter complains when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._stream = None


class LiveProgress:
    """Lines that change while the work runs, and are gone when it is done: the verdict then says it all.

    However the context ends, also by Ctrl-C, the cursor is shown again. `of` is what is counted.
    """

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ, of: str = "cases") -> None:
        self._stream = stream
        self._of = of
        self._environment = environment
        self._ended: list[tuple[str, str]] = []
        self._running: tuple[str, float] | None = None
        self._providers: dict[str, tuple[int, int, int]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        # Imported here: who shows nothing, or plain lines, need not wait for it.
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, force_terminal=True, _environ=self._environment)
        # Standard output may be a file: it must never be led to the terminal.
        self._live = Live(
            console=console,
            get_renderable=self._table,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def begin(self, name: str) -> None:
        """The stage is shown as running, with the time that it takes."""
        self._providers.clear()
        self._running = (name, time.monotonic())

    def stage(self, name: str, text: str) -> None:
        """The stage is shown as done."""
        self._ended.append((name, text))
        self._providers.clear()
        self._running = None

    def provider(self, name: str, done: int, total: int, failed: int) -> None:
        """The provider's line changes."""
        self._providers[name] = (done, total, failed)

    def _table(self) -> Table:
        """What stands on the screen; the thread that draws it asks for it."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, overflow="crop")
        table.add_column(no_wrap=True, overflow="crop")
        rows = [(name, text, "green") for name, text in list(self._ended)]
        if running := self._running:
            name, since = running
            rows.append((name, f"{time.monotonic() - since:.0f} s", "bold"))
        for name, (done, total, failed) in list(self._providers.items()):
            style = "red" if failed else "green" if done >= total else ""
            rows.append((f"  {name}", _counted(done, total, failed, self._of), style))
        for name, text, style in rows:
            # As Text: a name is not to be taken for markup.
            table.add_row(Text(one_line(redact(name)), style), Text(one_line(redact(text))))
        return table


def _counted(done: int, total: int, failed: int, of: str = "cases") -> str:
    if not total:
        return f"no {of}"
    return f"{done} of {total} {of}" + (f", {failed} failed" if failed else "")
