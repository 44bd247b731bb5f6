"""Programs that the kind and cluster targets need on PATH, and running them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.core.problems import SetupProblem
from conformance.core.redaction import redact

__all__ = ["Tool", "find", "run"]

_REMEDIES = {
    "docker": "install Docker (docs.docker.com/engine/install) and start it",
    "kind": "install kind (kind.sigs.k8s.io, Quick Start), or name it with --kind-bin PATH",
    "helm": "install Helm (helm.sh/docs/intro/install)",
    "kubectl": "install kubectl (kubernetes.io/docs/tasks/tools), or name it with --kind-kubectl-bin PATH",
}

Tool = Path


def find(name: str, given: str | None = None) -> Tool:
    """The program: the `given` path, else what PATH has. Raises SetupProblem that says how to get it."""
    if given is not None:
        if not os.access(given, os.X_OK):
            raise SetupProblem(f"{given} is no program that can be run", remedy=_REMEDIES[name])
        return Path(given)
    found = shutil.which(name)
    if found is None:
        raise SetupProblem(f"{name} was not found on PATH", remedy=_REMEDIES[name])
    return Path(found)


async def run(
    command: Sequence[object],
    what: str,
    *,
    remedy: str,
    seconds: float = 120,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> str:
    """What a program writes to its standard output.

    Raises SetupProblem, with the last line that it wrote, when it fails or does not end within `seconds`.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate(stdin)
    except TimeoutError as error:
        raise SetupProblem(f"{what} did not end within {seconds:.0f} s", remedy=remedy) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise SetupProblem(f"{what} failed: {_last_line(err or out)}", remedy=remedy)
    return out.decode(errors="replace")


def _last_line(output: bytes) -> str:
    lines = [line.strip() for line in redact(output.decode(errors="replace")).splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
