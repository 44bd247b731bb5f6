"""The objects in files, folders and standard input, and what of a folder is none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document, read_documents
from conformance.manifests.input.ai_backends import may_hold_ai_backend
from conformance.manifests.input.folders import SUFFIXES, TEMPLATE, LeftOut, documents_in, listed
from conformance.manifests.input.heads import check_head
from conformance.manifests.objects import LARGEST_FILE, OURS, Manifest, ObjectId, checked, items_of, read_text
from conformance.manifests.rendering.gitops import substitutes
from conformance.manifests.rendering.helm import CHART_FILE, charts_below, hint, is_chart, render_chart
from conformance.manifests.rendering.kustomizations import (
    KUSTOMIZE,
    Tree,
    is_apart,
    is_kustomization,
    patch_files,
    roots_below,
)
from conformance.manifests.rendering.kustomize import build
from conformance.manifests.rendering.variables import Default, filled
from conformance.manifests.secrets import meant_as_secret, register_secrets

__all__ = ["CHART", "STDIN", "TEMPLATE", "Found", "LeftOut", "check_twice", "read_files"]

CHART = "a chart"
"""What the folder of one is called, where it is not given by itself."""
STDIN = "<stdin>"
"""What positions call standard input."""


def read_files(
    paths: Iterable[str],
    *,
    stdin: Path | None = None,
    instead: Mapping[str, str] | None = None,
    values: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Found:
    """The objects of files, folders (their *.yaml, *.yml and *.json files, sorted) and `-` (standard input).

    What is no Kubernetes object is left out where it stands in a folder, for there it may belong to something else. Of
    a Kustomization that changes its files, and of a chart, what comes of them is read. `stdin` is a file that holds
    what came by standard input, where that was read before; `instead` has texts that take the place of what files hold,
    by their names as positions have them. `values` are files for Helm charts, `variables` what envsubst or Flux would
    fill in. What Secrets hold is kept out of all output. Raises InputProblem for what cannot be read or, given by
    itself, holds no object, and SetupProblem where a program is missing.
    """
    found = Found()
    reading = _Reading(stdin, instead or {}, values, found)
    try:
        for path in paths:
            before, known = len(found.manifests) + len(found.left_out), len(reading.seen)
            for one in reading.objects(path):
                found.left_out.append(one) if isinstance(one, LeftOut) else found.manifests.append(one)
            if len(found.manifests) + len(found.left_out) == before and len(reading.seen) > known:
                raise InputProblem(
                    "no Kubernetes object in it",
                    position=Position(STDIN if path == "-" else path),
                    remedy="give the Backend with what belongs to it",
                )
        if values and not reading.charts:
            raise InputProblem(f"--helm-values {values[0]}: no chart is given", remedy="give the chart's folder")
    finally:
        # Before a problem with one of them is told, too.
        register_secrets(one.data for one in reading.documents)
    _fill_in(found, variables or {})
    return found


def _fill_in(found: Found, variables: Mapping[str, str]) -> None:
    """Fill in variables everywhere but in Secrets, whose values are the environment's, too."""
    values = {**substitutes(found.manifests), **variables}
    for one in found.manifests:
        if one.kind == "Secret":
            continue
        filled_in, defaults = filled(Document(one.data, one.document.positions), values)
        one.data = filled_in.data
        found.defaults += [(one, default) for default in defaults]
    found.values = values


@dataclass
class Found:
    """What was read: objects, what is left out, files that a program rendered, and variables with their defaults."""

    manifests: list[Manifest] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    rendered: list[Path] = field(default_factory=list)
    defaults: list[tuple[Manifest, Default]] = field(default_factory=list)
    values: Mapping[str, str] = field(default_factory=dict)


