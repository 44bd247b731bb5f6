"""Finds the agentgateway binary and asks for its version, which decides what its configuration looks like."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from conformance.core.problems import SetupProblem
from conformance.core.startup.records import dataclass
from conformance.stage.target import Implementation
from conformance.targets.releases import numbers

__all__ = ["Binary", "find_binary"]

_REMEDY = (
    "give it with --agentgateway-bin PATH or put it on PATH; releases are at"
    " https://github.com/agentgateway/agentgateway/releases"
)

_PATIENCE = 60.0
"""Seconds for `--version`: it answers at once, but a large binary on a cold disk must be read first."""


@dataclass(frozen=True)
class Binary:
    """An agentgateway that can be run. `version` is as it says itself: `1.4.1`, or `0.0.0-alpha.COMMIT` of main."""

    path: str
    version: str

    @property
    def line(self) -> tuple[int, int]:
        """Major and minor version; of a build of the main line what that counts as."""
        major, minor, *_ = numbers(self.version)
        return major, minor

    @property
    def implementation(self) -> Implementation:
        """What is under test, for reports."""
        return Implementation(
            organization="agentgateway",
            project="agentgateway",
            url="https://github.com/agentgateway/agentgateway",
            version=self.version,
        )


def find_binary(given: str | None) -> Binary:
    """The binary at a path, or the one on PATH when none is given.

    Raises SetupProblem when there is none, it cannot be run, or it is of a version whose configuration is unknown.
    """
    path = given or shutil.which("agentgateway")
    if path is None:
        raise SetupProblem("agentgateway is not on PATH", remedy=_REMEDY)
    if given and not Path(given).is_file():
        raise SetupProblem(f"--agentgateway-bin {given}: no such file", remedy=_REMEDY)
    if given and not os.access(given, os.X_OK):
        raise SetupProblem(f"--agentgateway-bin {given}: not executable", remedy=f"chmod +x {given}")
    found = Binary(os.path.abspath(path), _version(path))  # noqa: PTH100 - a link's own name is what people know
    if found.line != (0, 10) and found.line[0] != 1:
        raise SetupProblem(
            f"agentgateway {found.version}: its configuration is not known here",
            remedy="take 0.10, 1.x or a build of main (0.10.5, 1.4.1 and main of 2026-08-21 were tried)",
        )
    return found


def _version(path: str) -> str:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupProblem(f"{path} cannot be run: {error}", remedy=_REMEDY) from error
    try:
        version = str(json.loads(done.stdout)["version"])
        Binary(path, version).line  # noqa: B018 - it must be a version
    except (ValueError, KeyError, TypeError) as error:
        raise SetupProblem(f"{path} --version does not tell a version: is it agentgateway?", remedy=_REMEDY) from error
    return version
