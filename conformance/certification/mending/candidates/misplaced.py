"""Candidates that move fields: those that are indented too far, or not far enough, are moved by one change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.certification.mending.candidate import Candidate, candidate
from conformance.certification.mending.text.edits import Edit, Move
from conformance.certification.mending.view import Item, change, take
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.schemas.schema import Schema

__all__ = ["misplaced"]


def misplaced(item: Item, root: Schema, path: FieldPath, unknown: Sequence[str]) -> Iterator[Candidate]:
    """Moves of fields that their mapping does not have, to where this schema of the whole object has them."""
    if unknown and (schema := _schema_at(root, path)) is not None:
        yield from _down(item, schema, path, unknown)
    for length in range(len(path) - 1, -1, -1) if unknown else ():
        upper = _schema_at(root, path[:length])
        there = item.get(*path[:length])
        if upper is None or not isinstance(there, dict):
            continue
        fitting = [name for name in unknown if name in upper.properties and name not in there]
        where = f"beside {path[length]}" if isinstance(path[length], str) else f"into {dotted(path[:length])}"
        title = f"Move {_listed(fitting)} of {item} out from under {dotted(path)}, {where}"
        yield from _moves(item, path, path[:length], fitting, title, after=str(path[length]))
        yield from _down(item, upper, path[:length], unknown, source=path)


def _down(
    item: Item, schema: Schema, path: FieldPath, unknown: Sequence[str], source: FieldPath | None = None
) -> Iterator[Candidate]:
    """Into a mapping that stands at `path`; into one that would have to be made only one by one."""
    old = path if source is None else source
    for child, inner in schema.properties.items():
        place = (*path, child)
        if place == old[: len(place)]:
            continue
        there = item.get(*place)
        fitting = [name for name in unknown if name in inner.properties and item.get(*place, name) is None]
        title = f"Move {_listed(fitting)} of {item} from {dotted(old)} into {dotted(place)}"
        if isinstance(there, dict):
            yield from _moves(item, old, place, fitting, title, doubt=0 if source is None else 1)
        elif there is None:
            for name in fitting:
                title = f"Move {dotted((*old, name))} of {item} to {dotted((*place, name))}"
                edits = [*change(item, (*place, name), item.get(*old, name)), *take(item, (*old, name))]
                yield from candidate(title, edits, doubt=1)


def _moves(
    item: Item,
    old: FieldPath,
    new: FieldPath,
    names: Sequence[str],
    title: str,
    *,
    after: str | None = None,
    doubt: int = 0,
) -> list[Candidate]:
    edits: list[Edit] = []
    for name in names:
        edits.append(Move(item.spot.below(*old, name), item.spot.below(*new, name), after))
        after = name
    return candidate(title, edits, doubt=doubt)


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if names[:-1] else names)


def _schema_at(root: Schema, path: FieldPath) -> Schema | None:
    found: Schema | None = root
    for part in path:
        if found is not None:
            found = found.items if isinstance(part, int) else found.properties.get(part, found.additional)
    return found
