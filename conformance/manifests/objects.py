"""Manifests as people write them: read from files, variables filled in, every field's position kept."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.core.problems import BeyondSuite, InputProblem, Position
from conformance.core.yaml.located import Document, FieldPath, dotted, read_documents

__all__ = [
    "BACKEND",
    "BACKEND_KINDS",
    "LARGEST_FILE",
    "OURS",
    "POLICY",
    "POLICY_KINDS",
    "UNQUOTED",
    "Manifest",
    "ManifestSet",
    "ObjectId",
    "checked",
    "items_of",
    "object_id",
    "objects_of",
    "read_manifests",
    "read_text",
]

BACKEND = "Backend"
"""What every part calls the object that names a provider, whatever its kind is in the dialect at hand."""
BACKEND_KINDS = ("Backend", "AgentgatewayBackend")
POLICY = "Policy"
"""What every part calls a policy of the gateway's own API, whatever its kind is."""
POLICY_KINDS = ("AgentgatewayPolicy", "EnterpriseAgentgatewayPolicy", "TrafficPolicy")
OURS = (
    *POLICY_KINDS,
    *(*BACKEND_KINDS, "Secret", "ConfigMap", "Namespace"),
    *("HTTPRoute", "BackendTLSPolicy", "ReferenceGrant", "Gateway", "GatewayClass"),
)
"""Of these kinds every object is read strictly: a mistake in one must be told."""

_ROLES = {**dict.fromkeys(BACKEND_KINDS, BACKEND), **dict.fromkeys(POLICY_KINDS, POLICY)}

LARGEST_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """What makes an object one and the same in a cluster."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def object_id(data: Mapping[str, Any]) -> ObjectId:
    """The id of an object given as plain data."""
    metadata = data["metadata"]
    group = str(data["apiVersion"]).rpartition("/")[0]
    return ObjectId(group, str(data["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"]))


@dataclass
class Manifest:
    """One Kubernetes object and where its fields stand.

    `part`: of a list, by its path, it has only these entries of the person's file; see `conformance.manifests.parts`.
    """

    data: dict[str, Any]
    document: Document
    part: tuple[FieldPath, tuple[int, ...]] | None = None

    @property
    def api_version(self) -> str:
        return str(self.data["apiVersion"])

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    @property
    def role(self) -> str:
        """The kind, which for a Backend of any dialect is `Backend`, and for a policy of its own API `Policy`."""
        return _ROLES.get(self.kind, self.kind)

    @property
    def name(self) -> str:
        return str(self.data["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.data["metadata"].get("namespace") or "")

    @property
    def id(self) -> ObjectId:
        return object_id(self.data)

    @property
    def spec(self) -> dict[str, Any]:
        """`spec`; an empty mapping where the object has none."""
        found = self.data.get("spec")
        return found if isinstance(found, dict) else {}

    @property
    def made_up(self) -> bool:
        """Whether nobody wrote it: it was made for the run."""
        return self.document.data is None

    def at(self, *path: str | int) -> Position:
        """Where a field stands in the person's file, or its nearest ancestor when it is missing."""
        return self.document.at(*path)

    def written(self, *path: str | int) -> Any:
        """What stands in the person's file there, whatever was changed since; None when nothing does."""
        found: Any = self.document.data
        for part in path:
            try:
                found = found[part]
            except (LookupError, TypeError):
                return None
        return found

    def problem(self, message: str, *path: str | int, remedy: str | None = None) -> InputProblem:
        """A problem with one field of this object."""
        return InputProblem(message, position=self.at(*path), field=dotted(path), remedy=remedy)

    def beyond(self, what: str, *path: str | int, remedy: str = "certify without it") -> BeyondSuite:
        """The problem with one field of this object whose effect this suite does not know."""
        return BeyondSuite(f"{what} is beyond this suite", position=self.at(*path), field=dotted(path), remedy=remedy)

    def refused(self) -> BeyondSuite:
        """The problem with an object of a kind that changes requests in ways this suite does not know."""
        what = f"{self.id}: what it changes about requests"
        remedy = "certify without it; what it says of auth and tls can stand in the Backend's own policies"
        return self.beyond(what, "kind", remedy=remedy)

    def copy(self) -> Manifest:
        """An independent copy that still points at the same file."""
        return Manifest(copy.deepcopy(self.data), self.document, self.part)


