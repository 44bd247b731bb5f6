"""Edits: what is changed, in the data and in the text, and the proof that both agree."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import yaml

from conformance.certification.mending.text import surgery
from conformance.certification.mending.text.tree import Tree, is_flow
from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, read_documents

__all__ = [
    "Add",
    "AddItem",
    "Append",
    "Drop",
    "Edit",
    "Move",
    "Remove",
    "Rename",
    "Set",
    "Spot",
    "Unmendable",
    "apply_edits",
]


class Unmendable(Exception):
    """An edit does not fit, or its text would not say what is wanted; the candidate is dropped."""


@dataclass(frozen=True)
class Spot:
    """A field in a file: the number of the document (empty ones do not count) and the path in it."""

    file: str
    document: int
    path: FieldPath = ()

    def below(self, *path: str | int) -> Spot:
        """A field below this one."""
        return Spot(self.file, self.document, (*self.path, *path))

    @property
    def parent(self) -> Spot:
        """What the field stands in."""
        return Spot(self.file, self.document, self.path[:-1])


class Edit(Protocol):
    """One step of a change. Both methods raise LookupError or TypeError when the edit does not fit."""

    @property
    def file(self) -> str:
        """The file that it changes."""

    def on_data(self, documents: list[Any]) -> None:
        """Change the file's documents in place."""

    def on_text(self, text: str) -> str:
        """The file's text, changed."""


@dataclass(frozen=True)
class _AtSpot:
    spot: Spot

    @property
    def file(self) -> str:
        return self.spot.file


@dataclass(frozen=True)
class Set(_AtSpot):
    """Another value for a field that is there."""

    value: Any

    def on_data(self, documents: list[Any]) -> None:
        parent = _at(documents, self.spot.parent)
        parent[self.spot.path[-1]]  # raises where there is none
        parent[self.spot.path[-1]] = copy.deepcopy(self.value)

    def on_text(self, text: str) -> str:
        return surgery.put(Tree(text), self.spot.document, self.spot.path, self.value)


@dataclass(frozen=True)
class Rename(_AtSpot):
    """Another name for a key; its value stays."""

    name: str

    def on_data(self, documents: list[Any]) -> None:
        parent = _at(documents, self.spot.parent)
        if self.name in parent:
            raise LookupError(f"{self.name} is there already")
        parent[self.name] = parent.pop(self.spot.path[-1])

    def on_text(self, text: str) -> str:
        return surgery.rename(Tree(text), self.spot.document, self.spot.path, self.name)


@dataclass(frozen=True)
class Remove(_AtSpot):
    """A field or item less; with `prune` also what it stands in, as far as that is empty then."""

    prune: bool = False

    def _top(self, documents: list[Any]) -> Spot:
        """The highest field that goes."""
        spot = self.spot
        while self.prune and len(spot.path) > 1 and len(_at(documents, spot.parent)) == 1:
            spot = spot.parent
        return spot

    def on_data(self, documents: list[Any]) -> None:
        top = self._top(documents)
        del _at(documents, top.parent)[top.path[-1]]

    def on_text(self, text: str) -> str:
        top = self._top([one.data for one in read_documents(text, self.file)])
        return surgery.remove(Tree(text), top.document, top.path)


@dataclass(frozen=True)
class Add(_AtSpot):
    """A new field of a mapping, behind the field `after` where there is one; a null counts as an empty mapping."""

    value: Any
    after: str | None = None

    def on_data(self, documents: list[Any]) -> None:
        if _at(documents, self.spot.parent) is None:
            Set(self.spot.parent, {}).on_data(documents)
        parent, name = _at(documents, self.spot.parent), self.spot.path[-1]
        if not isinstance(parent, dict) or name in parent:
            raise LookupError(f"{name} cannot be added")
        parent[name] = copy.deepcopy(self.value)

    def on_text(self, text: str) -> str:
        return surgery.insert_field(Tree(text), self.spot.document, self.spot.path, self.value, self.after)


@dataclass(frozen=True)
class AddItem(_AtSpot):
    """A new last item of a sequence."""

    value: Any

    def on_data(self, documents: list[Any]) -> None:
        found = _at(documents, self.spot)
        if not isinstance(found, list):
            raise LookupError("no sequence")
        found.append(copy.deepcopy(self.value))

    def on_text(self, text: str) -> str:
        return surgery.insert_item(Tree(text), self.spot.document, self.spot.path, self.value)


@dataclass(frozen=True)
class Move(_AtSpot):
    """A field, with all that stands below it, to another place in its document; see `Add` and `Remove`."""

    to: Spot
    after: str | None = None
    prune: bool = False

    def on_data(self, documents: list[Any]) -> None:
        value = _at(documents, self.spot)
        Add(self.to, value, self.after).on_data(documents)
        Remove(self.spot, self.prune).on_data(documents)

    def on_text(self, text: str) -> str:
        tree, parent = Tree(text), self.to.parent
        lines = surgery.own_lines(tree, self.spot.document, self.spot.path)
        target = tree.node(parent.document, parent.path)
        block = isinstance(target, yaml.MappingNode) and bool(target.value) and not is_flow(target)
        if lines is None or not block or self.to.path[-1] != self.spot.path[-1]:
            value = _at([one.data for one in read_documents(text, self.file)], self.spot)
            text = Add(self.to, value, self.after).on_text(text)
        else:
            text = surgery.insert_lines(tree, parent.document, parent.path, lines, self.after)
        return Remove(self.spot, self.prune).on_text(text)


@dataclass(frozen=True)
class Append:
    """A whole new document at the end of a file, or a new file."""

    file: str
    data: Any

    def on_data(self, documents: list[Any]) -> None:
        documents.append(copy.deepcopy(self.data))

    def on_text(self, text: str) -> str:
        return surgery.append_document(text, self.data)


@dataclass(frozen=True)
class Drop(_AtSpot):
    """A whole document less; the spot's path is empty."""

    def on_data(self, documents: list[Any]) -> None:
        del documents[self.spot.document]

    def on_text(self, text: str) -> str:
        return surgery.drop_document(Tree(text), self.spot.document)


def _at(documents: list[Any], spot: Spot) -> Any:
    found = documents[spot.document]
    for part in spot.path:
        found = found[part]
    return found


def apply_edits(texts: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    """All texts after the edits, made one after the other.

    Raises Unmendable when an edit does not fit, or when what is then read from the text is not exactly the wanted data.
    """
    changed = dict(texts)
    for file in dict.fromkeys(edit.file for edit in edits):
        text = changed.get(file, "")
        wanted = [copy.deepcopy(one.data) for one in read_documents(text, file)]
        try:
            for edit in (one for one in edits if one.file == file):
                edit.on_data(wanted)
                text = edit.on_text(text)
            got = [one.data for one in read_documents(text, file)]
        except (LookupError, TypeError, ValueError, yaml.YAMLError, InputProblem) as error:
            raise Unmendable(f"{file}: {error}") from error
        # As JSON, for to Python 1, 1.0 and True are the same.
        if json.dumps(got, sort_keys=True) != json.dumps(wanted, sort_keys=True):
            raise Unmendable(f"{file}: the text does not come to the wanted data")
        changed[file] = text
    return changed
