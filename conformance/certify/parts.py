"""Parts of objects: some entries of a list, each still at its place in the person's file."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.located import Document, FieldPath
from conformance.manifests import Manifest
from conformance.problems import Position

__all__ = ["part_of"]


def part_of(manifest: Manifest, path: FieldPath, kept: Sequence[int]) -> Manifest:
    """A copy with these entries only of the list at a path."""
    return Manifest(
        _with(manifest.data, path, kept),
        Document(_with(manifest.document.data, path, kept), _moved(manifest.document.positions, path, kept)),
    )


def _with(data: Any, path: FieldPath, kept: Sequence[int]) -> Any:
    found = copy.deepcopy(data)
    owner = found
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = [owner[path[-1]][number] for number in kept]
    return found


def _moved(positions: Mapping[FieldPath, Position], path: FieldPath, kept: Sequence[int]) -> dict[FieldPath, Position]:
    size, numbers = len(path), {old: new for new, old in enumerate(kept)}
    found: dict[FieldPath, Position] = {}
    for place, where in positions.items():
        if len(place) <= size or place[:size] != path:
            found[place] = where
        elif isinstance(number := place[size], int) and (new := numbers.get(number)) is not None:
            found[(*path, new, *place[size + 1 :])] = where
    return found
