"""What the patches of Kustomizations put where: JSON patches (RFC 6902), and those that stand in the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath, read_documents
from conformance.manifests.objects import read_text
from conformance.manifests.rendering.kustomizations import Tree, file_of

__all__ = ["Written", "inline_patches", "json_patches"]

_LISTS = ("patches", "patchesJson6902")
_END = "-"


@dataclass(frozen=True)
class Written:
    """A value that a JSON patch puts at a path of the objects of a kind and name; empty: of any."""

    kind: str
    name: str
    path: FieldPath
    value: Any
    position: Position

    def puts(self, kind: str, name: str, path: FieldPath, value: Any) -> bool:
        """Whether this value of a field of an object is from here."""
        called = not self.name or re.fullmatch(self.name, name) or self.name in name
        if self.kind not in ("", kind) or not called or len(path) < len(self.path):
            return False
        if not all(one in (other, _END) for one, other in zip(self.path, path, strict=False)):
            return False
        found = self.value
        for part in path[len(self.path) :]:
            try:
                found = found[part]
            except (LookupError, TypeError):
                return False
        return type(found) is type(value) if isinstance(found, dict | list) else bool(found == value)


def json_patches(tree: Tree) -> list[Written]:
    """All that JSON patches of a Kustomization, and of those that it is made of, put into objects."""
    return [one for document, place, entry in _entries(tree) for one in _operations(document, place, entry)]


def inline_patches(tree: Tree) -> Iterator[Document]:
    """The parts of objects that stand in Kustomizations as texts, each field at the text."""
    for document, place, entry in _entries(tree):
        for patch in _read(entry.get("patch"), document.at(*place, "patch")):
            if isinstance(patch.data, dict):
                at = document.at(*place, "patch")
                yield Document(patch.data, dict.fromkeys(patch.positions, at))


def _entries(tree: Tree) -> Iterator[tuple[Document, FieldPath, dict[str, Any]]]:
    for file in (found for folder in tree.folders if (found := file_of(folder))):
        for document in read_documents(read_text(str(file)), str(file)):
            for name in _LISTS if isinstance(document.data, dict) else ():
                entries = document.data.get(name)
                for number, entry in enumerate(entries if isinstance(entries, list) else ()):
                    if isinstance(entry, dict):
                        yield document, (name, number), entry


def _operations(document: Document, place: FieldPath, entry: dict[str, Any]) -> Iterator[Written]:
    inline, target = document.at(*place, "patch"), entry.get("target")
    chosen = target if isinstance(target, dict) else {}
    file = entry.get("path")
    texts = [(entry.get("patch"), inline, True)]
    if isinstance(file, str):
        there = Path(document.at().file).parent / file
        texts.append((read_text(str(there)), Position(str(there)), False))
    for text, at, is_inline in texts:
        for patch in _read(text, at):
            for number, one in enumerate(patch.data if isinstance(patch.data, list) else ()):
                if isinstance(one, dict) and one.get("op") in ("add", "replace"):
                    position = at if is_inline else patch.at(number, "value")
                    kind, name = str(chosen.get("kind") or ""), str(chosen.get("name") or "")
                    yield Written(kind, name, _pointer(str(one.get("path"))), one.get("value"), position)


def _read(text: object, at: Position) -> list[Document]:
    """A patch; none where it is no YAML, which kustomize tells."""
    try:
        return list(read_documents(text, at.file)) if isinstance(text, str) else []
    except InputProblem:
        return []


def _pointer(text: str) -> FieldPath:
    """RFC 6901."""
    parts = [one.replace("~1", "/").replace("~0", "~") for one in text.split("/")[1:]]
    return tuple(int(one) if one.isdecimal() else one for one in parts)
