"""What `certify` costs a provider, of few and of many in one file: CPU time and memory, as ratios of one run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.nimbus import NIMBUS

__all__ = ["scale"]

_FEW = 10
_SHARE = 500
_NUMBERS = (1, _FEW, 100, _SHARE, 2_000)
_AIMS = {2_000: 1.3}
_ALL = 100_000


class Cost(NamedTuple):
    """CPU seconds, user and system, and MiB at most."""

    seconds: float
    memory: float


def scale() -> Iterator[str]:
    """CPU seconds and peak memory for each provider, beside those of few."""
    costs: dict[int, Cost] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in _NUMBERS:
            file = Path(folder, f"{number}.yaml")
            file.write_text("---\n".join(_provider(one) for one in range(number)), encoding="utf-8")
            cost = costs[number] = _cost([sys.executable, "-m", "conformance", "certify", "-q", str(file)])
            line = f"{number} providers: {cost.seconds / number:.2f} CPU s each, {cost.memory:.0f} MiB"
            if number > _FEW:
                few = costs[_FEW]
                ratio = cost.seconds / number / (few.seconds / _FEW)
                more = (cost.memory - few.memory) / (number - _FEW)
                aim = _AIMS.get(number, 1.2)
                line += f"; {ratio:.2f} of the cost at {_FEW} (aim: at most {aim}), {more:.2f} MiB for each further one"
            yield line
    yield _arithmetic(costs[_SHARE])


def _arithmetic(share: Cost) -> str:
    """What docs/explanation/scale.md reckons with: many more than one process takes, in shares."""
    shares, hours = _ALL // _SHARE, _ALL / _SHARE * share.seconds / 3600
    each = f"{share.seconds / 60:.1f} CPU min and {share.memory:.0f} MiB"
    return f"reckoned from that: {_ALL:,} providers in {shares} shares of {_SHARE}: {hours:.1f} CPU h, a share {each}"


def _provider(number: int) -> str:
    """The manifests of one of many, each with a host, a path and a key of its own."""
    key = f"sk-made-up-{number:04d}-0123456789ab"
    return NIMBUS.replace("$NIMBUS_API_KEY", key).replace("nimbus", f"p{number:04d}")


def _cost(command: list[str]) -> Cost:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command}: exit code {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
