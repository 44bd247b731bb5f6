"""The objects in files, folders and standard input, and what of a folder is none."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.certify.kustomizations import KUSTOMIZE, is_kustomization, is_kustomization_file, patch_files
from conformance.located import Document, read_documents
from conformance.manifests import BACKEND_KINDS, LARGEST_FILE, Manifest, checked, items_of, read_text
from conformance.problems import InputProblem, Position

__all__ = ["TEMPLATE", "LeftOut", "read_files"]

_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_FILES = 5_000
_MOST_BYTES = 64 * 1024 * 1024
_API_VERSION = re.compile(r"""["']?\bapiVersion["']?\s*:""")
_KIND = re.compile(r"""^["']?kind["']?\s*:""", re.MULTILINE)
_METADATA = re.compile(r"""^["']?metadata["']?\s*:""", re.MULTILINE)
TEMPLATE = "a template"
"""What a file is called that Helm would render first."""
_HELM = "`helm template` renders it: ... | agw-conformance certify -"
# Of these kinds every object is read strictly: a mistake in one must be told.
_OURS = (
    *(*BACKEND_KINDS, "Secret", "ConfigMap", "Namespace"),
    *("HTTPRoute", "BackendTLSPolicy", "ReferenceGrant", "Gateway", "GatewayClass"),
)


@dataclass(frozen=True)
class LeftOut:
    """Something of the input that is not looked at: what it is, where it stands, and why."""

    what: str
    position: Position
    reason: str
    manifest: Manifest | None = None

    def __str__(self) -> str:
        return f"{self.position}: {self.what} is left out: {self.reason}"


def read_files(paths: Iterable[str], *, stdin: Path | None = None) -> tuple[list[Manifest], list[LeftOut]]:
    """The objects of files, folders (their *.yaml, *.yml and *.json files, sorted) and `-` (standard input).

    What is no Kubernetes object is left out where it stands in a folder, for there it may belong to something else.
    `stdin` is a file that holds what came by standard input, where that was read before.
    Raises InputProblem for what cannot be read or, given by itself, holds no object.
    """
    manifests: list[Manifest] = []
    left_out: list[LeftOut] = []
    seen: set[str] = set()
    for path in paths:
        before = len(manifests) + len(left_out)
        known = len(seen)
        for one in _folder(Path(path), seen) if path != "-" and _is_folder(path) else _file(path, stdin, seen):
            if isinstance(one, LeftOut):
                left_out.append(one)
            else:
                manifests.append(one)
        if len(manifests) + len(left_out) == before and len(seen) > known:
            name = "<stdin>" if path == "-" else path
            raise InputProblem(
                "no Kubernetes object in it", position=Position(name), remedy="give the Backend with what belongs to it"
            )
    return manifests, left_out


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False  # reading it tells why


def _file(path: str, stdin: Path | None, seen: set[str]) -> Iterator[Manifest | LeftOut]:
    """A file that was named by itself: all of it must be objects."""
    if (place := path if path == "-" else os.path.realpath(path)) in seen:
        return
    seen.add(place)
    name = "<stdin>" if path == "-" else path
    text = read_text(path, stdin)
    try:
        documents = read_documents(text, name)
    except InputProblem as problem:
        if "{{" in text and problem.remedy is None:
            problem = InputProblem(problem.message, position=problem.position, field=problem.field, remedy=_HELM)
        raise problem from problem.__cause__
    for document in documents:
        if is_kustomization(document):
            raise InputProblem("a Kustomization, which is no object", position=document.at(), remedy=KUSTOMIZE)
        for item in items_of(document):
            yield _object(item) or checked(item)


def _folder(folder: Path, seen: set[str]) -> Iterator[Manifest | LeftOut]:
    """What stands in a folder: objects, and what is left out."""
    read: list[tuple[Path, list[Document]]] = []
    seen.add(os.path.realpath(folder))
    for file in _listed(folder, seen):
        found = file if isinstance(file, LeftOut) else _documents(file)
        if isinstance(found, LeftOut):
            yield found
        else:
            read.append((Path(str(file)), found))
    patches = {one for file, documents in read for document in documents for one in patch_files(document, file.parent)}
    for file, documents in read:
        patch = os.path.realpath(file) in patches
        for document in documents:
            yield from _parts(document, patch=patch)


def _parts(document: Document, *, patch: bool) -> Iterator[Manifest | LeftOut]:
    """The objects in one document of a folder, or why it is left out."""
    if is_kustomization(document):
        yield LeftOut("a Kustomization", document.at(), f"its files are taken as they stand; {KUSTOMIZE}")
    elif patch:
        yield LeftOut("a patch of a Kustomization", document.at(), KUSTOMIZE)
    else:
        for item in items_of(document):
            yield _object(item) or _foreign(item) or checked(item)


def _listed(folder: Path, seen: set[str]) -> Iterator[Path | LeftOut]:
    """The files of a folder and those below, by name; hidden folders are somebody else's, links are not followed."""
    found: list[Path] = []
    links: list[LeftOut] = []

    def fail(error: OSError) -> None:
        where = Position(str(error.filename or folder))
        raise InputProblem(f"cannot be read: {error.strerror or error}", position=where) from error

    for place, folders, files in os.walk(folder, onerror=fail):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [here / name for name in folders if (here / name).is_symlink()]
        links += [LeftOut("a link to a folder", Position(str(one)), "links are not followed") for one in linked]
        found += [here / name for name in files if name.endswith(_SUFFIXES)]
        if len(found) > _MOST_FILES:
            raise _too_much(folder)
    yield from links
    total = 0
    for file in sorted(found):
        if (place := os.path.realpath(file)) in seen:
            continue
        seen.add(place)
        regular, size = _is_regular(file)
        if not regular:
            # Reading a pipe would wait for somebody to write.
            yield LeftOut("a pipe or device", Position(str(file)), "no file")
        elif size > LARGEST_FILE:
            yield LeftOut("a file", Position(str(file)), "larger than any manifest (4 MiB)")
        elif (total := total + size) > _MOST_BYTES:
            raise _too_much(folder)
        else:
            yield file


def _is_regular(file: Path) -> tuple[bool, int]:
    """Whether it is a file, and its size in bytes; what cannot be known counts as one, for reading it tells why."""
    try:
        found = file.stat()
    except OSError:
        return True, 0
    return stat.S_ISREG(found.st_mode), found.st_size


def _too_much(folder: Path) -> InputProblem:
    return InputProblem(
        f"more than {_MOST_FILES} YAML and JSON files, or than 64 MiB of them",
        position=Position(str(folder)),
        remedy="name the folder that holds the manifests",
    )


def _documents(file: Path) -> list[Document] | LeftOut:
    """The documents of a file in a folder, or why it is left out."""
    try:
        text = read_text(str(file))
    except InputProblem as problem:
        if isinstance(problem.__cause__, UnicodeDecodeError) and not _is_utf_16(file):
            return LeftOut("a file", Position(str(file)), problem.message)
        raise
    # With a misspelt apiVersion it is still an object, and the mistake must be told.
    begun = _API_VERSION.search(text) or (_KIND.search(text) and _METADATA.search(text))
    if not begun and not is_kustomization_file(file):
        return LeftOut("a file", Position(str(file)), "no Kubernetes object in it") if text.strip() else []
    try:
        return read_documents(text, str(file))
    except InputProblem as problem:
        if "{{" in text:
            return LeftOut(TEMPLATE, problem.position or Position(str(file)), _HELM)
        raise


def _is_utf_16(file: Path) -> bool:
    """Text that an editor saved so must be told; what has any other bytes may be anything."""
    with file.open("rb") as stream:
        return stream.read(2) in (b"\xff\xfe", b"\xfe\xff")


def _object(document: Document) -> LeftOut | None:
    """Why an object of a kind that is none of ours is not even looked at; None for all others."""
    data = document.data
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("apiVersion", "kind")):
        return None
    if data["kind"].startswith("ENC["):
        said = "SOPS encrypted all of it; `sops -d FILE | agw-conformance certify -` hands it in as it is applied"
        return LeftOut("a file", document.at(), said)
    if data["kind"] in _OURS:
        return None
    metadata = data.get("metadata")
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"]
    return None if named else LeftOut(f"a {data['kind']}", document.at(), f"{data['apiVersion']} has no part in it")


def _foreign(document: Document) -> LeftOut | None:
    """What in a folder is no object at all, and does not try to be one."""
    data: Any = document.data
    begun = isinstance(data, dict) and ("apiVersion" in data or "kind" in data) and "metadata" in data
    return None if begun else LeftOut("a document", document.at(), "no Kubernetes object")