class ManifestSet:
    """Objects that belong together, in the order in which they are applied."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self.manifests = list(manifests)

    def __iter__(self) -> Iterator[Manifest]:
        return iter(self.manifests)

    def __len__(self) -> int:
        return len(self.manifests)

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of these kinds; `Backend` means that of any dialect."""
        return [manifest for manifest in self.manifests if manifest.kind in kinds or manifest.role in kinds]

    def one(self, kind: str) -> Manifest:
        """The only object of a kind. Raises LookupError when there are none or several."""
        found = self.of_kind(kind)
        if len(found) != 1:
            raise LookupError(f"{len(found)} objects of kind {kind} where one was expected")
        return found[0]

    def copy(self) -> ManifestSet:
        """An independent copy."""
        return ManifestSet(manifest.copy() for manifest in self.manifests)

    def without(self, *unwanted: Manifest) -> ManifestSet:
        """The set less some objects."""
        return ManifestSet(manifest for manifest in self.manifests if all(manifest is not one for one in unwanted))


def read_manifests(text: str, file: str) -> list[Manifest]:
    """The objects of a YAML stream; a `List` becomes its items.

    Raises InputProblem for what is no Kubernetes object.
    """
    manifests: list[Manifest] = []
    for document in read_documents(text, file):
        manifests.extend(objects_of(document))
    return manifests


def objects_of(document: Document) -> Iterator[Manifest]:
    """The objects of one YAML document; a `List` becomes its items. Raises InputProblem for what is no object."""
    for item in items_of(document):
        yield checked(item)


def items_of(document: Document) -> Iterator[Document]:
    """A `List`'s items, and theirs, as documents of their own; any other document as it is."""
    data = document.data
    items = data.get("items") if isinstance(data, dict) and str(data.get("kind", "")).endswith("List") else None
    if not isinstance(items, list):
        yield document
        return
    positions: list[dict[FieldPath, Position]] = [{} for _ in items]
    for path, where in document.positions.items():
        if len(path) > 1 and path[0] == "items" and isinstance(path[1], int):
            positions[path[1]][path[2:]] = where
    for item, places in zip(items, positions, strict=True):
        yield from items_of(Document(item, places))


def checked(document: Document) -> Manifest:
    """The object that a document holds. Raises InputProblem for what is none."""
    data, manifest = document.data, Manifest(document.data, document)
    if not isinstance(data, dict):
        raise manifest.problem("a Kubernetes object is a mapping", remedy="begin with apiVersion, kind and metadata")
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str) or not data[key]:
            raise manifest.problem("required, a text", key)
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        raise manifest.problem("required, a mapping", "metadata")
    if not metadata.get("name") and metadata.get("name") is not False:
        raise manifest.problem("required, a text", "metadata", "name")
    for key in ("name", "namespace"):
        _check_text(manifest, metadata.get(key, ""), "metadata", key)
    _check_content(manifest)
    return manifest


def _check_content(manifest: Manifest) -> None:
    if not isinstance(manifest.data.get("spec") or {}, dict):
        raise manifest.problem("expected a mapping", "spec")
    for key in ("labels", "annotations"):
        _check_texts(manifest, "metadata", key)
    if manifest.kind == "Secret":
        for key in ("data", "stringData"):
            _check_texts(manifest, key)


def _check_texts(manifest: Manifest, *path: str) -> None:
    """A mapping of texts, where there is one: the API server takes no numbers and no booleans there."""
    found: Any = manifest.data
    for part in path:
        found = found.get(part) or {}
    if not isinstance(found, dict):
        raise manifest.problem("expected a mapping", *path)
    for key, value in found.items():
        _check_text(manifest, value, *path, key)


UNQUOTED = ", as yes, no, on, off, y and n without quotes are, too"
"""Said of a boolean where a text belongs: kubectl reads YAML 1.1."""


def _check_text(manifest: Manifest, value: object, *path: str) -> None:
    if not isinstance(value, str):
        # Not the value itself: it may be a key.
        named = "nothing" if value is None else f"a value of type {type(value).__name__}"
        if isinstance(value, bool):
            named += UNQUOTED
        remedy = "write one" if isinstance(value, dict | list) else "put it in quotes"
        raise manifest.problem(f"expected a text, found {named}", *path, remedy=remedy)


def read_text(path: str, stdin: Path | None = None) -> str:
    """The text of a file, or of standard input for `-`. Raises InputProblem for what is none, or too large.

    Not `stat` but what comes is measured: a pipe or a device has no size.
    """
    name = "<stdin>" if path == "-" else path
    try:
        if path == "-" and stdin is None:
            content = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with (stdin if path == "-" and stdin is not None else Path(path)).open("rb") as stream:
                content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InputProblem("larger than any manifest (4 MiB)", position=Position(name))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputProblem("is not UTF-8 text", position=Position(name), remedy="save it as UTF-8") from error
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError | ValueError) -> InputProblem:
    return InputProblem(f"cannot be read: {getattr(error, 'strerror', None) or error}", position=Position(name))
