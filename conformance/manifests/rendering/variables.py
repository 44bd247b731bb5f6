"""Variables that envsubst and Flux fill in: `$NAME`, `${NAME}`, `${NAME:=default}`, `${NAME:-default}`.

Values come from the repository alone, never from the environment: a host called `$TOKEN` would tell a job's secrets.
Source: github.com/fluxcd/pkg/envsubst, whose forms these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath

__all__ = ["Default", "filled"]

_VARIABLE = re.compile(
    r"\$(?:\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?[=-](?P<default>[^{}]*))?\}|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))"
)


@dataclass(frozen=True)
class Default:
    """A variable without a value, in whose place its default stands."""

    path: FieldPath
    name: str


def filled(document: Document, values: Mapping[str, str]) -> tuple[Document, list[Default]]:
    """The document with the variables in its texts filled in that have a value or a default, and those with a default.

    Flux fills in before YAML is read: a port that is a text only for its variable becomes a number. Keys stay.
    """
    if not any("$" in text for text in _texts(document.data)):
        return document, []
    defaults: list[Default] = []
    data = _filled(document.data, (), values, defaults)
    return Document(data, document.positions), defaults


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for one in data.values() if isinstance(data, dict) else data:
            yield from _texts(one)


def _filled(data: Any, path: FieldPath, values: Mapping[str, str], defaults: list[Default]) -> Any:
    if isinstance(data, dict):
        return {name: _filled(one, (*path, name), values, defaults) for name, one in data.items()}
    if isinstance(data, list):
        return [_filled(one, (*path, number), values, defaults) for number, one in enumerate(data)]
    if not isinstance(data, str) or "$" not in data:
        return data

    def value(match: re.Match[str]) -> str:
        name = match["name"] or match["plain"]
        if name in values:
            return values[name]
        if match["default"] is None:
            return match[0]
        defaults.append(Default(path, name))
        return match["default"]

    text = _VARIABLE.sub(value, data)
    return int(text) if text != data and re.fullmatch(r"0|[1-9][0-9]{0,9}", text) and path[-1:] == ("port",) else text
