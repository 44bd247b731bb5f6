"""The command's way in, by a name that nobody else has."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

__all__ = ["main"]


def main() -> int:
    """Run the command, also where PYTHONPATH leads to another package that is called conformance."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until the command begins there is nothing to clean up, and nobody wants to see which module was imported.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.path[:] = [one for one in sys.path if not _has_namesake(one)]
    from conformance.cli import main

    return main()


def _has_namesake(folder: str) -> bool:
    """Whether a package of our name lies there that is not ours: beside ours lies this module, in a checkout too."""
    return Path(folder, "conformance", "__init__.py").is_file() and not Path(folder, Path(__file__).name).is_file()
