"""Which mappings are Secrets, or were meant to be: a misspelt Secret holds keys as any other does."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.redaction import may_be_struck, register_key
from conformance.secret_values import bare_key, decoded, is_placeholder

__all__ = ["holds_values", "is_near", "meant_as_secret", "register_secrets"]

_ALIKE = 0.75
# All others hold values, or what was meant to: `dsn:` that is not indented below stringData is a field of the Secret.
_PLAIN = ("apiversion", "kind", "metadata", "type", "immutable", "name", "namespace", "group")
# What stands here is for everybody to read: a Secret that holds the same text does not make it a key.
_PUBLIC = frozenset(
    ("name", "namespace", "host", "hostname", "hostnames", "sni", "model", "kind", "apiVersion", "sectionName")
)
_SHORTEST_LINE = 16


def is_near(text: object, name: str) -> bool:
    """Whether a text is this name, or would be with a slip of the pen, in capitals or not; `name` is in lower case."""
    return isinstance(text, str) and abs(len(text) - len(name)) <= 3 and _alike(text, name)


@functools.lru_cache(maxsize=4096)
def _alike(text: str, name: str) -> bool:
    folded = text.strip().lower().replace("_", "").replace("-", "")
    return difflib.SequenceMatcher(None, folded, name).ratio() >= _ALIKE


def meant_as_secret(data: Mapping[str, Any]) -> bool:
    """Whether an object is a Secret, or was meant to be one, whatever in its head is misspelt.

    Only Secrets have stringData. What refers to a Secret has its kind, too, but none of an object's other fields.
    """
    if any(is_near(key, "stringdata") for key in data):
        return True
    if not any(is_near(key, "kind") and is_near(value, "secret") for key, value in data.items()):
        return False
    return any(is_near(key, name) for key in data for name in ("apiversion", "metadata", "data"))


def holds_values(field: str) -> bool:
    """Whether what stands in this field of a Secret may be a key."""
    return not any(is_near(field, one) for one in _PLAIN)


def register_secrets(documents: Iterable[Any]) -> None:
    """Let no output show what the Secrets in these documents hold, whether anything refers to them or not.

    Texts that are too short to be struck stay (conformance.redaction), as do those that are names or hosts elsewhere.
    """
    parts = list(documents)
    values = {(name, value) for one in parts for name, value in _values(one)}
    public = {text for one in parts for text in _public(one)} if values else set()
    for name, value in sorted(values):
        if not any(value in text for text in public):
            # Of those that a provider's requests carry, its profile tells whose they are.
            register_key(name, value, until_named=True)


def _values(data: Any) -> Iterator[tuple[str, str]]:
    """What Secrets hold, in clear, each with what it is to be called."""
    if isinstance(data, list):
        for one in data:
            yield from _values(one)
    elif isinstance(data, dict) and meant_as_secret(data):
        metadata = data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        for value in _texts({key: one for key, one in data.items() if holds_values(key)}):
            yield from ((f"{name or 'secret'}-value", one) for one in _forms(value) if may_be_struck(one))
    elif isinstance(data, dict):
        yield from _values(list(data.values()))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict | list):
        for one in data.values() if isinstance(data, dict) else data:
            yield from _texts(one)
    elif isinstance(data, str | int | float) and not isinstance(data, bool) and not is_placeholder(str(data)):
        yield str(data)


def _forms(value: str) -> Iterator[str]:
    """A value as it is and, from base64, as it is used; of several lines each, for a text may be indented."""
    for one in (value, decoded(value) or ""):
        yield bare_key(one)
        if "\n" in one.strip():
            lines = (line.strip() for line in one.splitlines())
            yield from (line for line in lines if len(line) >= _SHORTEST_LINE and not line.startswith("---"))


def _public(data: Any, *, here: bool = False) -> Iterator[str]:
    """The names and hosts in what is no Secret."""
    if isinstance(data, list):
        for one in data:
            yield from _public(one, here=here)
    elif isinstance(data, dict):
        hidden = meant_as_secret(data)
        for key, one in data.items():
            if not (hidden and holds_values(key)):
                yield from _public(one, here=key in _PUBLIC)
    elif here and isinstance(data, str):
        yield data
