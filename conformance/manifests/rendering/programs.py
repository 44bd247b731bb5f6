"""Runs the programs that render manifests, so that files of a pull request can have them do nothing else.

They get no variable of ours (no key is among theirs), no other program on PATH (Git, plugins), a proxy that nobody
serves, a folder of their own for what they keep, a deadline, and an end to what they may write.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from conformance.core.deadlines import RENDERING
from conformance.core.files import ScratchFolder
from conformance.core.problems import InputProblem, Position, SetupProblem
from conformance.core.redaction import redact
from conformance.core.startup.records import dataclass

__all__ = ["MOST_BYTES", "Program", "found", "render"]

MOST_BYTES = 16 * 1024 * 1024
"""Of output; four times what a file may hold."""
_LONGEST_SAID = 300
_NOBODY = "http://127.0.0.1:9"
"""The port of the discard service, which no machine serves any more: what goes there by a proxy is refused."""


@dataclass(frozen=True)
class Program:
    """A program on PATH with the arguments that make it render."""

    name: str
    command: tuple[str, ...]


def found(*candidates: Program) -> Program | None:
    """The first whose program is there."""
    for one in candidates:
        if path := shutil.which(one.command[0]):
            return Program(one.name, (os.path.abspath(path), *one.command[1:]))  # noqa: PTH100  # links stay as they are
    return None


def render(program: Program, arguments: Sequence[str], at: Position, remedy: str | None = None) -> str:
    """What it writes on standard output.

    Raises InputProblem, at the file that made it so, when it fails, takes too long or writes too much; SetupProblem
    when it cannot be started.
    """
    with ScratchFolder() as folder, (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        home = folder / "home"
        home.mkdir()
        try:
            process = subprocess.Popen(
                [*program.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=_environment(home),
                start_new_session=True,
                # The kernel ends whoever writes more than this into a file.
                preexec_fn=_limit,
            )
        except OSError as error:
            raise SetupProblem(f"{program.command[0]}: cannot be started: {error.strerror}") from error
        try:
            code = process.wait(RENDERING)
        except subprocess.TimeoutExpired:
            message = f"{program.name} did not end within {RENDERING:.0f} s"
            raise InputProblem(message, position=at, remedy=remedy) from None
        finally:
            _end(process)
        if out.tell() >= MOST_BYTES or code == -signal.SIGXFSZ:
            raise InputProblem(f"{program.name} makes more than 16 MiB of it", position=at, remedy=remedy)
        if code:
            raise InputProblem(f"{program.name}: {_said(err.name)}", position=at, remedy=remedy)
        return Path(out.name).read_bytes().decode(errors="replace")


def _environment(home: Path) -> dict[str, str]:
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOBODY)
    helm = {f"HELM_{one}_HOME": str(home / one.lower()) for one in ("CACHE", "CONFIG", "DATA")}
    empty = str(home)
    return {**proxies, **helm, "HELM_PLUGINS": empty, "HOME": empty, "TMPDIR": empty, "PATH": empty, "LC_ALL": "C"}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program and whatever it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(file: str) -> str:
    """What it complained of: the first line that says so, else the last."""
    text = redact(Path(file).read_bytes()[: 64 * 1024].decode(errors="replace"))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if line.lower().startswith("error")), lines[-1] if lines else "it said nothing")
    return told[:_LONGEST_SAID]
