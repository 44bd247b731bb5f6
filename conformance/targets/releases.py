"""Versions of agentgateway as numbers that can be compared: of releases, and of builds of its main line."""

from __future__ import annotations

import re

__all__ = ["MAIN", "numbers"]

MAIN = (1, 5)
"""What builds of the main line count as: the release after 1.4, on the way to which that of 2026-08-21 is."""

_BUILD = re.compile(r"v?0\.0\.0-.+|[0-9a-f]{7,40}(?:-dirty)?")
"""What its nightly workflow calls builds, 0.0.0-alpha.COMMIT; the commit, where a build was given none."""


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, such as (1, 4, 1); of what tells none, nothing."""
    if _BUILD.fullmatch(version):
        return MAIN
    return tuple(int(part) for part in re.findall(r"\d+", version.split("-")[0]))
