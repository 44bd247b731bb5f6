"""`certify --fix`: writes the change that was found into the files, where there is a clean way back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.terminal import say

if TYPE_CHECKING:
    from conformance.certification.mending import Fix

__all__ = ["FixOptions", "check_fix_options", "write"]

_PATIENCE_WITH_GIT = 30.0
_BACKUP = ".before-fix"
"""What a copy's name ends in; no folder's manifests do."""
_HARMLESS = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "",
    "GIT_LITERAL_PATHSPECS": "1",
}


@dataclass(frozen=True)
class FixOptions:
    """Whether a fix is written, without asking, with a copy of each file beside it."""

    wanted: bool = False
    yes: bool = False
    backup: bool = False


def check_fix_options(options: FixOptions, paths: Sequence[str], *, search: bool, text: bool) -> None:
    """Raise InputProblem for options that do not go together, before anything is certified."""
    if (options.yes or options.backup) and not options.wanted:
        raise InputProblem("--yes and --backup belong to --fix", remedy="add --fix, or leave them out")
    if not options.wanted:
        return
    if not search:
        raise InputProblem("--fix and --no-fix contradict each other", remedy="leave out one of them")
    if "-" in paths or not paths:
        raise InputProblem("--fix writes into files, and none are given", remedy="give files or folders")
    if not text and not options.yes:
        raise InputProblem("--fix asks first, and another format has no room for it", remedy="add --yes")
    if not options.yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputProblem("--fix asks first, and nobody is there to answer", remedy="add --yes")


def write(fix: Fix, before: Mapping[str, str], options: FixOptions) -> bool:
    """Write it, unless it must not be or nobody wants it; says how to undo it. Returns whether it was written.

    Raises InputProblem where there is no clean way back.
    """
    from conformance.certification.mending import write_fix

    if fix.weakens_tls:
        raise InputProblem("--fix writes no change that weakens TLS", remedy="make it by hand where it is right")
    files = [Path(file) for file, text in fix.texts.items() if before.get(file) != text]
    for one in files:
        _check_links(one)
    kept = options.backup and [one for one in files if one.exists()]
    if kept:
        _check_room(kept)
    else:
        for one in files:
            _check_clean(one)
    if not options.yes and not _agreed(files):
        say("nothing is written")
        return False
    for one in kept or ():
        shutil.copy2(one, f"{one}{_BACKUP}")
    written = write_fix(fix, before)
    say(f"written: {', '.join(map(str, written))}")
    say(f"undo it: {_undo(files, before, backup=bool(kept))}")
    return True


def _agreed(files: Sequence[Path]) -> bool:
    """Ask whoever sits there."""
    say(f"write this into {', '.join(map(str, files))}? [y/N] ", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _check_room(files: Sequence[Path]) -> None:
    for one in files:
        if (copy := Path(f"{one}{_BACKUP}")).exists() or copy.is_symlink():
            raise InputProblem("is there already", position=Position(str(copy)), remedy="move that backup away first")


def _check_links(file: Path) -> None:
    """Neither the file nor a folder on the way to it from here may be a link: it may lead out of a checkout."""
    here, path = Path.cwd(), Path.cwd() / file
    above = (here, *here.parents)
    for one in (path, *path.parents):
        if one not in above and one.is_symlink():
            link = one.relative_to(here) if one.is_relative_to(here) else one
            message, remedy = "--fix writes through no link", "name the file itself"
            raise InputProblem(message, position=Position(str(link)), remedy=remedy)


def _check_clean(file: Path) -> None:
    """Git has to have the file as it is; a new one has to be new, in a checkout."""
    inside = _git(file, "rev-parse", "--is-inside-work-tree")
    if inside is None or inside.strip() != "true":
        message, remedy = "is in no Git checkout, so there is no way back", "add --backup, which keeps a copy beside it"
        raise InputProblem(message, position=Position(str(file)), remedy=remedy)
    said = _git(file, "status", "--porcelain", "--ignored", "--", file.name)
    # What Git is told to overlook, as by `update-index --skip-worktree`, is clean whatever it holds, and not restored.
    listed = _git(file, "ls-files", "-v", "--", file.name)
    overlooked = bool(listed) and not str(listed).startswith("H ")
    if said is None or listed is None or overlooked or (file.exists() and (said.strip() or not listed)):
        message, remedy = "is not as Git has it, so there is no way back", "commit it first, or add --backup"
        raise InputProblem(message, position=Position(str(file)), remedy=remedy)


def _git(file: Path, *arguments: str) -> str | None:
    """What Git says in the file's folder; None where it cannot."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=file.parent,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_WITH_GIT,
            check=False,
            # What somebody keeps in the repository's configuration must not have a program run; a name is no pattern.
            env={**os.environ, **_HARMLESS},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _undo(files: Sequence[Path], before: Mapping[str, str], *, backup: bool) -> str:
    """The command that takes it back."""
    old = [str(one) for one in files if str(one) in before]
    new = [str(one) for one in files if str(one) not in before]
    copies = [shlex.join(["mv", f"{one}{_BACKUP}", one]) for one in old]
    back = copies if backup else [shlex.join(["git", "restore", *old])]
    return " && ".join([*(back if old else []), *([shlex.join(["rm", *new])] if new else [])])
