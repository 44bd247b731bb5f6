"""Kustomizations: which files one is made of, whether it changes them, and the patches among them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document, FieldPath, dotted, read_documents
from conformance.manifests.objects import read_text
from conformance.manifests.rendering.kustomize_keys import check_case, folded

__all__ = [
    "KUSTOMIZE",
    "Tree",
    "file_of",
    "is_apart",
    "is_kustomization",
    "is_kustomization_file",
    "limit_of",
    "patch_files",
    "roots_below",
    "tree_of",
]

KUSTOMIZE = "`kustomize build FOLDER | agw-conformance certify -` hands in what it makes of them"
_GROUP = "kustomize.config.k8s.io/"
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "transformers", "replacements", "configurations")
_BASES = ("resources", "bases", "components")
_LISTS = (
    *(*_BASES, "crds", "configurations", "generators", "transformers", "validators"),
    "patchesStrategicMerge",
)
_PLAIN = ("apiVersion", "kind", "metadata", "resources", "bases")
"""What changes nothing about the files that it names."""
_FETCHING = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_MOST = 300
"""More than any repository has."""
# What kustomize takes for a repository or an address (api/internal/git/repospec.go), and more: it would fetch it.
_REMOTE = re.compile(
    r"://|::|^[\w.-]+@|^[\w.-]+:|[?]|^(?:[\w-]+\.)*(?:github|gitlab|bitbucket)\.\w+/|\.git(?:/|$)|_git/|//"
)


_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass
class Tree:
    """A Kustomization and what it is made of.

    `folders`: those with Kustomizations in them, its own first; `resources`: files that hold objects; `others`: further
    files that it reads. `plain`: its objects are those of its resources, with nothing changed. `problem`: why it cannot
    be built.
    """

    folder: Path
    folders: list[Path] = field(default_factory=list)
    resources: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    plain: bool = True
    problem: InputProblem | None = None

    def check(self) -> None:
        """Raise InputProblem for what is not there, would have to be fetched, or leads out of the checkout."""
        if self.problem is not None:
            raise self.problem

    @property
    def files(self) -> list[Path]:
        """All files, the Kustomizations' own included."""
        own = [found for folder in self.folders if (found := file_of(folder))]
        return [*own, *self.resources, *self.others]

    @property
    def with_objects(self) -> list[Path]:
        """The files that may hold objects; of what cannot be followed to its end, those that stand beside it, too."""
        beside = [one for folder in self.folders for one in folder.iterdir() if self.problem is not None]
        return [*self.resources, *(one for one in beside if one.suffix in _SUFFIXES and one.is_file())]

    @property
    def at(self) -> Position:
        """Its own file."""
        return Position(str(file_of(self.folder) or self.folder))


def is_kustomization(document: Document) -> bool:
    """Whether a document is a Kustomization or a Component, whose apiVersion and kind may be missing."""
    if not isinstance(document.data, dict):
        return False
    data = folded(document.data)
    named = is_kustomization_file(Path(document.at().file)) and "metadata" not in data
    return named or str(data.get("apiversion", "")).casefold().startswith(_GROUP)


def is_kustomization_file(file: Path) -> bool:
    """Whether a file has the name by which kustomize finds it."""
    return file.name.lower() in ("kustomization.yaml", "kustomization.yml")


def file_of(folder: Path) -> Path | None:
    """The Kustomization in a folder."""
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def limit_of(folder: Path) -> Path | None:
    """The root of the checkout that a folder is in, out of which nothing leads; None outside of one."""
    real = folder.resolve()
    return next((one for one in (real, *real.parents) if (one / ".git").exists()), None)


def patch_files(document: Document, folder: Path) -> Iterator[str]:
    """The files, as real paths, that a Kustomization in this folder takes for changes to objects; none for others."""
    if not is_kustomization(document):
        return
    for name in _PATCHES:
        for entry in _list(document.data.get(name)):
            path = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(path, str) and "\n" not in path and "\0" not in path:
                yield os.path.realpath(folder / path)


