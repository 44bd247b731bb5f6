"""Builds a Kustomization, and finds for each field of what comes of it where a person wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.problems import InputProblem, Position, SetupProblem
from conformance.core.yaml.located import Document, FieldPath, read_documents
from conformance.manifests.objects import items_of, read_text
from conformance.manifests.rendering.kustomizations import KUSTOMIZE, Tree, is_kustomization
from conformance.manifests.rendering.kustomize_patches import Written, inline_patches, json_patches
from conformance.manifests.rendering.programs import Program, found, render

__all__ = ["build"]

_PROGRAMS = (Program("kustomize", ("kustomize", "build")), Program("kubectl kustomize", ("kubectl", "kustomize")))
_INSTALL = (
    "install kustomize (kubectl.docs.kubernetes.io/installation/kustomize) or kubectl (kubernetes.io/docs/tasks/tools)"
)
Place = tuple[FieldPath, Any]


def build(tree: Tree) -> list[Document]:
    """The objects that come of it, each field at the place where it was written, or else at the Kustomization.

    Raises InputProblem for what cannot be built, SetupProblem where there is no program for it.
    """
    program = found(*_PROGRAMS)
    if program is None:
        message = f"{tree.at}: neither kustomize nor kubectl is on PATH to build this Kustomization"
        raise SetupProblem(message, remedy=f"{_INSTALL}; or {KUSTOMIZE}")
    text = render(program, [str(tree.folder)], tree.at)
    sources, patches = [*_sources(tree), *inline_patches(tree)], json_patches(tree)
    documents = (item for one in read_documents(text, str(tree.folder)) for item in items_of(one))
    return [Document(one.data, _places(one.data, _written(one.data, sources), patches, tree.at)) for one in documents]


def _sources(tree: Tree) -> Iterator[Document]:
    """The objects in its files; a later one changes an earlier one."""
    for file in (*tree.resources, *tree.others):
        try:
            read = read_documents(read_text(str(file)), str(file))
        except InputProblem:
            continue  # no YAML, such as a file for a ConfigMap; what is wrong with others kustomize has told
        for document in read:
            yield from () if is_kustomization(document) else items_of(document)


def _written(data: Any, sources: list[Document]) -> list[Document]:
    """The objects of which one was made: of its kind, and called like it but for what is put before and behind."""
    kind, name = _head(data)
    same = [(_head(one.data)[1], one) for one in sources if kind and _head(one.data)[0] == kind]
    if exact := [one for called, one in same if called == name]:
        return exact
    parts = [(called, one) for called, one in same if called and called in name]
    longest = max((called for called, _ in parts), key=len, default="")
    return [one for called, one in parts if called == longest]


def _head(data: Any) -> tuple[str, str]:
    metadata = data.get("metadata") if isinstance(data, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(data.get("kind", "")) if isinstance(data, dict) else "", str(name or "")


def _places(
    data: Any, written: list[Document], patches: list[Written], otherwise: Position
) -> Mapping[FieldPath, Position]:
    """Where each field stands: where the last of the written objects has the same, or a JSON patch, else where what it
    is in stands.
    """
    kind, name = _head(data)
    found: dict[FieldPath, Position] = {(): written[0].at() if written else otherwise}
    for path, value in _fields(data, ()):
        same = [one for one in written if path in one.positions and _alike(_at(one.data, path), value)]
        put = [] if same else [one for one in patches if one.puts(kind, name, path, value)]
        found[path] = same[-1].positions[path] if same else put[-1].position if put else found[path[:-1]]
    return found


def _fields(data: Any, path: FieldPath) -> Iterator[Place]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inside:
        yield (*path, name), value
        yield from _fields(value, (*path, name))


def _at(data: Any, path: FieldPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _alike(one: Any, other: Any) -> bool:
    """Of mappings and lists what stands in them is compared by itself."""
    if isinstance(one, dict | list):
        return type(one) is type(other)
    return bool(one == other)
