"""Changes of YAML text that leave all other text alone: comments, order, quotes, indentation, line breaks."""

from __future__ import annotations

import re
from typing import Any

import yaml

from conformance.certification.mending.text.tree import Tree, YamlEntry, entries, is_empty, is_flow, quote_of, start_of
from conformance.certification.mending.text.writing import Style, block_lines, field_lines, flow, item_lines, scalar
from conformance.core.yaml.located import FieldPath

__all__ = [
    "append_document",
    "drop_document",
    "insert_field",
    "insert_item",
    "insert_lines",
    "own_lines",
    "put",
    "remove",
    "rename",
]


_OPEN = re.compile(r"^---\s*\Z", re.MULTILINE)
_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)


def _spliced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def put(tree: Tree, document: int, path: FieldPath, value: Any) -> str:
    """Give a field that is there another value."""
    entry = tree.entry(document, path)
    node, as_json = entry.value, tree.is_json(document)
    inside = is_flow(entry.parent)
    if isinstance(node, yaml.ScalarNode) and not isinstance(value, dict | list):
        # What was empty needed its quotes; what takes its place need not have them.
        quote = '"' if as_json else quote_of(node) if node.value else None
        written = scalar(value, quote=quote, in_flow=inside)
        return _spliced(tree.text, start_of(node), tree.end(node), f" {written}" if is_empty(node) else written)
    if inside:
        return _spliced(tree.text, start_of(node), tree.end(node), flow(value, as_json=as_json))
    start = tree.colon(entry)
    return _spliced(tree.text, start, max(tree.end(node), start), _after_colon(tree, document, entry, value))


def _after_colon(tree: Tree, document: int, entry: YamlEntry, value: Any) -> str:
    """What follows the colon of a block mapping's key, or the dash of an item."""
    style = style_of(tree, document)
    if not isinstance(value, dict | list) or not value:
        return " " + block_lines(value, style)[0]
    if entry.key is None:
        dash = tree.dash(entry)
        first, *rest = item_lines(value, style)
        return first[1:] + "".join(
            tree.newline + " " * (dash - tree.line_start(dash)) + line if line else tree.newline for line in rest
        )
    by = int(entry.key.start_mark.column) + (style.step if isinstance(value, dict) else style.dash)
    return "".join(tree.newline + (" " * by + line if line else "") for line in block_lines(value, style))


def rename(tree: Tree, document: int, path: FieldPath, name: str) -> str:
    """Give a mapping's key another name."""
    key = tree.entry(document, path).key
    assert key is not None
    written = scalar(name, quote=quote_of(key), in_flow=is_flow(tree.entry(document, path).parent))
    return _spliced(tree.text, start_of(key), int(key.end_mark.index), written)


def insert_field(tree: Tree, document: int, path: FieldPath, value: Any, after: str | None = None) -> str:
    """Add a field to the mapping above it, behind a field of that mapping, else at the mapping's end."""
    parent, name = tree.node(document, path[:-1]), str(path[-1])
    if not entries_of(parent):
        return put(tree, document, path[:-1], {name: value})
    if is_flow(parent):
        as_json = tree.is_json(document)
        key = flow(name, as_json=as_json)
        return _into_brackets(tree, _neighbour(parent, after), f"{key}: {flow(value, as_json=as_json)}")
    return insert_lines(tree, document, path[:-1], field_lines(name, value, style_of(tree, document)), after)


def insert_lines(tree: Tree, document: int, parent: FieldPath, lines: list[str], after: str | None = None) -> str:
    """Add lines, written from column 0, to a mapping in block style."""
    node = tree.node(document, parent)
    neighbour = _neighbour(node, after)
    return _below(tree, neighbour, int(entries_of(node)[0].key.start_mark.column), lines)  # type: ignore[union-attr]


def insert_item(tree: Tree, document: int, path: FieldPath, value: Any) -> str:
    """Add an item at the end of a sequence."""
    node = tree.node(document, path)
    if not entries_of(node):
        return put(tree, document, path, [value])
    last = entries_of(node)[-1]
    if is_flow(node):
        return _into_brackets(tree, last, flow(value, as_json=tree.is_json(document)))
    dash = tree.dash(last)
    return _below(tree, last, dash - tree.line_start(dash), item_lines(value, style_of(tree, document)))


def _neighbour(parent: yaml.Node, after: str | None) -> YamlEntry:
    found = [one for one in entries(parent) if one.key is not None and one.key.value == after]
    return (found or entries_of(parent))[-1]


def _into_brackets(tree: Tree, neighbour: YamlEntry, written: str) -> str:
    """Behind an entry in brackets; on a line of its own where the entries stand so."""
    start = neighbour.start
    gap = tree.newline + " " * (start - tree.line_start(start)) if tree.stands_alone(start) else " "
    end = tree.end(neighbour.value)
    return _spliced(tree.text, end, end, f",{gap}{written}")


