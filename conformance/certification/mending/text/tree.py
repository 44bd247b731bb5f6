"""Where the text of each field begins and ends: YAML composed into nodes, found by document and path."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, composed, is_nothing

__all__ = ["Tree", "YamlEntry"]


@dataclass(frozen=True)
class YamlEntry:
    """One value with the collection that it stands in; `key` is None for an item of a sequence."""

    parent: yaml.CollectionNode
    index: int
    key: yaml.Node | None
    value: yaml.Node

    @property
    def start(self) -> int:
        """Where it begins: its key, else its value."""
        return start_of(self.value if self.key is None else self.key)


class Tree:
    """A YAML stream with its nodes. The text must be one that `read_documents` takes.

    Documents are counted as `read_documents` counts them: empty ones are left out.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.roots: list[yaml.Node] = [one for one in composed(text) if one is not None and not is_nothing(one)]
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def node(self, document: int, path: FieldPath) -> yaml.Node:
        """The node of a value. Raises LookupError when there is none."""
        return self.entry(document, path).value if path else self.roots[document]

    def entry(self, document: int, path: FieldPath) -> YamlEntry:
        """A value with what it stands in; the path is not empty. Raises LookupError when there is none."""
        parent = self.node(document, path[:-1])
        for entry in entries(parent):
            name = entry.index if entry.key is None else str(entry.key.value)
            if name == path[-1]:
                return entry
        raise LookupError(path)

    def end(self, node: yaml.Node) -> int:
        """Where the last character of a value stands, plus one. A block's own mark lies behind what follows it."""
        if isinstance(node, yaml.ScalarNode):
            if node.style in ("|", ">"):
                return start_of(node) + len(self.text[start_of(node) : node.end_mark.index].rstrip())
            return int(node.end_mark.index)
        if is_flow(node):
            return int(node.end_mark.index)
        return max(self.end(entry.value) for entry in entries(node))

    def colon(self, entry: YamlEntry) -> int:
        """Where what follows a key's colon, or an item's dash, begins."""
        if entry.key is not None:
            return self.text.index(":", int(entry.key.end_mark.index)) + 1
        return self.dash(entry) + 1

    def dash(self, entry: YamlEntry) -> int:
        """Where the dash of a block sequence's item stands. Raises LookupError when it cannot be found."""
        column = int(entry.parent.start_mark.column)
        start = self.line_start(start_of(entry.value))
        while start >= 0:
            if self.text[start + column : start + column + 1] == "-":
                return start + column
            start = self.line_start(start - 1) if start else -1
        raise LookupError("an item without a dash")

    def line_start(self, index: int) -> int:
        """Where the line of a character begins."""
        return self.text.rfind("\n", 0, max(index, 0)) + 1

    def line_end(self, index: int) -> int:
        """Where the line of a character ends, its line break included."""
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def stands_alone(self, index: int) -> bool:
        """Whether nothing but spaces stands before this character in its line."""
        return not self.text[self.line_start(index) : index].strip(" ")

    def is_json(self, document: int) -> bool:
        """Whether a document is written as JSON, where every text needs double quotes."""
        return _quotes_keys(self.roots[document])


def entries(node: yaml.Node) -> Iterator[YamlEntry]:
    """The entries of a collection; none for a scalar."""
    if isinstance(node, yaml.MappingNode):
        for index, (key, value) in enumerate(node.value):
            yield YamlEntry(node, index, key, value)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield YamlEntry(node, index, None, value)


def start_of(node: yaml.Node) -> int:
    """Where a node's text begins, counted in characters."""
    return int(node.start_mark.index)


def is_flow(node: yaml.Node) -> bool:
    """Whether a collection is written in brackets."""
    return isinstance(node, yaml.CollectionNode) and node.flow_style is True


def is_empty(node: yaml.Node) -> bool:
    """Whether nothing stands where a value belongs, as in `key:`."""
    return isinstance(node, yaml.ScalarNode) and node.start_mark.index == node.end_mark.index


def quote_of(node: yaml.Node) -> str | None:
    """How a scalar is written: `'`, `"`, `|`, `>`, or None for a plain one."""
    found: str | None = getattr(node, "style", None)
    return found or None


def _quotes_keys(node: yaml.Node) -> bool:
    return is_flow(node) and all(entry.key is not None and quote_of(entry.key) == '"' for entry in entries(node))
