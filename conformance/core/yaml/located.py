"""YAML that remembers where every field stands, so that a message can point at file, line and column."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import excerpt
from conformance.core.startup.records import dataclass
from conformance.core.yaml.scalars import PLAIN, KubectlLoader, resolve_plain

__all__ = ["Document", "FieldPath", "composed", "dotted", "is_nothing", "read_documents"]

FieldPath = tuple[str | int, ...]

# More than any real manifest has; keeps a file of nested aliases from filling the memory.
_MOST_NODES = 200_000
_MOST_DEPTH = 100

_LONGEST_SHOWN = 100

_TAGS = "tag:yaml.org,2002:"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}
"""What a scalar with a tag of its own must be."""
_TEXTS = ("str", "timestamp")  # Kubernetes knows no dates: 2025-05-01 is text
_MERGE = "<<"


@dataclass(frozen=True)
class Document:
    """One YAML document: its plain data and the position of each of its fields."""

    data: Any
    positions: Mapping[FieldPath, Position]

    def at(self, *path: str | int) -> Position:
        """Where the field stands; for a field that is missing, where its nearest ancestor stands."""
        for length in range(len(path), -1, -1):
            if found := self.positions.get(path[:length]):
                return found
        raise KeyError(path)


def is_nothing(node: yaml.Node) -> bool:
    """Whether a node stands for null, as an empty document does."""
    tag = node.tag.removeprefix(_TAGS)
    return isinstance(node, yaml.ScalarNode) and (tag == "null" or (tag == PLAIN and resolve_plain(node.value) is None))


def _is_merge(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == _MERGE and node.tag in (PLAIN, f"{_TAGS}merge")


def dotted(path: FieldPath) -> str:
    """The path as Kubernetes writes it: `spec.rules[0].backendRefs[1].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_documents(text: str, file: str) -> list[Document]:
    """The documents of a YAML stream, empty ones left out.

    Raises InputProblem for anything that is not plain YAML data: syntax, duplicate keys, tags, runaway aliases.
    """
    documents: list[Document] = []
    try:
        for node in composed(text, file):
            if node is None:
                continue
            reader = _Reader(file)
            data = reader.value(node, ())
            if data is not None:
                documents.append(Document(data, reader.positions))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = _position(mark, file) if mark else Position(file)
        remedy = "indent by spaces: YAML takes no tab there" if mark and _is_tab(text, mark) else None
        message = f"not valid YAML: {error.problem or error.context}"
        raise InputProblem(message, position=position, remedy=remedy) from error
    except yaml.YAMLError as error:
        raise InputProblem(f"not valid YAML: {str(error).splitlines()[0]}", position=Position(file)) from error
    except UnicodeEncodeError as error:
        raise InputProblem("is not UTF-8 text", position=Position(file)) from error
    return documents


def composed(text: str, file: str = "") -> Iterator[yaml.Node | None]:
    """The nodes of a YAML stream's documents. Raises yaml.YAMLError, and InputProblem for one nested too deeply."""
    depth = 0
    # Looked at before: libyaml's composer calls itself for each level, until the process dies of it.
    try:
        for event in yaml.parse(text, Loader=KubectlLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_DEPTH + 1:
                raise _too_deep(event.start_mark, file)
    except yaml.MarkedYAMLError as error:
        # libyaml 0.2.6 has a limit of its own, and reads ahead until it meets it. Only its words tell that.
        if error.problem and "maximum nesting depth" in error.problem:
            raise _too_deep(error.problem_mark, file) from error
        raise
    yield from yaml.compose_all(text, Loader=KubectlLoader)


def _is_tab(text: str, mark: Any) -> bool:
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    return line[mark.column : mark.column + 1] == "\t"


def _too_deep(mark: Any, file: str) -> InputProblem:
    return InputProblem("nested too deeply to be a manifest", position=_position(mark, file))


def _position(mark: Any, file: str) -> Position:
    return Position(file, mark.line + 1, mark.column + 1)


class _Reader:
    """Turns composed nodes into plain data, noting positions on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.positions: dict[FieldPath, Position] = {}
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: FieldPath) -> Any:
        self.positions.setdefault(path, self._position(node))
        if len(self.positions) > _MOST_NODES or len(path) > _MOST_DEPTH:
            raise InputProblem("too large or too deeply nested to be a manifest", position=self._position(node))
        tag = node.tag.removeprefix(_TAGS)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and (tag == PLAIN or tag in _TEXTS or tag in _TYPES):
            return self._scalar(node, tag, path)
        raise self._problem(f"the YAML tag {node.tag} is not allowed", node, path)

    def _pairs(self, node: yaml.MappingNode, path: FieldPath) -> Iterator[tuple[str, Any]]:
        """Keys and values in order; of a key that is merged and written, what stands later counts (go-yaml 2)."""
        seen: set[str] = set()
        for key_node, value_node in node.value:
            position = self._position(key_node)
            if _is_merge(key_node):
                yield from self._merged(value_node, path)
                continue
            key = self._key(key_node, path)
            if key in seen:
                raise InputProblem(
                    "the key stands twice", position=position, field=dotted((*path, key)), remedy="remove one of them"
                )
            seen.add(key)
            self.positions[(*path, key)] = position
            yield key, self.value(value_node, (*path, key))

    def _key(self, node: yaml.Node, path: FieldPath) -> str:
        """A key as it stands in JSON: `y:` is "true" there, as `on:` is."""
        value = self.value(node, (*path, "")) if isinstance(node, yaml.ScalarNode) else None
        self.positions.pop((*path, ""), None)
        if value is None:
            raise InputProblem("a key must be plain text", position=self._position(node), field=dotted(path))
        return value if isinstance(value, str) else json.dumps(value)

    def _merged(self, node: yaml.Node, path: FieldPath) -> Iterator[tuple[str, Any]]:
        """What `<<: *anchor` brings; of several mappings the first that has a key counts."""
        parts: list[Any] = list(reversed(node.value)) if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(part, yaml.MappingNode) for part in parts):
            raise InputProblem("<< takes a mapping, or a list of mappings", position=self._position(node))
        for part in parts:
            yield from self._pairs(part, path)

    def _scalar(self, node: yaml.ScalarNode, tag: str, path: FieldPath) -> Any:
        if tag in _TEXTS:
            return str(node.value)
        value = resolve_plain(node.value)
        if tag != PLAIN and not isinstance(value, _TYPES[tag]):
            shown = excerpt(node.value, _LONGEST_SHOWN)
            raise self._problem(f"not a valid {tag}: {shown!r}", node, path)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._problem(f"JSON has no {node.value}, nor has Kubernetes", node, path)
        if isinstance(value, float) and value.is_integer():
            remedy = "put quotes around it if it is a text"
            raise self._problem("a number that does not fit in 64 bits", node, path, remedy)
        return value

    def _problem(self, what: str, node: yaml.Node, path: FieldPath, remedy: str | None = None) -> InputProblem:
        field = dotted(path).removesuffix(".")  # of a key, that of its mapping
        return InputProblem(what, position=self._position(node), field=field, remedy=remedy)

    def _position(self, node: yaml.Node) -> Position:
        return _position(node.start_mark, self.file)
