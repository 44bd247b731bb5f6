"""What candidates are made from: the objects as they are written, however wrong, and what is known around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import yaml

from conformance.certification.mending.text.edits import Add, Edit, Remove, Set, Spot
from conformance.certification.mending.text.tree import Tree
from conformance.core.problems import InputProblem, Position
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath, read_documents
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.gateways import read_gateway
from conformance.manifests.objects import BACKEND, BACKEND_KINDS, Manifest

__all__ = ["Around", "Entry", "ExistingGateway", "Item", "View", "change", "dialect_in", "items_in", "look", "take"]

DEFAULT_NAMESPACE = "default"


class Listener(Protocol):
    """What is asked of a listener."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...


class ExistingGateway(Protocol):
    """What is asked of a Gateway that exists, whoever read it."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def listeners(self) -> Sequence[Listener]: ...


@dataclass(frozen=True)
class Around:
    """What is known beside the manifests: the dialect, the Gateways that exist, where checks or cases found fault.

    `facts` are those of providers that a person named in files: no change goes against them.
    """

    dialect: str
    gateways: Sequence[ExistingGateway] = ()
    faults: Sequence[Position] = ()
    facts: Sequence[Provider] = ()


@dataclass(frozen=True)
class Item:
    """One object as it is written; nothing in it is sure to be of the right type."""

    spot: Spot
    data: Mapping[str, Any]

    def get(self, *path: str | int) -> Any:
        """A field's value; None when there is none."""
        found: Any = self.data
        for part in path:
            try:
                found = found[part]
            except (LookupError, TypeError):
                return None
        return found

    def text(self, *path: str | int) -> str:
        """A field's text; empty when there is none."""
        found = self.get(*path)
        return found if isinstance(found, str) else ""

    def maps(self, *path: str | int) -> list[tuple[FieldPath, Mapping[str, Any]]]:
        """The mappings in a list, each with its path."""
        found = self.get(*path)
        entries = enumerate(found) if isinstance(found, list) else ()
        return [((*path, number), one) for number, one in entries if isinstance(one, dict)]

    @property
    def kind(self) -> str:
        return self.text("kind")

    @property
    def role(self) -> str:
        """The kind, which for a Backend of any dialect is `Backend`."""
        return BACKEND if self.kind in BACKEND_KINDS else self.kind

    @property
    def group(self) -> str:
        return self.text("apiVersion").rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.text("metadata", "name")

    @property
    def namespace(self) -> str:
        """The namespace; kubectl's choice where none is written."""
        return self.text("metadata", "namespace") or DEFAULT_NAMESPACE

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Entry:
    """One provider entry of a Backend; `owner` is where a policy that is for it alone, or for all, would stand."""

    item: Item
    path: FieldPath
    owner: FieldPath

    def get(self, *path: str | int) -> Any:
        """A field of the entry; None when there is none."""
        return self.item.get(*self.path, *path)

    def text(self, *path: str | int) -> str:
        """A text of the entry; empty when there is none."""
        return self.item.text(*self.path, *path)

    @property
    def host(self) -> str:
        return self.text("host")

    @property
    def cleaned_host(self) -> str:
        """The host name that was meant: without scheme, user, port, path, spaces, final dot, capitals."""
        bare = re.sub(r"^[a-z]+://", "", self.host.strip().lower())
        authority = re.split(r"[/?#]", bare)[0].rpartition("@")[2]
        return authority.partition(":")[0].rstrip(".")


@dataclass(frozen=True)
class View:
    """All objects and what is known around them; `documents` are what stands in each file that can be read.

    `vendors` are all that are known, `facts` those of them that a person named in files, which go first.
    """

    items: tuple[Item, ...]
    documents: Mapping[str, tuple[Document, ...]]
    texts: Mapping[str, str]
    dialect: Dialect
    gateways: tuple[ExistingGateway, ...]
    vendors: tuple[Provider, ...]
    facts: tuple[Provider, ...] = ()

    def of(self, *roles: str) -> list[Item]:
        """The objects of some kinds."""
        return [item for item in self.items if item.role in roles]

    def in_file(self, file: str) -> list[Item]:
        """The objects of a file."""
        return [item for item in self.items if item.spot.file == file]

    def backends(self) -> list[Item]:
        """The Backends of this dialect."""
        return [item for item in self.items if item.kind == self.dialect.BACKEND_KIND]

    def entries(self) -> Iterator[Entry]:
        """All provider entries."""
        for item in self.backends():
            yield from entries_of(item)

    def written(self, item: Item, *path: str | int) -> str:
        """A scalar as it stands in the file: `0123`, of which YAML makes 83; empty where no plain scalar is there."""
        try:
            node = Tree(self.texts[item.spot.file]).node(item.spot.document, (*item.spot.path, *path))
        except LookupError:
            return ""  # in what an alias or a merge key brought here
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def vendor(self, host: str) -> Provider | None:
        """Who stands at a host, where that is known."""
        return next((one.at(host) for one in self.vendors if one.stands_at(host)), None)


