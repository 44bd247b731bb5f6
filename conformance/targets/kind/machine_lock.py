"""A lock on this machine, in the shape of a file that goes with its owner."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

__all__ = ["MachineLock"]


class MachineLock:
    """Held by one owner at a time. The kernel lets it go when the owner dies, and with it all that inherited it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def take(self) -> bool:
        """Whether it could be taken. Raises OSError when the folder cannot be written."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            if self._is(file):
                self._file = file
                return True
            # Its owner removed it between our two calls.
            os.close(file)

    def _is(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def fileno(self) -> int:
        """The open file; whoever has it as well holds the lock, too."""
        return self._file

    def release(self) -> None:
        """Let it go and remove the file; harmless when repeated."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> MachineLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
