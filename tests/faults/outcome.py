"""What became of a process that was disturbed, and what of it was wrong."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.nimbus import KEY, NIMBUS
from tests.support.paths import ROOT

__all__ = ["NOISE", "Disturbed", "Workplace"]

NOISE = re.compile(
    r"Traceback \(most recent call last\):\n(?!  File \"<string>\")"
    r"|Exception ignored|INTERNALERROR|Error in sys\.excepthook|Fatal Python"
)
"""What nobody is to see, whatever happens; but where a worker is ended before any code of ours runs in it, the few
lines by which execnet starts it say so by themselves."""
_LONG = 300
"""Seconds after which a process that does not end is called hung; the longest takes ten."""
_FAREWELL = 15.0
"""Seconds within which all that a killed process had started has to be gone."""


@dataclass
class Disturbed:
    """One process, how it ended, and all that was wrong about it."""

    name: str
    code: int | None = None
    printed: str = ""
    wrong: list[str] = field(default_factory=list)


class Workplace:
    """A working folder, a home and a temporary folder for one process after the other, all seen by nobody else."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="agw-faults-")
        self.folder = Path(self._folder.name)
        self.home, self.temporary, self.work = (self.folder / name for name in ("home", "tmp", "work"))
        for one in (self.home, self.temporary, self.work):
            one.mkdir()
        (self.work / "nimbus.yaml").write_text(NIMBUS, encoding="utf-8")

    def close(self) -> None:
        """Remove them."""
        self._folder.cleanup()

    def environment(self, **more: str) -> dict[str, str]:
        """That of the process; a mark in it finds whatever it starts."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "AGW_"))}
        own = {"HOME": str(self.home), "TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT), "NIMBUS_API_KEY": KEY}
        return {**kept, **own, "AGW_FAULTS": str(self.folder), **more}

    def start(
        self, arguments: Sequence[str], *, wrapped: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """The command, in a session of its own; its output goes to a file, which a killed process cannot block."""
        with (self.folder / "printed").open("wb") as printed:
            return subprocess.Popen(
                [*wrapped, sys.executable, "-m", "conformance", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd=self.work,
                env=self.environment(**(environment or {})),
                start_new_session=True,
            )

    def ended(self, name: str, process: subprocess.Popen[bytes]) -> Disturbed:
        """Wait for its end, and look for noise, keys, processes and files that it left."""
        found = Disturbed(name)
        try:
            found.code = process.wait(_LONG)
        except subprocess.TimeoutExpired:
            found.wrong.append("it hung")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        found.printed = (self.folder / "printed").read_text(encoding="utf-8", errors="replace")
        if noise := NOISE.search(found.printed):
            found.wrong.append(noise[0])
        if KEY in found.printed:
            found.wrong.append("the key is shown")
        if left := self._processes_left():
            found.wrong.append(f"processes are left: {left}")
        return found

    def files_left(self) -> list[str]:
        """Names in the temporary folder."""
        return sorted(one.name for one in self.temporary.iterdir())

    def _processes_left(self) -> list[int]:
        """Whatever bears our mark in its environment; each gets a moment to go, and is ended then."""
        end = time.monotonic() + _FAREWELL
        while (left := self._marked()) and time.monotonic() < end:
            time.sleep(0.05)  # a process that is not our child has no event to wait for
        for one in left:
            os.kill(one, signal.SIGKILL)
        return left

    def _marked(self) -> list[int]:
        mark, found = f"AGW_FAULTS={self.folder}".encode(), []
        for one in Path("/proc").iterdir():
            try:
                if one.name.isdigit() and int(one.name) != os.getpid() and mark in (one / "environ").read_bytes():
                    found.append(int(one.name))
            except OSError:  # it is gone, or another user's
                continue
        return found