_SINGLE = (("spec", "ai", "llm"), ("spec", "ai", "provider"))
_GROUPS = (("spec", "ai", "priorityGroups"), ("spec", "ai", "groups"))


def entries_of(item: Item) -> Iterator[Entry]:
    """The provider entries of a Backend of either dialect."""
    for path in _SINGLE:
        if isinstance(item.get(*path), dict):
            yield Entry(item, path, ("spec",))
    for path in _GROUPS:
        for group, _ in item.maps(*path):
            for place, data in item.maps(*group, "providers"):
                yield Entry(item, place, place if "policies" in data else ("spec",))


def look(texts: Mapping[str, str], around: Around) -> View:
    """The objects of all texts; those of a text that is no YAML are left out."""
    documents = {file: _documents(file, text) for file, text in texts.items()}
    items = [item for file, found in documents.items() for item in items_in(file, found)]
    return View(
        items=tuple(items),
        documents=documents,
        texts=texts,
        dialect=dialect_named(around.dialect),
        gateways=(*around.gateways, *_gateways(items, around)),
        vendors=(*around.facts, *(load_provider(name) for name in list_providers())),
        facts=tuple(around.facts),
    )


def dialect_in(texts: Mapping[str, str], default: str) -> str:
    """The dialect that texts are probably in, even where they cannot be read as manifests."""
    items = [item for file, text in texts.items() for item in items_in(file, _documents(file, text))]
    for name in DIALECTS:
        kind, group = dialect_named(name).BACKEND_KIND.lower(), dialect_named(name).BACKEND_GROUP
        if any(item.kind.lower() == kind or item.group == group for item in items):
            return name
    return default


def _documents(file: str, text: str) -> tuple[Document, ...]:
    try:
        return tuple(read_documents(text, file))
    except InputProblem:
        return ()  # in a folder there may be other files, such as a chart's templates


def items_in(file: str, documents: Iterable[Document]) -> Iterator[Item]:
    """The objects of a file's documents; a `List` becomes its items."""
    for number, document in enumerate(documents):
        data, spot = document.data, Spot(file, number)
        listed = data.get("items") if isinstance(data, dict) and str(data.get("kind")).endswith("List") else None
        found = [(spot, data)]
        if isinstance(listed, list):
            found = [(spot.below("items", index), one) for index, one in enumerate(listed)]
        yield from (Item(place, one) for place, one in found if isinstance(one, dict))


def _gateways(items: list[Item], around: Around) -> Iterator[ExistingGateway]:
    known = {(one.namespace, one.name) for one in around.gateways}
    for item in items:
        if item.kind != "Gateway" or (item.namespace, item.name) in known or not item.name:
            continue
        data = {**item.data, "metadata": {"name": item.name, "namespace": item.namespace}}
        try:
            yield read_gateway(Manifest(data, Document(data, {(): Position(item.spot.file)})))
        except InputProblem:
            continue  # one that cannot be read is nobody's to refer to


def change(item: Item, path: FieldPath, value: Any, after: str | None = None) -> list[Edit]:
    """What gives a field a value, whether it is there or not; nothing where it has that value."""
    if (found := item.get(*path)) is not None:
        same = found == value and type(found) is type(value)
        return [] if same else [Set(item.spot.below(*path), value)]
    length = len(path)
    while length > 1 and item.get(*path[: length - 1]) is None:
        length -= 1
    parent = item.get(*path[: length - 1])
    for part in reversed(path[length:]):
        value = {part: value}
    place = item.spot.below(*path[:length])
    if not isinstance(parent, dict):
        return [Set(place.parent, {path[length - 1]: value})]
    return [Set(place, value)] if path[length - 1] in parent else [Add(place, value, after)]


def take(item: Item, path: FieldPath) -> list[Edit]:
    """What takes a field away, and what is empty then; nothing where it is not there."""
    parent = item.get(*path[:-1])
    there = parent is not None and (path[-1] in parent if isinstance(parent, dict) else item.get(*path) is not None)
    return [Remove(item.spot.below(*path), prune=True)] if there else []
