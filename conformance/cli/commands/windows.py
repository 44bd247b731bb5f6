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
from conformance.proof.windows.kinds import KINDS
from conformance.proof.windows.measuring import measured, table
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings, TargetOptions
from conformance.targets.registry import TARGETS, target_named
from conformance.targets.standalone.options import StandaloneOptions

__all__ = ["run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options: it measures and judges nothing. Raises InputProblem and SetupProblem."""
    if options.dialect not in DIALECTS:
        raise InputProblem(f"--dialect {options.dialect}: unknown", remedy=f"one of: {', '.join(DIALECTS)}")
    if options.changes < 1:
        raise InputProblem(f"--changes {options.changes}: must be 1 or more")
    on = _target(options.target, options.agentgateway_bin)
    if enter := TARGETS[on.target].own_network():
        enter()
    profile = documented_profile(options.provider, options.dialect)
    settings = Settings((profile,), on, dialect=options.dialect)
    found = asyncio.run(measured(settings, options.provider, KINDS, options.changes))
    for line in table(found):
        say(line)
    if options.report:
        data = {"target": on.target, "windows": [one.as_data() for one in found]}
        write_atomically(Path(options.report), json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    return ExitCode.CONFORMANT


def _target(name: str, binary: str | None) -> TargetOptions:
    usual: TargetOptions = target_named(name).usual()
    if binary is not None and name != StandaloneOptions.target:
        raise InputProblem("--agentgateway-bin: only --target standalone runs it", remedy="add --target standalone")
    on = StandaloneOptions(binary) if name == StandaloneOptions.target else usual
    on.find()
    return on