class _Reading:
    """What was read so far: the files, by their real paths, and the documents."""

    def __init__(self, stdin: Path | None, instead: Mapping[str, str], values: Sequence[str], found: Found) -> None:
        self.seen: set[str] = set()
        self.documents: list[Document] = []
        self.charts = 0
        self._values, self._found = values, found
        self._environments: dict[str, Path] = {}
        self._stdin, self._instead = stdin, instead

    def objects(self, path: str) -> Iterator[Manifest | LeftOut]:
        """What stands in a file, in a folder, or for `-` in standard input."""
        if path == "-" or not _is_folder(path):
            return self._file(path)
        return self._chart(Path(path)) if is_chart(Path(path)) else self._folder(Path(path))

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
                problem = InputProblem(
                    problem.message, position=problem.position, field=problem.field, remedy=hint(Path(name))
                )
            raise problem from problem.__cause__
        self.documents += documents
        for document in documents:
            if is_kustomization(document):
                remedy = f"give its folder: `agw-conformance certify {Path(name).parent}`"
                raise InputProblem("a Kustomization, which is no object", position=document.at(), remedy=remedy)
            for item in items_of(document):
                yield _object(item) or checked(item)

    def _chart(self, chart: Path) -> Iterator[Manifest | LeftOut]:
        """What Helm makes of a chart."""
        self.charts += 1
        self.seen.add(os.path.realpath(chart))
        self._found.rendered.append(chart)
        yield from self._rendered(render_chart(chart, self._values))

    def _rendered(self, documents: Iterable[Document]) -> Iterator[Manifest | LeftOut]:
        for document in documents:
            self.documents.append(document)
            yield _object(document) or checked(document)

    def _folder(self, folder: Path) -> Iterator[Manifest | LeftOut]:
        """What stands in a folder: objects, and what is left out."""
        self.seen.add(os.path.realpath(folder))
        yield from self._charts_below(folder)
        for tree in self._trees(folder):
            yield from self._built(tree)
        yield from self._files(listed(folder, self.seen))

    def _charts_below(self, folder: Path) -> Iterator[LeftOut]:
        """Charts in a folder wait until somebody says with which values; nothing of them is a manifest."""
        for chart in charts_below(folder):
            files = [one for one in chart.rglob("*") if one.is_file()]
            if any(may_hold_ai_backend(_text(one)) for one in files if one.suffix in SUFFIXES):
                self.seen |= {os.path.realpath(one) for one in files}
                said = f"`agw-conformance certify {chart}` renders it, with --helm-values FILE where it needs values"
                yield LeftOut(CHART, Position(str(chart / CHART_FILE)), said)

    def _trees(self, folder: Path) -> Iterator[Tree]:
        """The Kustomizations that have to be built, or name files elsewhere, and are about providers."""
        for tree in roots_below(folder):
            if is_apart(tree, folder) and any(may_hold_ai_backend(_text(one)) for one in tree.with_objects):
                tree.check()
                yield tree
            elif tree.folder == folder:
                tree.check()

    def _built(self, tree: Tree) -> Iterator[Manifest | LeftOut]:
        """What comes of a Kustomization; of its files nothing else counts."""
        if tree.plain:
            new = [one for one in tree.resources if os.path.realpath(one) not in self.seen]
            self.seen |= {os.path.realpath(one) for one in new}
            yield from self._files(new)
            return
        self._found.rendered.append(tree.folder)
        beside = (one for folder in tree.folders for one in listed(folder, set(), below=False))
        named = {os.path.realpath(one) for one in tree.files}
        for one in beside:
            if isinstance(one, Path) and os.path.realpath(one) not in named | self.seen:
                yield LeftOut("a file", Position(str(one)), "the Kustomization beside it does not name it")
                named.add(os.path.realpath(one))
        self.seen |= named
        for made in self._rendered(build(tree)):
            if isinstance(made, Manifest):
                self._check_once(made, tree)
            yield made

    def _check_once(self, one: Manifest, tree: Tree) -> None:
        """No object is in two environments that are certified together."""
        first = self._environments.setdefault(str(one.id), tree.folder)
        if first != tree.folder:
            message = f"{one.id} is in two environments, {first} and {tree.folder}"
            remedy = f"certify each by itself: `agw-conformance certify --apart {first} {tree.folder}`"
            raise InputProblem(message, position=tree.at, remedy=remedy)

    def _files(self, files: Iterable[Path | LeftOut]) -> Iterator[Manifest | LeftOut]:
        read: list[tuple[Path, list[Document]]] = []
        for file in files:
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


def check_twice(ours: Iterable[Manifest]) -> None:
    """Raise InputProblem for an object that is there twice."""
    seen: dict[ObjectId, Manifest] = {}
    for one in ours:
        if first := seen.get(one.id):
            raise one.problem(
                f"{one.id} stands twice in the input, first at {first.at('metadata', 'name')}",
                "metadata",
                "name",
                remedy=_twice(first, one),
            )
        seen[one.id] = one


def _twice(first: Manifest, second: Manifest) -> str:
    """What to do with an object that is there twice: in two folders it is rather that of two environments."""
    one, other = (Path(manifest.at().file).parent for manifest in (first, second))
    if one == other:
        return "remove one of them or give it another name"
    apart = f"`agw-conformance certify --apart {one} {other}`, or groups in .agw-conformance.yaml"
    return f"remove one of them; if these are two environments, certify each by itself: {apart}"


def _text(file: Path) -> str:
    """What it holds, as far as that can be made out."""
    try:
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False  # reading it tells why


def _parts(document: Document, *, patch: bool) -> Iterator[Manifest | LeftOut]:
    """The objects in one document of a folder, or why it is left out."""
    if is_kustomization(document):
        yield LeftOut("a Kustomization", document.at(), "its files are taken as they stand")
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
