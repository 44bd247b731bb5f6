"""Parts of objects: some entries of a list, each still at its place in the person's file, and how they become whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.core.problems import Position
from conformance.core.yaml.located import Document, FieldPath
from conformance.manifests.objects import Manifest

__all__ = ["part_of", "united"]


def part_of(manifest: Manifest, path: FieldPath, kept: Sequence[int]) -> Manifest:
    """A copy with these entries only of the list at a path."""
    before = manifest.part
    numbers = [before[1][number] for number in kept] if before and before[0] == path else list(kept)
    document = manifest.document
    return Manifest(
        _with(manifest.data, path, kept),
        Document(_with(document.data, path, kept), _moved(document.positions, path, kept)),
        (path, tuple(numbers)),
    )


def united(parts: Sequence[Manifest]) -> dict[str, Any]:
    """The object that parts of it come to, as plain data: each entry once, in the order of the person's file."""
    path = next((one.part[0] for one in parts if one.part), None)
    data = parts[0].data
    if path is None or len(parts) == 1:
        return data
    entries: dict[int, Any] = {}
    for one in parts:
        found = _owner(one.data, path)[path[-1]]
        for number, entry in zip(one.part[1] if one.part else range(len(found)), found, strict=True):
            entries.setdefault(number, entry)
    whole = copy.deepcopy(data)
    _owner(whole, path)[path[-1]] = [entries[number] for number in sorted(entries)]
    return whole


def _owner(data: Any, path: FieldPath) -> Any:
    for part in path[:-1]:
        data = data[part]
    return data


def _with(data: Any, path: FieldPath, kept: Sequence[int]) -> Any:
    found = copy.deepcopy(data)
    owner = _owner(found, path)
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
