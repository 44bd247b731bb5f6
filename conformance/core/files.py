"""Files that people name, read within bounds; and temporary folders, which go with their run or with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import redact

__all__ = ["ScratchFolder", "read_regular", "write_atomically"]

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


def read_regular(path: Path, most: int) -> str:
    """The text of a file that somebody names, of at most so many bytes: no pipe and no device, which may have no end.

    Raises InputProblem, also for what is no UTF-8 text.
    """
    try:
        if not path.is_file():
            path.stat()
            raise InputProblem("is no file", position=Position(str(path)))
        with path.open("rb") as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise InputProblem(f"larger than {most >> 20} MiB", position=Position(str(path)))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputProblem("is not UTF-8 text", position=Position(str(path)), remedy="save it as UTF-8") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputProblem(f"cannot be read: {why}", position=Position(str(path))) from error


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
