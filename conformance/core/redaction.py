"""Keeps keys out of every output: a key's type hides it, and a registry strikes it from any text.

A key is registered where it comes to be known, and nowhere else: where manifests are read (`manifests.secrets`), where
one is made up (`new_key`), and where another process is handed it.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import secrets
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from conformance.core.credentials import NO_KEY_BUT_NAMES, hide_likely_keys

__all__ = ["Key", "excerpt", "forgotten_after", "key_owners", "may_be_struck", "new_key", "redact", "register_key"]

_SHORTEST = 6
_OF_OWNER = "-key"

_NO_KEYS = frozenset({"ollama", "unused", "ignored", "not-needed"}) | NO_KEY_BUT_NAMES

_known: dict[str, tuple[str, str]] = {}  # by its form: a key's name, and what is shown in its place

_by_beginning: dict[str, set[str]] = {}

_unnamed: set[str] = set()

_generation = 0
"""Counts the keys as they come: what was remembered before another one came is not used any more."""

_REMEMBERED = 512
"""Characters of a text that is worth remembering: reports say the same sentences and statuses again and again."""

_FEW = 200
"""So many beginnings of keys are sought faster one by one than all at once."""

_lock = threading.Lock()


class Key:
    """An API key that shows only its name; `reveal()` is the one way to its value."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value
        register_key(name, value)

    def reveal(self) -> str:
        """The value, for the wire only."""
        return self._value

    def __repr__(self) -> str:
        return f"<{self.name}>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def may_be_struck(value: str) -> bool:
    """Whether a value is long enough, and not what people write where no key is wanted, to be struck from any text."""
    return len(value) >= _SHORTEST and value.lower() not in _NO_KEYS


def register_key(name: str, value: str, *, until_named: bool = False) -> None:
    """Let `redact` replace this value, also in base64, percent-encoded and as JSON writes it, by `<name>` from now on.

    Values of less than 6 characters stay: no vendor issues such keys, and to strike `eu` or `admin`, which a Secret
    may hold beside its key, would garble every message. So would what people write where no key is wanted. The first
    name counts, unless it was given `until_named`, when nobody knew yet whose key it is.
    """
    value = value.strip()
    if not may_be_struck(value):
        return
    forms = (
        (value, f"<{name}>"),
        (json.dumps(value)[1:-1], f"<{name}>"),
        *((form, f"<{name}>") for form in (quote(value), quote(value, safe=""), quote_plus(value))),
        *((form, f"<{name} in base64>") for form in _in_base64(value)),
    )
    global _generation
    with _lock:
        for form, shown in forms:
            if form not in _known or (form in _unnamed and not until_named):
                _known[form] = (name, shown)
                _by_beginning.setdefault(form[:_SHORTEST], set()).add(form)
                (_unnamed.add if until_named else _unnamed.discard)(form)
        _generation += 1


def _in_base64(value: str) -> Iterator[str]:
    """How the value reads in base64, wherever in a longer text it begins: alone, after `Bearer `, between others."""
    data = value.encode()
    yield base64.b64encode(data).decode()
    for before in range(3):
        # What its neighbours' bits have no part in.
        start, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + data).decode()[start:end]


@contextlib.contextmanager
def forgotten_after() -> Iterator[None]:
    """What is registered within is unknown again afterwards: where one process does the work of many, as in tests."""
    global _generation
    with _lock:
        known, unnamed = dict(_known), set(_unnamed)
        beginnings = {one: set(forms) for one, forms in _by_beginning.items()}
    try:
        yield
    finally:
        with _lock:
            _known.clear()
            _known.update(known)
            _by_beginning.clear()
            _by_beginning.update(beginnings)
            _unnamed.clear()
            _unnamed.update(unnamed)
            _generation += 1


def redact(text: str) -> str:
    """The text with every known key replaced by its name, and all that looks like a key hidden."""
    if len(text) < _SHORTEST:
        return text
    return _remembered(text, _generation) if len(text) <= _REMEMBERED else _redacted(text)


def excerpt(text: str, most: int) -> str:
    """The first characters of a text, at most so many; hidden before they are cut, since nobody knows half a key."""
    return redact(text)[:most]


def _redacted(text: str) -> str:
    return hide_likely_keys(_struck(text)[0])


@functools.lru_cache(maxsize=4096)
def _remembered(text: str, generation: int) -> str:
    return _redacted(text)


def key_owners(text: str) -> set[str]:
    """Whose keys a text holds: those that were registered by the name of `OWNER-key`."""
    return {name.removesuffix(_OF_OWNER) for name in _struck(text)[1] if name.endswith(_OF_OWNER)}


def _struck(text: str) -> tuple[str, set[str]]:
    """The text without keys, and the names of those that were in it."""
    with _lock:
        found = [(form, _known[form]) for one in _beginnings_in(text) for form in _by_beginning[one]]
    # Longest first: a key that contains another must not leave its remainder behind.
    names = set()
    for form, (name, shown) in sorted(found, key=lambda item: -len(item[0])):
        if form in text:
            names.add(name)
            text = text.replace(form, shown)
    return text, names


def _beginnings_in(text: str) -> Iterable[str]:
    """The beginnings of keys that are in a text."""
    if len(_by_beginning) < _FEW:
        return [one for one in _by_beginning if one in text]
    # So that a text costs as much as it is long, however many Secrets were read.
    return _by_beginning.keys() & {text[at : at + _SHORTEST] for at in range(len(text) - _SHORTEST + 1)}


def new_key(name: str) -> Key:
    """A made-up API key that no vendor ever issued."""
    return Key(f"{name}{_OF_OWNER}", f"sk-conformance-{name}-{secrets.token_hex(8)}")
