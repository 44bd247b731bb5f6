"""`certify --watch`: certifies again what a saved file concerns, until somebody presses Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.certification.request import CertifyRequest
from conformance.certification.source import Source, read_source
from conformance.core.problems import InputProblem, SetupProblem
from conformance.core.terminal import say
from conformance.manifests.rendering.kustomizations import roots_below

__all__ = ["Certify", "again", "changes", "concerned", "watched"]

Certify = Callable[[CertifyRequest, Source | None], int]
"""Certifies one part; of what was read already, where it was."""

_STEP = 50
"""Milliseconds in which an editor has saved what belongs together."""


def changes(folders: Sequence[Path]) -> Iterator[set[str]]:
    """The real paths of what was saved, as it happens. Ends by KeyboardInterrupt only."""
    from watchfiles import watch

    for found in watch(*folders, step=_STEP, debounce=1_000, raise_interrupt=True):
        yield {os.path.realpath(path) for _, path in found}


def watched(requests: Iterable[CertifyRequest]) -> list[Path]:
    """The folders in which what is certified stands, bases and values elsewhere included."""
    found: dict[str, Path] = {}
    for request in requests:
        for path in map(Path, request.run.manifests):
            folders = [path] if path.is_dir() else [path.parent]
            folders += [one for tree in roots_below(path) for one in tree.folders] if path.is_dir() else []
            found |= {os.path.realpath(one): one for one in folders}
        found |= {os.path.realpath(one.parent): one.parent for one in map(Path, request.values)}
    places = [Path(one) for one in found]
    # One that is in another is watched with it.
    return [found[str(one)] for one in places if not any(other in one.parents for other in places)]


def again(saved: set[str], named: Sequence[tuple[str, CertifyRequest]], certify: Certify) -> None:
    """Certify the parts that what was saved concerns, and of them the providers."""
    for name, request in named:
        if not any(_is_below(one, folder) for one in saved for folder in watched([request])):
            continue
        say(f"== {name or 'saved'}: {', '.join(sorted(os.path.relpath(one) for one in saved))}", flush=True)
        try:
            source: Source | None = concerned(read_source(request), saved)
        except (InputProblem, SetupProblem):
            source = None  # told by the certification
        certify(replace(request, fix=False), source)


def concerned(source: Source, saved: set[str]) -> Source:
    """The source with the providers whose objects stand in these files; with all where something else does."""
    of_profiles = {one.name: {os.path.realpath(m.at().file) for m in one.manifests} for one in source.profiles}
    files = {os.path.realpath(one.at().file) for one in source.given.written}
    names = [name for name, own in of_profiles.items() if own & saved]
    known = set[str]().union(*of_profiles.values())
    if not names or (saved & files) - known or not saved <= files or source.given.rendered:
        return source
    return replace(source, profiles=[one for one in source.profiles if one.name in names])


def _is_below(path: str, folder: Path) -> bool:
    return Path(path).is_relative_to(os.path.realpath(folder))
