"""Temporary folders: each goes with its run, and what a killed run has left goes with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from conformance.core.redaction import redact

__all__ = ["ScratchFolder", "write_atomically"]

_PREFIX = "agw-conformance-"

_LOCK = ".held"


class ScratchFolder:
    """A private folder, to be closed. Its owner holds a lock in it, which the kernel lets go when the owner dies."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self.path = Path(self._folder.name)
        # Locked before it has its name: a lock of that name that can be taken belongs to nobody alive.
        early = self.path / f"{_LOCK}.new"
        self._lock = os.open(early, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        early.rename(self.path / _LOCK)

    def close(self) -> None:
        """Remove the folder; harmless when repeated."""
        if self._lock >= 0:
            self._folder.cleanup()
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _sweep(parent: Path) -> None:
    """Remove the folders whose owners are dead."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue  # someone else's, just being made, or gone by now
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by new text in one step: a reader sees the old or the new, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(redact(text))
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
