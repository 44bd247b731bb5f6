"""How long a command takes, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence

__all__ = ["seconds"]


def seconds(command: Sequence[str], **environment: str) -> float:
    """The wall time of a command that must succeed, in seconds; `environment` is added to ours."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment}, timeout=300)
    return time.perf_counter() - began
