"""`windows`: constant traffic while objects change, and what went otherwise than they say."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from conformance.core.files import write_atomically
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.terminal import say
from conformance.manifests.dialects import DIALECTS
from conformance.proof.asked import check_known, check_writable, target_at
from conformance.proof.windows.kinds import KINDS
from conformance.proof.windows.measuring import measured, table
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings
from conformance.targets.registry import TARGETS

__all__ = ["run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options: it measures and judges nothing. Raises InputProblem and SetupProblem."""
    check_known("--dialect", [options.dialect], DIALECTS)
    if options.changes < 1:
        raise InputProblem(f"--changes {options.changes}: must be 1 or more")
    report = Path(options.report) if options.report else None
    check_writable(report)
    on = target_at("--target", options.target, options.agentgateway_bin)
    if enter := TARGETS[on.target].own_network():
        enter()
    profile = documented_profile(options.provider, options.dialect)
    settings = Settings((profile,), on, dialect=options.dialect)
    found = asyncio.run(measured(settings, options.provider, KINDS, options.changes))
    for line in table(found):
        say(line)
    if report is not None:
        data = {"target": on.target, "windows": [one.as_data() for one in found]}
        write_atomically(report, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    return ExitCode.CONFORMANT
