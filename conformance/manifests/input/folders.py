"""What of a folder belongs to the input: its files, the documents in them, and what is left out."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, read_documents
from conformance.manifests.objects import LARGEST_FILE, OURS, Manifest, read_text
from conformance.manifests.rendering.helm import hint
from conformance.manifests.rendering.kustomizations import is_kustomization_file

__all__ = ["SUFFIXES", "TEMPLATE", "LeftOut", "documents_in", "listed", "text_of"]

SUFFIXES = (".yaml", ".yml", ".json")
TEMPLATE = "a template"
"""What a file is called that Helm would render first."""
_MOST_FILES = 5_000
_MOST_BYTES = 64 * 1024 * 1024
_API_VERSION = re.compile(r"""["']?\bapiVersion["']?\s*:""")
_KIND = re.compile(r"""(^|[{,]\s*)["']?kind["']?\s*:""", re.MULTILINE)
_METADATA = re.compile(r"""(^|[{,]\s*)["']?metadata["']?\s*:""", re.MULTILINE)
_STRING_DATA = re.compile(r"""["']?\bstringData["']?\s*:""")
_OF_OURS = re.compile(rf"""^["']?kind["']?\s*:\s*["']?({"|".join(OURS)})\b""", re.MULTILINE)


@dataclass(frozen=True)
class LeftOut:
    """Something of the input that is not looked at: what it is, where it stands, and why."""

    what: str
    position: Position
    reason: str
    manifest: Manifest | None = None

    def __str__(self) -> str:
        return f"{self.position}: {self.what} is left out: {self.reason}"


def listed(folder: Path, seen: set[str], *, below: bool = True) -> Iterator[Path | LeftOut]:
    """The files of a folder and, unless not `below`, of those in it, by name; puts them into `seen`, by real path.

    Hidden folders are somebody else's, links are not followed. Raises InputProblem for what cannot be read, and for
    more than anybody has in manifests.
    """
    found: list[Path] = []
    links: list[LeftOut] = []

    def fail(error: OSError) -> None:
        where = Position(str(error.filename or folder))
        raise InputProblem(f"cannot be read: {error.strerror or error}", position=where) from error

    for place, folders, files in os.walk(folder, onerror=fail):
        here = Path(place)
        folders[:] = sorted(name for name in folders if below and not name.startswith("."))
        linked = [here / name for name in folders if (here / name).is_symlink()]
        links += [LeftOut("a link to a folder", Position(str(one)), "links are not followed") for one in linked]
        found += [here / name for name in files if name.endswith(SUFFIXES)]
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


def text_of(file: Path, instead: Mapping[str, str] | None = None) -> str | LeftOut:
    """The text of a file in a folder, or of what stands `instead` of it; or why it is left out. Raises InputProblem."""
    try:
        text = instead[str(file)] if instead and str(file) in instead else read_text(str(file))
    except InputProblem as problem:
        if isinstance(problem.__cause__, UnicodeDecodeError) and not _is_utf_16(file):
            return LeftOut("a file", Position(str(file)), problem.message)
        raise
    if not _begins_object(text) and not is_kustomization_file(file) and text.strip():
        return LeftOut("a file", Position(str(file)), "no Kubernetes object in it")
    return text


def _begins_object(text: str) -> bool:
    """With a misspelt apiVersion or metadata it is still an object, and the mistake must be told."""
    headed = _API_VERSION.search(text) or (_KIND.search(text) and _METADATA.search(text))
    return bool(headed or _STRING_DATA.search(text) or _OF_OURS.search(text))


def documents_in(file: Path, instead: Mapping[str, str] | None = None) -> list[Document] | LeftOut:
    """The documents of a file in a folder, or why it is left out. Raises InputProblem for what cannot be read."""
    text = text_of(file, instead)
    if isinstance(text, LeftOut):
        return text
    try:
        return read_documents(text, str(file))
    except InputProblem as problem:
        if "{{" in text:
            return LeftOut(TEMPLATE, problem.position or Position(str(file)), hint(file))
        raise


def _is_utf_16(file: Path) -> bool:
    """Text that an editor saved so must be told; what has any other bytes may be anything."""
    with file.open("rb") as stream:
        return stream.read(2) in (b"\xff\xfe", b"\xfe\xff")
