"""What the commands that prove something are asked for, checked before anything is started: names, a target, a file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.core.problems import InputProblem
from conformance.stage.settings import TargetOptions
from conformance.targets.registry import TARGETS
from conformance.targets.standalone.options import StandaloneOptions

__all__ = ["check_known", "check_writable", "target_at"]


def check_known(option: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Raise InputProblem for a value of an option that is none of those known."""
    for one in given:
        if one not in known:
            near = difflib.get_close_matches(one, known, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"one of: {', '.join(known)}"
            raise InputProblem(f"{option} {one}: unknown", remedy=remedy)


def check_writable(report: Path | None) -> None:
    """Raise InputProblem when nothing can be written there: better before a run than after it."""
    if report is not None and (report.is_dir() or not os.access(report.absolute().parent, os.W_OK)):
        raise InputProblem(f"--report {report}: cannot be written", remedy="name a file in a folder that is yours")


def target_at(option: str, name: str, binary: str | None, among: Sequence[str] = tuple(TARGETS)) -> TargetOptions:
    """The target that an option names, as it usually is, or with a binary of one's own.

    Raises InputProblem for another target, SetupProblem where it cannot be had.
    """
    check_known(option, [name], among)
    if binary is not None and name != StandaloneOptions.target:
        raise InputProblem("--agentgateway-bin: only --target standalone runs it", remedy="add --target standalone")
    on: TargetOptions = StandaloneOptions(binary) if name == StandaloneOptions.target else TARGETS[name].usual()
    on.find()
    return on
