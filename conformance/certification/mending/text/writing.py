"""Plain data as YAML text, in the style of what stands around it."""

from __future__ import annotations

import json
from typing import Any

import yaml

from conformance.core.startup.records import dataclass
from conformance.core.yaml.scalars import resolve_plain

__all__ = ["Style", "block_lines", "flow", "scalar"]


@dataclass(frozen=True)
class Style:
    """How a file is written: by how much a mapping, and a sequence's dash, stands right of its key."""

    step: int = 2
    dash: int = 0
    json: bool = False


def scalar(value: Any, *, quote: str | None = None, in_flow: bool = False) -> str:
    """One scalar. A text keeps the quotes given (`'`, `"`), and gets double ones where it would mean something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if quote != '"' and _is_plain(value, in_flow=in_flow):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(value: str, *, in_flow: bool) -> bool:
    """Whether a text without quotes is read as that text."""
    try:
        node: Any = yaml.compose(f"[{value}]" if in_flow else f"k: {value}\n", Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):  # the text may be thousands of brackets
        return False
    if not isinstance(node, yaml.CollectionNode) or len(node.value) != 1:
        return False
    # The syntax is PyYAML's, what it stands for kubectl's: `y` would be true.
    found = node.value[0] if in_flow else node.value[0][1]
    return isinstance(found, yaml.ScalarNode) and found.value == value == resolve_plain(found.value)


def flow(value: Any, *, as_json: bool) -> str:
    """Data on one line, in brackets."""
    if as_json:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inside = ", ".join(f"{scalar(key, in_flow=True)}: {flow(one, as_json=False)}" for key, one in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one, as_json=False) for one in value) + "]"
    return scalar(value, in_flow=True)


def block_lines(value: Any, style: Style) -> list[str]:
    """The lines of a mapping or sequence in block style, from column 0; of anything else the one line."""
    if isinstance(value, dict) and value:
        return [line for key, one in value.items() for line in field_lines(str(key), one, style)]
    if isinstance(value, list) and value:
        return [line for one in value for line in item_lines(one, style)]
    return [flow(value, as_json=False)] if isinstance(value, dict | list) else [scalar(value)]


def field_lines(key: str, value: Any, style: Style) -> list[str]:
    """The lines of one field of a mapping."""
    name = scalar(key)
    if isinstance(value, str) and "\n" in value and _fits_block(value):
        inside = [" " * style.step + line if line else "" for line in value.rstrip("\n").split("\n")]
        return [f"{name}: |" if value.endswith("\n") else f"{name}: |-", *inside]
    if isinstance(value, dict | list) and value:
        by = style.step if isinstance(value, dict) else style.dash
        return [f"{name}:", *(" " * by + line for line in block_lines(value, style))]
    return [f"{name}: {block_lines(value, style)[0]}"]


def item_lines(value: Any, style: Style) -> list[str]:
    """The lines of one item of a sequence."""
    first, *rest = block_lines(value, style)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def _fits_block(value: str) -> bool:
    """Whether a literal block holds the text as it is."""
    lines = value.rstrip("\n").split("\n")
    plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    return plain and bool(lines[0]) and not lines[0].startswith(" ") and not value.endswith("\n\n")