def roots_below(folder: Path) -> list[Tree]:
    """The Kustomizations in a folder and below that no other one there is made of. Raises InputProblem."""
    trees: list[Tree] = []
    for place, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if file_of(Path(place)) is not None:
            trees.append(tree_of(Path(place)))
        if len(trees) > _MOST:
            raise InputProblem(f"more than {_MOST} Kustomizations", position=Position(str(folder)), remedy="name one")
    used = {one.resolve() for tree in trees for one in tree.folders[1:]}
    return [tree for tree in trees if tree.folder.resolve() not in used]


def is_apart(tree: Tree, folder: Path) -> bool:
    """Whether to read all files in a folder is not the same: it changes them, or has others elsewhere."""
    inside = os.path.realpath(folder)
    return not tree.plain or any(not Path(os.path.realpath(one)).is_relative_to(inside) for one in tree.resources)


def tree_of(folder: Path) -> Tree:
    """What the Kustomization in a folder is made of, as far as that can be told."""
    found = Tree(folder)
    try:
        _gather(found, folder, limit_of(folder))
    except InputProblem as problem:
        found.plain, found.problem = False, problem
    return found


def _gather(tree: Tree, folder: Path, limit: Path | None) -> None:
    if any(one.resolve() == folder.resolve() for one in tree.folders):
        return
    file = file_of(folder)
    assert file is not None
    tree.folders.append(folder)
    if len(tree.folders) > _MOST:
        raise InputProblem(f"made of more than {_MOST} Kustomizations", position=tree.at)
    for document in read_documents(read_text(str(file)), str(file)):
        if not isinstance(document.data, dict):
            raise InputProblem("a Kustomization is a mapping", position=document.at())
        check_case(document)
        tree.plain = tree.plain and set(document.data) <= set(_PLAIN)
        for name in _FETCHING:
            if name in document.data:
                remedy = "render the chart by `agw-conformance certify CHART`, or hand in what kustomize makes of all"
                raise _problem(document, (name,), "charts are not fetched here", remedy)
        for path, written in _paths(document.data):
            _follow(tree, folder, limit, document, path, written)


def _follow(tree: Tree, folder: Path, limit: Path | None, document: Document, path: FieldPath, written: str) -> None:
    """One entry that names a file or a folder."""
    if _REMOTE.search(written) or "\0" in written:
        message = f"{written!r} would have to be fetched, and nothing is fetched here"
        raise _problem(document, path, message, f"keep a copy in the repository; or {KUSTOMIZE}")
    there = Path(os.path.normpath(folder / written))
    if limit is not None and not there.resolve().is_relative_to(limit):
        raise _problem(document, path, f"{written!r} leads out of the checkout", "keep a copy in it")
    if there.is_dir():
        if file_of(there) is None:
            raise _problem(
                document, path, f"there is no kustomization.yaml in {written!r}", "name its files, or add one"
            )
        tree.plain = tree.plain and path[0] != "components"
        _gather(tree, there, limit)
    elif not there.exists():
        raise _problem(document, path, f"there is no {written!r}", "correct the path, from this file's folder on")
    else:
        (tree.resources if path[0] in _BASES else tree.others).append(there)


def _problem(document: Document, path: FieldPath, message: str, remedy: str) -> InputProblem:
    return InputProblem(message, position=document.at(*path), field=dotted(path), remedy=remedy)


def _paths(data: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Each entry that names a file, a folder or an address, and where it stands."""
    for name in _LISTS:
        for number, entry in enumerate(_list(data.get(name))):
            if isinstance(entry, str) and "\n" not in entry:
                yield (name, number), entry
    for name in ("patches", "patchesJson6902", "replacements"):
        for number, entry in enumerate(_list(data.get(name))):
            if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                yield (name, number, "path"), entry["path"]
    if isinstance(schema := data.get("openapi"), dict) and isinstance(schema.get("path"), str):
        yield ("openapi", "path"), schema["path"]
    for name in ("configMapGenerator", "secretGenerator"):
        for number, entry in enumerate(_list(data.get(name))):
            yield from _sources(entry, (name, number))


def _sources(entry: Any, place: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """The files of a generator: `files: [name=path]`, `envs`, `env`."""
    if not isinstance(entry, dict):
        return
    for name in ("files", "envs"):
        for number, one in enumerate(_list(entry.get(name))):
            if isinstance(one, str):
                yield (*place, name, number), one.partition("=")[2] if name == "files" and "=" in one else one
    if isinstance(one := entry.get("env"), str):
        yield (*place, "env"), one


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []
