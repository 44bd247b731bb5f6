"""`config`: the JSON Schema of `.agw-conformance.yaml`, and whether one is in order."""

from __future__ import annotations

import argparse
import json

from conformance.certification.config.model import NAME
from conformance.certification.config.reading import load_config
from conformance.certification.config.schema import config_schema
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say

__all__ = ["check", "run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem."""
    if options.what == "schema":
        print(json.dumps(config_schema(), indent=2))
        return ExitCode.CONFORMANT
    return check(options.file)


def check(file: str | None) -> int:
    """Read it, and say what it holds. Raises InputProblem for the first mistake, and where there is none."""
    config = load_config(file)
    if not config.file:
        raise InputProblem(f"there is no {NAME} here", remedy="write one, or name a file")
    for group in config.groups:
        say(f"{group.name or 'all together'}: {', '.join(group.paths)}")
    for one in config.acceptances:
        say(f"{one.origin.at(*one.path)}: accepts {one.check}: {one.told}")
    say(f"{config.file}: in order")
    return ExitCode.CONFORMANT
