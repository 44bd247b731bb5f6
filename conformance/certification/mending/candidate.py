"""Candidates: single changes that a person would make, not yet known to help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.certification.mending.text.edits import AddItem, Append, Edit, Spot
from conformance.certification.mending.view import Item, View, change, take
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, dotted

__all__ = ["Candidate", "adding", "candidate", "setting", "taking"]


@dataclass(frozen=True)
class Candidate:
    """One change; `title` says it in one sentence, without any key. `doubt`: more is to be preferred later."""

    title: str
    edits: tuple[Edit, ...]
    doubt: int = 0


def candidate(title: str, edits: Sequence[Edit], *, doubt: int = 0) -> list[Candidate]:
    """The candidate of these edits, as a list; none where nothing changes."""
    return [Candidate(title, tuple(edits), doubt)] if edits else []


def setting(
    item: Item, path: FieldPath, value: Any, *, why: str = "", after: str | None = None, doubt: int = 0
) -> list[Candidate]:
    """Give one field another value."""
    shown = value if isinstance(value, str | int) else "what it should be"
    title = f"Set {dotted(path)} of {item} to {shown}{f': {why}' if why else ''}"
    return candidate(title, change(item, path, value, after), doubt=doubt)


def taking(item: Item, path: FieldPath, *, why: str = "", doubt: int = 0) -> list[Candidate]:
    """Take one field away."""
    return candidate(f"Remove {dotted(path)} from {item}{f': {why}' if why else ''}", take(item, path), doubt=doubt)


def adding(view: View, beside: Item, data: dict[str, Any]) -> Edit:
    """A new object, at the end of the file of one that it belongs to.

    JSON has no second document: there it becomes an item of the List, else a file of its own.
    """
    file = beside.spot.file
    if not view.texts[file].lstrip().startswith("{"):
        return Append(file, data)
    if beside.spot.path:
        return AddItem(Spot(file, beside.spot.document, beside.spot.path[:-1]), data)
    return Append(next((one for one, text in view.texts.items() if _holds_documents(text)), f"{file}-more.yaml"), data)


def _holds_documents(text: str) -> bool:
    return not text.lstrip().startswith("{")