def _below(tree: Tree, neighbour: YamlEntry, column: int, lines: list[str]) -> str:
    """Lines below an entry in block style."""
    end = tree.line_end(max(tree.end(neighbour.value), tree.colon(neighbour)))
    written = tree.newline.join(" " * column + line if line else "" for line in lines)
    if end == len(tree.text) and not tree.text.endswith("\n"):
        return tree.text + tree.newline + written
    return _spliced(tree.text, end, end, written + tree.newline)


def remove(tree: Tree, document: int, path: FieldPath) -> str:
    """Take a field or item away; a collection of which nothing is left becomes `{}` or `[]`."""
    entry = tree.entry(document, path)
    siblings = entries_of(entry.parent)
    if len(siblings) == 1:
        return put(tree, document, path[:-1], {} if entry.key is not None else [])
    following = siblings[entry.index + 1] if entry.index + 1 < len(siblings) else None
    if is_flow(entry.parent):
        if following is not None:
            return _spliced(tree.text, entry.start, following.start, "")
        before = siblings[entry.index - 1]
        return _spliced(tree.text, tree.end(before.value), tree.end(entry.value), "")
    return _without_block(tree, entry, following)


def _without_block(tree: Tree, entry: YamlEntry, following: YamlEntry | None) -> str:
    start = entry.start if entry.key is not None else tree.dash(entry)
    end = tree.line_end(max(tree.end(entry.value), tree.colon(entry)))
    if tree.stands_alone(start):
        if following is None and end == len(tree.text) and not tree.text.endswith("\n"):
            # The file ended without a line break, and goes on doing so.
            return tree.text[: tree.line_start(start)].removesuffix("\n").removesuffix("\r")
        return _spliced(tree.text, tree.line_start(start), end, "")
    if following is None:
        raise LookupError("the last of several, and yet behind another on its line")
    # The first field of an item: the next one, or the comment above it, takes its place behind the dash.
    next_start = following.start if following.key is not None else tree.dash(following)
    comment = tree.text.find("#", end, next_start)
    return _spliced(tree.text, start, next_start if comment < 0 else comment, "")


def own_lines(tree: Tree, document: int, path: FieldPath) -> list[str] | None:
    """The lines of a field in block style, moved to column 0; None where it is not written so."""
    entry = tree.entry(document, path)
    if is_flow(entry.parent) or entry.key is None:
        return None
    start, column = entry.start, int(entry.key.start_mark.column)
    end = tree.line_end(max(tree.end(entry.value), tree.colon(entry)))
    first, *rest = tree.text[start:end].replace("\r\n", "\n").removesuffix("\n").split("\n")
    if any(line[:column].strip(" ") for line in rest):
        return None
    return [first, *(line[column:] for line in rest)]


def append_document(text: str, data: Any) -> str:
    """A whole new document at the end of a file; the first one of a file that was empty."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = block_lines(data, style_of_text(text))
    if text.strip() and not _OPEN.search(text):
        lines = ["---", *lines]
    start = text if not text or text.endswith("\n") else text + newline
    return start + "".join(line + newline for line in lines)


def drop_document(tree: Tree, document: int) -> str:
    """A file without one of its documents, and without the `---` that parted it from the others."""
    root = tree.roots[document]
    above = [one.start() for one in _SEPARATOR.finditer(tree.text, 0, start_of(root))]
    below = _SEPARATOR.search(tree.text, tree.end(root))
    start = above[-1] if above else 0
    if below is not None:
        # Where it is the first, what comes next has become the beginning of the file.
        return _spliced(tree.text, start, below.start() if above else tree.line_end(below.start()), "")
    return tree.text[:start]


def entries_of(node: yaml.Node) -> list[YamlEntry]:
    """The entries of a collection as a list; empty for a scalar."""
    return list(entries(node))


def style_of_text(text: str) -> Style:
    """The style of the first document that shows one."""
    tree = Tree(text)
    return next((style for number in range(len(tree.roots)) if (style := style_of(tree, number)) != Style()), Style())


def style_of(tree: Tree, document: int) -> Style:
    """How a document is indented, by the first nested mapping and sequence in block style."""
    steps: list[int] = []
    dashes: list[int] = []
    waiting = [tree.roots[document]]
    while waiting and not (steps and dashes):
        node = waiting.pop(0)
        for entry in entries(node):
            waiting.append(entry.value)
            if is_flow(entry.value) or is_flow(node) or entry.key is None:
                continue
            by = int(entry.value.start_mark.column) - int(entry.key.start_mark.column)
            if isinstance(entry.value, yaml.MappingNode):
                steps.append(by)
            elif isinstance(entry.value, yaml.SequenceNode):
                dashes.append(by)
    return Style(steps[0] if steps and steps[0] > 0 else 2, dashes[0] if dashes and dashes[0] >= 0 else 0)
