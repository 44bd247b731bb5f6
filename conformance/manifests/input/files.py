"""The objects in files, folders and standard input, and what of a folder is none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document, read_documents
from conformance.manifests.input.folders import HELM, TEMPLATE, LeftOut, documents_in, listed
from conformance.manifests.input.heads import check_head
from conformance.manifests.input.kustomizations import KUSTOMIZE, is_kustomization, patch_files
from conformance.manifests.objects import OURS, Manifest, checked, items_of, read_text
from conformance.manifests.secrets import meant_as_secret, register_secrets

__all__ = ["STDIN", "TEMPLATE", "LeftOut", "read_files"]

STDIN = "<stdin>"
"""What positions call standard input."""


def read_files(
    paths: Iterable[str], *, stdin: Path | None = None, instead: Mapping[str, str] | None = None
) -> tuple[list[Manifest], list[LeftOut]]:
    """The objects of files, folders (their *.yaml, *.yml and *.json files, sorted) and `-` (standard input).

    What is no Kubernetes object is left out where it stands in a folder, for there it may belong to something else.
    `stdin` is a file that holds what came by standard input, where that was read before; `instead` has texts that take
    the place of what files hold, by their names as positions have them. What Secrets hold is kept out of all output.
    Raises InputProblem for what cannot be read or, given by itself, holds no object.
    """
    manifests: list[Manifest] = []
    left_out: list[LeftOut] = []
    reading = _Reading(stdin, instead or {})
    try:
        for path in paths:
            before, known = len(manifests) + len(left_out), len(reading.seen)
            for one in reading.objects(path):
                if isinstance(one, LeftOut):
                    left_out.append(one)
                else:
                    manifests.append(one)
            if len(manifests) + len(left_out) == before and len(reading.seen) > known:
                raise InputProblem(
                    "no Kubernetes object in it",
                    position=Position(STDIN if path == "-" else path),
                    remedy="give the Backend with what belongs to it",
                )
    finally:
        # Before a problem with one of them is told, too.
        register_secrets(one.data for one in reading.documents)
    return manifests, left_out


class _Reading:
    """What was read so far: the files, by their real paths, and the documents."""

    def __init__(self, stdin: Path | None, instead: Mapping[str, str]) -> None:
        self.seen: set[str] = set()
        self.documents: list[Document] = []
        self._stdin, self._instead = stdin, instead

    def objects(self, path: str) -> Iterator[Manifest | LeftOut]:
        """What stands in a file, in a folder, or for `-` in standard input."""
        return self._folder(Path(path)) if path != "-" and _is_folder(path) else self._file(path)

    def _file(self, path: str) -> Iterator[Manifest | LeftOut]:
        """A file that was named by itself: all of it must be objects."""
        if (place := path if path == "-" else os.path.realpath(path)) in self.seen:
            return
        self.seen.add(place)
        name = STDIN if path == "-" else path
        text = self._instead[name] if name in self._instead else read_text(path, self._stdin)
        try:
            documents = read_documents(text, name)
        except InputProblem as problem:
            if "{{" in text and problem.remedy is None:
                problem = InputProblem(problem.message, position=problem.position, field=problem.field, remedy=HELM)
            raise problem from problem.__cause__
        self.documents += documents
        for document in documents:
            if is_kustomization(document):
                raise InputProblem("a Kustomization, which is no object", position=document.at(), remedy=KUSTOMIZE)
            for item in items_of(document):
                yield _object(item) or checked(item)

    def _folder(self, folder: Path) -> Iterator[Manifest | LeftOut]:
        """What stands in a folder: objects, and what is left out."""
        read: list[tuple[Path, list[Document]]] = []
        self.seen.add(os.path.realpath(folder))
        for file in listed(folder, self.seen):
            found = file if isinstance(file, LeftOut) else documents_in(file, self._instead)
            if isinstance(found, LeftOut):
                yield found
            else:
                read.append((Path(str(file)), found))
                self.documents += found
        patches = {one for file, found in read for document in found for one in patch_files(document, file.parent)}
        for file, documents in read:
            patch = os.path.realpath(file) in patches
            for document in documents:
                yield from _parts(document, patch=patch)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False  # reading it tells why


def _parts(document: Document, *, patch: bool) -> Iterator[Manifest | LeftOut]:
    """The objects in one document of a folder, or why it is left out."""
    if is_kustomization(document):
        yield LeftOut("a Kustomization", document.at(), f"its files are taken as they stand; {KUSTOMIZE}")
    elif patch:
        yield LeftOut("a patch of a Kustomization", document.at(), KUSTOMIZE)
    else:
        for item in items_of(document):
            yield _object(item) or _foreign(item) or checked(item)


def _object(document: Document) -> LeftOut | None:
    """Why an object of a kind that is none of ours is not even looked at; None for all others.

    Raises InputProblem for one that was meant to be of one of ours.
    """
    data = document.data
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("apiVersion", "kind")):
        return None
    if data["kind"].startswith("ENC["):
        said = "SOPS encrypted all of it; `sops -d FILE | agw-conformance certify -` hands it in as it is applied"
        return LeftOut("a file", document.at(), said)
    check_head(document)
    if data["kind"] in OURS:
        return None
    metadata = data.get("metadata")
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"]
    return None if named else LeftOut(f"a {data['kind']}", document.at(), f"{data['apiVersion']} has no part in it")


def _foreign(document: Document) -> LeftOut | None:
    """What in a folder is no object at all, and does not try to be one."""
    data: Any = document.data
    there = [key for key in ("apiVersion", "kind", "metadata") if isinstance(data, dict) and key in data]
    begun = "metadata" in there and len(there) > 1
    # What else one of ours lacks must be told; without its Secret a key would be made up.
    begun = begun or bool(there and (data.get("kind") in OURS or meant_as_secret(data)))
    return None if begun else LeftOut("a document", document.at(), "no Kubernetes object")
