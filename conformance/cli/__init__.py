"""The command `agw-conformance`: reads the command line and hands over to one module per command."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from conformance.cli.exit_codes import with_exit_code
from conformance.cli.help import did_you_mean, options_known
from conformance.cli.parser import command_parser
from conformance.core.host import raise_open_files
from conformance.core.problems import SetupProblem
from conformance.core.startup.libraries import import_what_is_used

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. A mistake in the input becomes one message, never a traceback."""
    _open_closed_streams()
    _say_it_somehow()
    raise_open_files()
    parser = command_parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, rest = parser.parse_known_args(given)
    if rest and not options.takes_pytest_arguments:
        meant = did_you_mean(rest[0], options_known(parser, given))
        parser.error(f"unrecognized arguments: {' '.join(rest)}{meant}")

    def command() -> int:
        _check_working_directory()
        code: int = _module(options.command).run(options, rest)
        return code

    return with_exit_code(command, lists_only=options.lists_only)


def _module(command: str) -> ModuleType:
    """Imported when it is asked for: `--help` should not wait for a Kubernetes client."""
    name = f"conformance.cli.commands.{command}"
    if name in sys.modules:
        return sys.modules[name]  # what is garbage now must not be kept for good
    import_what_is_used()
    with _no_garbage():
        return importlib.import_module(name)


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """More than a thousand modules make none; to search them for it, again and again, is a fifth of `certify`."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _check_working_directory() -> None:
    """Raise SetupProblem where it was removed: no name of a file means anything there."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        message = "the working directory does not exist any more"
        raise SetupProblem(message, remedy="change to one that does, and run again") from error


def _say_it_somehow() -> None:
    """A terminal or a log that takes few characters gets the others as `\u2717`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_closed_streams() -> None:
    """Started with `>&-` or `<&-` there is no stream at all, and the first socket would get its number."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
